"""Environments are built inside the sandbox, once, and whole or not at all."""

import base64
import fcntl
import functools
import hashlib
import http.server
import os
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest

from integrations.bubblewrap.environment import reason
from integrations.bubblewrap.keeping import (
    BUILDING,
    KEPT,
    SPARED_SECONDS,
    lock_of,
    make_room,
    remove,
)
from integrations.bubblewrap.packages import certificates, safe_settings
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from suture.canonical import digest_of, sha256
from suture.domain.value import Digest
from suture.errors import InvalidInput, PermanentError
from suture.ports.sandbox import LimitHit, SandboxJob, SandboxResult, SetupJob
from tests.sandbox.attacks import nothing

KEY = sha256(b"environment")
PASSING = "def test_it():\n    import {module}\n"


def wheel(folder: Path, name: str, module: str, requires: str = "") -> Path:
    """Make the smallest wheel that installers accept."""
    info = f"{name}-1.0.dist-info"
    contents = {
        f"{module}.py": "VALUE = 1\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [
        f"{path},sha256={encoded(text.encode())},{len(text)}" for path, text in contents.items()
    ]
    contents[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    kept = BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for path, text in contents.items():
            archive.writestr(path, text)
    place = folder / f"{name}-1.0-py3-none-any.whl"
    place.write_bytes(kept.getvalue())
    return place


def encoded(content: bytes) -> str:
    digest = hashlib.sha256(content).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass
class Registry:
    """A package index on this host's loopback."""

    url: str
    folder: Path
    requests: list[str] = field(default_factory=list)

    def offer(self, name: str, module: str) -> None:
        place = self.folder / "simple" / name
        place.mkdir(parents=True)
        file = wheel(place, name, module)
        (place / "index.html").write_text(f'<a href="{file.name}">{file.name}</a>')


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files in silence."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the parent's name)
        """Say nothing."""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    folder = tmp_path / "registry"
    folder.mkdir()
    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/simple"
        yield Registry(url=url, folder=folder)
        server.shutdown()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "src").mkdir(parents=True)
    (tree / "src" / "shop.py").write_text("PRICE = 1\n", encoding="utf-8")
    (tree / "test_it.py").write_text(PASSING.format(module="shop"), encoding="utf-8")
    return tree


def prepared(
    sandbox: BubblewrapSandbox, tree: Path, command: str | None = None, key: Digest = KEY
) -> Path:
    return sandbox.prepare(SetupJob(tree=tree, command=command, key=key), nothing)


def run_suite(sandbox: BubblewrapSandbox, tree: Path, environment: Path) -> SandboxResult:
    argv = ("sh", "-c", "python -m pytest -q && pytest -q --version")
    return sandbox.run(SandboxJob(tree=tree, argv=argv, environment=environment), nothing)


def with_registry(root: Path, registry: Registry) -> BubblewrapSandbox:
    settings = {
        "UV_DEFAULT_INDEX": registry.url,
        "PIP_INDEX_URL": registry.url,
        "UV_HTTP_RETRIES": "0",
        "PIP_RETRIES": "0",
    }
    return BubblewrapSandbox(root, package_settings=settings)


def test_a_repository_that_asks_for_nothing_gets_pytest_without_any_registry(
    tmp_path: Path, tree: Path
) -> None:
    sandbox = BubblewrapSandbox(tmp_path / "root")
    result = run_suite(sandbox, tree, prepared(sandbox, tree))
    assert result.exit_code == 0, result.stdout
    assert "1 passed" in result.stdout


def test_what_is_asked_for_comes_from_the_registry(
    tmp_path: Path, tree: Path, registry: Registry
) -> None:
    registry.offer("wares", "wares")
    registry.offer("pytest", "pytest")
    (tree / "requirements.txt").write_text("wares==1.0\n", encoding="utf-8")
    sandbox = with_registry(tmp_path / "root", registry)
    environment = prepared(sandbox, tree)
    argv = ("python", "-c", "import wares, pytest, shop; print(wares.__file__, pytest.VALUE)")
    result = sandbox.run(SandboxJob(tree=tree, argv=argv, environment=environment), nothing)
    assert result.stdout.startswith("/env/lib/"), result.stderr
    assert not (environment / ".cache").exists()


