"""One door to GitLab's REST API v4: no retries, bounded waits, bounded and checked answers.

By httpx rather than python-gitlab, which bounds neither how long nor how large a whole answer may
be. Sources: https://docs.gitlab.com/api/rest/ and https://docs.gitlab.com/security/rate_limits/.
"""

import json
import re
import ssl
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from suture.errors import (
    Conflict,
    InvalidInput,
    NotAuthorised,
    NotFound,
    PermanentError,
    RateLimited,
    SettingsError,
    SutureError,
    Unreachable,
)
from suture.gitlab_settings import GitLabSettings

PAGE = 100
MAX_PAGES = 100
MAX_BYTES = 16 << 20
"""Of one answer; a job's log is cut to its end before it is as large."""
MAX_SAID = 300
DEFAULT_PATIENCE_SECONDS = 60.0
PROJECT = re.compile(r"[A-Za-z0-9_][\w.-]{0,254}(?:/[A-Za-z0-9_][\w.-]{0,254}){1,20}", re.ASCII)
NO_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|\.lock(?:/|$)|\.$|^-|^@$")
"""What git allows in no name of a branch."""
STATUS: Mapping[int, type[SutureError]] = {
    401: NotAuthorised,
    403: NotAuthorised,
    404: NotFound,
    408: Unreachable,
    409: Conflict,
    410: NotFound,
    425: Unreachable,
}
Shape = TypeVar("Shape")
Parameters = Mapping[str, str]


class Answer(BaseModel):
    """A part of GitLab's JSON; what is not named here is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RefusedError(PermanentError):
    """GitLab understood and declined: 400, 405, 406, 422 and the like."""


class GitLabClient:
    """Calls GitLab. Safe with threads."""

    def __init__(self, settings: GitLabSettings) -> None:
        self._url = f"{settings.url.rstrip('/')}/api/v4"
        self._timeout = settings.timeout_seconds
        self._token = settings.token.get_secret_value()
        self._trust = _trust(settings.ca_file)

    def get(self, path: str, shape: type[Shape], parameters: Parameters | None = None) -> Shape:
        """Read one thing."""
        return _checked(shape, self._ask("GET", path, parameters)[1])

    def find(self, path: str, shape: type[Shape]) -> Shape | None:
        """Read one thing that may be missing."""
        try:
            return self.get(path, shape)
        except NotFound:
            return None

    def list(
        self, path: str, shape: type[Shape], parameters: Parameters | None = None
    ) -> list[Shape]:
        """Read every page of a list.

        Raises:
            PermanentError: there are more than 10,000 entries.
        """
        found: list[Shape] = []
        for page in range(1, MAX_PAGES + 1):
            asked = {**(parameters or {}), "per_page": str(PAGE), "page": str(page)}
            rows = _checked(list[shape], self._ask("GET", path, asked)[1])  # type: ignore[valid-type]
            found += rows
            if len(rows) < PAGE:
                return found
        raise PermanentError(f"GitLab lists more than {PAGE * MAX_PAGES} entries at {path}.")

    def send(self, verb: str, path: str, shape: type[Shape], body: Mapping[str, object]) -> Shape:
        """Write, once. An Unreachable leaves open whether it was done."""
        return _checked(shape, self._ask(verb, path, body=body)[1])

    def tail(self, path: str, characters: int) -> str:
        """Return the end of a text, such as a job's log."""
        _, _, content = self._exchange("GET", path, keep=characters * 4)
        return content.decode(errors="replace")[-characters:]

    def look(self, path: str, shape: type[Shape]) -> tuple[str, Shape]:
        """Return the date of GitLab's clock, and what is there."""
        headers, said = self._ask("GET", path)
        return headers.get("date", ""), _checked(shape, said)

    def _ask(
        self,
        verb: str,
        path: str,
        parameters: Parameters | None = None,
        body: Mapping[str, object] | None = None,
    ) -> tuple[httpx.Headers, object]:
        """Return headers and foreign JSON, to be checked."""
        status, headers, content = self._exchange(verb, path, parameters, body)
        if status == httpx.codes.NO_CONTENT or not content:
            return headers, None
        try:
            return headers, json.loads(content)
        except (ValueError, RecursionError):
            raise Unreachable("GitLab gave an answer that is no JSON.") from None

    def _exchange(
        self,
        verb: str,
        path: str,
        parameters: Parameters | None = None,
        body: Mapping[str, object] | None = None,
        keep: int | None = None,
    ) -> tuple[int, httpx.Headers, bytes]:
        sent = None if body is None else _encoded(body)
        headers = {
            "PRIVATE-TOKEN": self._token,
            "accept-encoding": "identity",
            "user-agent": "suture",
        }
        if sent is not None:
            headers["content-type"] = "application/json"
        try:
            with (
                self._open() as http,
                http.stream(
                    verb, self._url + path, params=parameters, content=sent, headers=headers
                ) as response,
            ):
                content = self._read(response, keep)
        except httpx.HTTPError as error:
            raise Unreachable(f"GitLab gave no whole answer: {type(error).__name__}.") from None
        if not response.is_success:
            said = content.replace(self._token.encode(), b"***")
            raise _translated(response.status_code, response.headers, said)
        return response.status_code, response.headers, content

    def _open(self) -> httpx.Client:
        # One for each call: GitLab closes what is idle, and a write that meets that is ambiguous.
        return httpx.Client(
            timeout=self._timeout, follow_redirects=False, trust_env=False, verify=self._trust
        )

    def _read(self, response: httpx.Response, keep: int | None) -> bytes:
        """Read the body as it was sent, since what unfolds while it is read has no bound."""
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Unreachable("GitLab compresses although it was asked not to.")
        deadline = time.monotonic() + self._timeout
        content, size = bytearray(), 0
        for chunk in response.iter_raw():
            content += chunk
            size += len(chunk)
            if keep is not None and len(content) > keep:
                del content[:-keep]
            if time.monotonic() > deadline:
                raise Unreachable(f"GitLab's answer takes more than {self._timeout:g} s.")
            if size > MAX_BYTES:
                raise PermanentError(f"GitLab's answer is larger than {MAX_BYTES} bytes.")
        return bytes(content)


