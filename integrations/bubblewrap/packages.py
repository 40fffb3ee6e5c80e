"""Where packages come from: the settings of package clients, and Suture's own pytest."""

import compileall
import contextlib
import importlib.metadata
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from integrations.bubblewrap.installing import pytest_distributions
from suture.canonical import digest_of

ALLOWED = re.compile(
    r"PIP_(INDEX_URL|EXTRA_INDEX_URL|NO_INDEX|TRUSTED_HOST|CERT|DEFAULT_TIMEOUT|RETRIES)"
    r"|UV_(INDEX|INDEX_URL|DEFAULT_INDEX|EXTRA_INDEX_URL|INDEX_STRATEGY|NATIVE_TLS|SYSTEM_CERTS"
    r"|HTTP_TIMEOUT|HTTP_RETRIES|INSECURE_HOST)"
    r"|(NPM_CONFIG|npm_config)_(registry|REGISTRY|strict_ssl|STRICT_SSL|cafile|CAFILE)"
    r"|NODE_EXTRA_CA_CERTS|GOPROXY|GONOSUMDB|GOSUMDB|GOINSECURE"
    r"|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE"
    r"|HTTPS?_PROXY|ALL_PROXY|NO_PROXY|https?_proxy|all_proxy|no_proxy"
)
"""Settings of package clients. Everything else stays outside."""
FILE_SETTINGS = (
    *("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
    *("npm_config_cafile", "NPM_CONFIG_CAFILE"),
)
NOT_COMPILED = re.compile(r"/pygments/(lexers|styles)/")


def safe_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Return those settings that a set-up may know: none that names a user or password."""
    return {
        name: value
        for name, value in settings.items()
        if ALLOWED.fullmatch(name) and not carries_credentials(value)
    }


def carries_credentials(value: str) -> bool:
    """Tell whether a setting may name a user or password: in every URL form they need an `@`."""
    return "@" in value or "\0" in value


def certificates(settings: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the certificate files that settings name, where the system's own do not hold them."""
    named = {Path(settings[name]) for name in FILE_SETTINGS if name in settings}
    own = (Path("/etc/ssl"), Path("/etc/pki"), Path("/usr"))
    return tuple(
        sorted(
            path
            for path in named
            if path.is_absolute()
            and path.is_file()
            and not any(path.is_relative_to(place) for place in own)
        )
    )


def own_pytest(root: Path) -> Path:
    """Return a directory with Suture's own pytest and what it stands on, made once per version."""
    versions: dict[str, JsonValue] = {
        name: importlib.metadata.version(name) for name in pytest_distributions()
    }
    place = root / "toolchain" / f"pytest-{digest_of(versions)[:16]}"
    if place.is_dir():
        return place
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    building = place.with_name(f".{place.name}-{secrets.token_hex(4)}")
    try:
        for name in versions:
            copy_distribution(importlib.metadata.distribution(name), building)
        compileall.compile_dir(
            building,
            quiet=2,
            stripdir=str(building),
            prependdir="/env/pytest",
            rx=NOT_COMPILED,
        )
        readable(building)
        with contextlib.suppress(OSError):
            # Whoever was first has made the same thing.
            building.rename(place)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return place


def copy_distribution(distribution: importlib.metadata.Distribution, target: Path) -> None:
    """Copy the files of an installed distribution that lie in its packages' directory."""
    for file in distribution.files or ():
        source = Path(str(file.locate()))
        if ".." in file.parts or source.suffix == ".pyc" or not source.is_file():
            continue
        copy = target / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, copy)


def readable(place: Path) -> None:
    """Let every user of a run read a directory, whatever this process's umask is."""
    for path in (place, *place.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