def test_a_registry_without_the_package_is_told_in_plain_words(
    tmp_path: Path, tree: Path, registry: Registry
) -> None:
    (tree / "requirements.txt").write_text("wares==1.0\n", encoding="utf-8")
    sandbox = with_registry(tmp_path / "root", registry)
    with pytest.raises(PermanentError, match=r"Set-up failed while installing: exit code \d+\."):
        prepared(sandbox, tree)
    assert list((tmp_path / "root" / "environments").glob("[!.]*")) == []
    assert list((tmp_path / "root" / "environments").glob(f"{BUILDING}*")) == []


def test_a_buildable_project_that_needs_only_pytest_works_offline(
    tmp_path: Path, tree: Path, registry: Registry
) -> None:
    (tree / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["absent"]\n[project]\nname = "shop"\nversion = "1"\n'
        '[dependency-groups]\ndev = ["pytest>=7"]\n',
        encoding="utf-8",
    )
    sandbox = with_registry(tmp_path / "root", registry)
    assert run_suite(sandbox, tree, prepared(sandbox, tree)).exit_code == 0


def test_a_set_up_command_runs_with_the_environment_but_without_secrets(
    tmp_path: Path, tree: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUTURE_TEST_SECRET", "hunter2")
    registry.offer("pytest", "pytest")
    settings = {"PIP_INDEX_URL": registry.url, "AWS_SECRET_ACCESS_KEY": "hunter2"}
    settings["UV_INDEX"] = "https://user:hunter2@example.com/simple"
    settings["UV_DEFAULT_INDEX"] = registry.url
    sandbox = BubblewrapSandbox(tmp_path / "root", package_settings=settings)
    command = "env > /env/seen; cat /proc/*/environ >> /env/seen || pip --version; echo x > y"
    environment = prepared(sandbox, tree, command)
    seen = (environment / "seen").read_text(encoding="utf-8")
    assert "VIRTUAL_ENV=/env" in seen
    assert registry.url in seen
    assert "hunter2" not in seen
    assert not (tree / "y").exists()


def test_a_failing_set_up_command_shows_its_output(tmp_path: Path, tree: Path) -> None:
    sandbox = BubblewrapSandbox(tmp_path / "root")
    with pytest.raises(PermanentError, match=r"exit code 9\.\nabout to fail"):
        prepared(sandbox, tree, "echo about to fail; exit 9")


def test_requirements_behind_a_link_out_of_the_tree_are_not_read(
    tmp_path: Path, tree: Path
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "test.txt").write_text("the-secret==1", encoding="utf-8")
    (tree / "requirements").symlink_to(secret)
    (tree / "service").symlink_to(secret)
    sandbox = BubblewrapSandbox(tmp_path / "root")
    assert run_suite(sandbox, tree, prepared(sandbox, tree)).exit_code == 0
    job = SetupJob(tree=tree, command=None, key=sha256(b"other"), directory="service")
    with pytest.raises(InvalidInput, match="leads out of the tree"):
        sandbox.prepare(job, nothing)


def test_an_interrupted_build_leaves_nothing(tmp_path: Path, tree: Path) -> None:
    sandbox = BubblewrapSandbox(tmp_path / "root")
    calls = []

    def interrupt() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    job = SetupJob(tree=tree, command="sleep 600", key=KEY)
    with pytest.raises(KeyboardInterrupt):
        sandbox.prepare(job, interrupt)
    left = [path.name for path in (tmp_path / "root" / "environments").iterdir()]
    assert left == [f".{KEY}.lock"]


def test_what_a_killed_build_left_behind_is_removed(tmp_path: Path, tree: Path) -> None:
    left = tmp_path / "root" / "environments" / f"{BUILDING}{KEY}-dead"
    (left / "closed").mkdir(parents=True)
    (left / "closed").chmod(0)
    prepared(BubblewrapSandbox(tmp_path / "root"), tree)
    assert not left.exists()


def test_two_that_want_the_same_environment_build_it_once(tmp_path: Path, tree: Path) -> None:
    sandboxes = [BubblewrapSandbox(tmp_path / "root") for _ in range(2)]
    places: list[tuple[Path, int]] = []

    def work(sandbox: BubblewrapSandbox) -> None:
        place = prepared(sandbox, tree)
        places.append((place, place.stat().st_ino))

    threads = [threading.Thread(target=work, args=(sandbox,)) for sandbox in sandboxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(places) == 2
    assert len(set(places)) == 1


def test_of_many_environments_those_used_last_are_kept(tmp_path: Path, tree: Path) -> None:
    sandbox, folder = BubblewrapSandbox(tmp_path / "root"), tmp_path / "root" / "environments"
    before = time.time() - SPARED_SECONDS - 1000
    for number in range(KEPT + 2):
        old = folder / digest_of(number)
        (old / "lib").mkdir(parents=True)
        os.utime(old, (before - number, before - number))
    oldest, second, third = (folder / digest_of(KEPT + 1 - number) for number in range(3))
    assert prepared(sandbox, tree, key=oldest.name) == oldest
    with lock_of(third).open("w") as used:
        fcntl.flock(used, fcntl.LOCK_EX)
        kept = prepared(sandbox, tree)
    left = {place.name for place in folder.glob("[!.]*")}
    assert {oldest.name, third.name, kept.name} <= left
    assert second.name not in left
    assert len(left) == KEPT + 1
    prepared(sandbox, tree, key=digest_of("another"))
    assert not third.exists()


def test_removing_many_environments_shows_that_it_goes_on(tmp_path: Path) -> None:
    before = time.time() - SPARED_SECONDS - 1000
    for number in range(KEPT + 3):
        old = tmp_path / digest_of(number)
        old.mkdir()
        os.utime(old, (before, before))
    beats: list[int] = []
    make_room(tmp_path, lambda: beats.append(1))
    assert len(beats) == 3
    assert len(list(tmp_path.glob("[!.]*"))) == KEPT


def test_an_environment_cannot_be_changed_by_a_run(tmp_path: Path, tree: Path) -> None:
    sandbox = BubblewrapSandbox(tmp_path / "root")
    environment = prepared(sandbox, tree)
    argv = ("sh", "-c", "echo x > /env/bin/python; rm -rf /env/lib; touch /env/new")
    result = sandbox.run(SandboxJob(tree=tree, argv=argv, environment=environment), nothing)
    assert result.exit_code != 0
    assert (environment / "lib").is_dir()
    assert not (environment / "new").exists()


def test_only_settings_of_package_clients_without_credentials_pass() -> None:
    settings = {
        "PIP_INDEX_URL": "https://pypi.example.com/simple",
        "PIP_EXTRA_INDEX_URL": "https://a.example.com https://me:pw@b.example.com",
        "UV_INDEX": "inner=https://token@c.example.com/simple",
        "HTTPS_PROXY": "me:pw@proxy:3128",
        "https_proxy": "http://proxy:3128",
        "PIP_CONFIG_FILE": "/root/.pip",
        "GITHUB_TOKEN": "x",
        "PATH": "/evil",
        "NO_PROXY": "a\0b",
    }
    assert safe_settings(settings) == {
        "PIP_INDEX_URL": "https://pypi.example.com/simple",
        "https_proxy": "http://proxy:3128",
    }


def test_certificates_outside_the_system_are_shown(tmp_path: Path) -> None:
    file = tmp_path / "company.pem"
    file.write_text("certificate", encoding="utf-8")
    settings = {
        "PIP_CERT": str(file),
        "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
        "REQUESTS_CA_BUNDLE": str(tmp_path),
        "CURL_CA_BUNDLE": "company.pem",
    }
    assert certificates(settings) == (file,)


def test_every_limit_has_words() -> None:
    for limit in LimitHit:
        result = SandboxResult(exit_code=None, limit_hit=limit, stdout="", stderr="", seconds=1)
        assert reason(result).startswith("it ")


def test_removing_what_is_not_there_is_fine(tmp_path: Path) -> None:
    remove(tmp_path / "absent")
    (tmp_path / "link").symlink_to(tmp_path / "absent")
    remove(tmp_path / "link")
    assert not (tmp_path / "link").is_symlink()