def project_path(project: str) -> str:
    """Return the path of `group/name`.

    Raises:
        InvalidInput: it is no such name.
    """
    if not PROJECT.fullmatch(project) or len(project) > 500:  # noqa: PLR2004 -- far more than GitLab's
        raise InvalidInput(f"{project[:150]!r} is no GitLab project: write group/name.")
    return f"/projects/{quote(project, safe='')}"


def branch_name(branch: str) -> str:
    """Return a branch as one part of a path.

    Raises:
        InvalidInput: git would not have such a branch.
    """
    parts = branch.split("/")
    odd = NO_BRANCH.search(branch) or not branch.isprintable()
    if odd or any(not part or part.startswith(".") for part in parts):
        raise InvalidInput(f"{branch[:100]!r} is no name for a branch.")
    return quote(branch, safe="")


def once(find: Callable[[], Shape | None], make: Callable[[], Shape]) -> Shape:
    """Find it or make it; after an answer that was lost or a refusal, look again."""
    found = find()
    if found is not None:
        return found
    try:
        return make()
    except (Unreachable, Conflict, RefusedError):
        found = find()
        if found is None:
            raise
        return found


@cache
def _trust(ca_file: Path | None) -> ssl.SSLContext:
    """Trust whom git trusts, too: the system's authorities, or those that the settings name."""
    try:
        # Once, because it takes longer than a call.
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        raise SettingsError("gitlab.ca_file holds no certificates in PEM.") from None


def _encoded(body: Mapping[str, object]) -> bytes:
    """Return JSON; what no encoding knows, such as half a character, is replaced."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def _checked(shape: type[Shape], said: object) -> Shape:
    try:
        return TypeAdapter(shape).validate_python(said)
    except ValidationError as error:
        fields = {".".join(map(str, one["loc"])) for one in error.errors(include_input=False)}
        raise Unreachable(f"GitLab's answer lacks {', '.join(sorted(fields)[:5])}.") from None


def _translated(status: int, headers: httpx.Headers, content: bytes) -> SutureError:
    message = f"GitLab answered {status}: {_said(content)}"
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return RateLimited(message, retry_after_seconds=_patience(headers))
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Unreachable(message)
    if status < httpx.codes.BAD_REQUEST:
        # GitLab answers so for projects that have moved.
        return NotFound(f"{message}It leads elsewhere: correct the project's name or the URL.")
    return STATUS.get(status, RefusedError)(message)


def _said(content: bytes) -> str:
    """Return what GitLab says is wrong: a text, a list, or lists by field."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    said = (data.get("message") or data.get("error") or "") if isinstance(data, dict) else ""
    text = said if isinstance(said, str) else json.dumps(said)
    return " ".join(text.split())[:MAX_SAID]


def _patience(headers: httpx.Headers) -> float:
    """Return seconds to wait, at most an hour."""
    for name, since in (("retry-after", 0.0), ("ratelimit-reset", time.time())):
        value = headers.get(name, "")
        if value.isdecimal() and len(value) < 12:  # noqa: PLR2004 -- digits that a float holds
            return min(max(float(value) - since, 1.0), 3_600.0)
    return DEFAULT_PATIENCE_SECONDS
