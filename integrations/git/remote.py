"""What a clone URL means: which remotes Suture reads, and where their credentials stay.

Credentials travel to git in its environment. They never reach a disk, an argument list or an
error message. Source: https://git-scm.com/docs/git-fetch#_git_urls.
"""

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from suture.canonical import sha256
from suture.errors import InvalidInput, NotFound

MAX_URL_CHARACTERS = 2_000
SCP_LIKE = re.compile(r"[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][\w.-]*:(?!:)[^\s:][^\s]*")
WEB = ("http", "https")


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A place to fetch from."""

    address: str
    """What git is told; without credentials."""
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    """Holds the credentials, where there are any."""

    @property
    def name(self) -> str:
        """A directory name that stays the same when a token is changed."""
        return sha256(self.address.encode("utf-8", "surrogateescape"))[:40]


def parse_remote(url: str) -> Remote:
    """Read a URL, an `user@host:path` or a local path.

    Raises:
        InvalidInput: no transport that Suture uses.
        NotFound: a local path where nothing is.
    """
    if not url or len(url) > MAX_URL_CHARACTERS or url.startswith("-") or not url.isprintable():
        raise InvalidInput("The clone URL is empty, too long or malformed.")
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if scheme in WEB:
        return _web_remote(url)
    if scheme == "ssh" or SCP_LIKE.fullmatch(url):
        return Remote(address=url)
    if scheme not in ("", "file") or "::" in url:
        raise InvalidInput(f"Suture does not fetch by {scheme or url.partition('::')[0]!r}.")
    path = Path(url.removeprefix("file://"))
    if not path.is_dir():
        raise NotFound(f"There is no directory {path}.")
    return Remote(address=str(path.resolve()))


def _web_remote(url: str) -> Remote:
    try:
        parts = urlsplit(url)
        user, password, host, port = parts.username, parts.password, parts.hostname, parts.port
    except ValueError as error:
        raise InvalidInput("The clone URL is malformed.") from error
    if not host:
        raise InvalidInput("The clone URL names no host.")
    shown = f"[{host}]" if ":" in host else host
    place = shown if port is None else f"{shown}:{port}"
    address = urlunsplit((parts.scheme.lower(), place, parts.path, parts.query, ""))
    if user is None:
        return Remote(address=address)
    pair = f"{unquote(user)}:{unquote(password or '')}".encode()
    return Remote(
        address=address,
        environment={
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{parts.scheme.lower()}://{place}/.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {base64.b64encode(pair).decode()}",
        },
    )
