"""One door to GitHub's REST API, through PyGithub: no retries, bounded waits, checked answers.

PyGithub repeats writes unless it is told not to, and shares one connection between threads, so
calls are made one after the other, as GitHub asks. Sources:
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api and
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import quote

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
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
from suture.github_settings import GitHubSettings

if TYPE_CHECKING:
    from github import Github
    from github.Auth import Auth
    from github.GithubException import GithubException

PAGE = 100
MAX_PAGES = 100
MAX_SAID = 300
BUSY_SECONDS = 120.0
DEFAULT_PATIENCE_SECONDS = 60.0
REPOSITORY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}")
STATUS = {
    401: NotAuthorised,
    403: NotAuthorised,
    404: NotFound,
    408: Unreachable,
    409: Conflict,
    410: NotFound,
    429: RateLimited,
}
LOST = (OSError, ValueError, RuntimeError)
"""What requests and PyGithub raise when an answer is lost, cut or no JSON."""
MALFORMED = (AssertionError, AttributeError, TypeError)
GRAPHQL_STATUS = {
    "NOT_FOUND": 404,
    "FORBIDDEN": 403,
    "INSUFFICIENT_SCOPES": 403,
    "RATE_LIMIT": 429,
    "RATE_LIMITED": 429,
    "INTERNAL": 500,
    "SERVICE_UNAVAILABLE": 503,
}
"""REST's words for GraphQL's kinds of errors, which come with status 200."""
REFUSED_STATUS = 422
BROKEN = "something went wrong"
"""What GraphQL says, without a kind, where REST would answer 502."""
Grants = Mapping[str, Literal["read", "write"]]
Shape = TypeVar("Shape")


class Answer(BaseModel):
    """A part of GitHub's JSON; what is not named here is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Problem(Answer):
    type: str | None = None
    message: str = ""


class _Told(Answer):
    """What the GraphQL API answers with."""

    data: object = None
    errors: tuple[_Problem, ...] = ()


class RefusedError(PermanentError):
    """GitHub understood and declined: 405 or 422."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class GitHubClient:
    """Calls GitHub. Each call names the permissions it needs; an App's token has no others."""

    def __init__(self, settings: GitHubSettings) -> None:
        self._settings = settings
        self._clients: dict[frozenset[tuple[str, str]], Github] = {}
        self._turn = threading.Lock()
        self._patience_until = 0.0

    @property
    def is_app(self) -> bool:
        """Whether calls are made in an App's name. Check runs are only for those."""
        return self._settings.app_id is not None

    def get(
        self,
        path: str,
        shape: type[Shape],
        grants: Grants,
        parameters: Mapping[str, str] | None = None,
    ) -> Shape:
        """Read one thing."""
        return self._checked(shape, self._ask("GET", path, grants, parameters)[1])

    def find(self, path: str, shape: type[Shape], grants: Grants) -> Shape | None:
        """Read one thing that may be missing."""
        try:
            return self.get(path, shape, grants)
        except NotFound:
            return None

    def list(
        self,
        path: str,
        shape: type[Shape],
        grants: Grants,
        parameters: Mapping[str, str] | None = None,
        inside: str | None = None,
    ) -> list[Shape]:
        """Read every page of a list, or of the list `inside` an object.

        Raises:
            PermanentError: there are more than 10,000 entries.
        """
        found: list[Shape] = []
        for page in range(1, MAX_PAGES + 1):
            asked = {**(parameters or {}), "per_page": str(PAGE), "page": str(page)}
            said = self._ask("GET", path, grants, asked)[1]
            if inside is not None:
                said = said.get(inside) if isinstance(said, dict) else None
            rows = self._checked(list[shape], said)  # type: ignore[valid-type]
            found += rows
            if len(rows) < PAGE:
                return found
        raise PermanentError(f"GitHub lists more than {PAGE * MAX_PAGES} entries at {path}.")

    def send(
        self, verb: str, path: str, shape: type[Shape], grants: Grants, body: Mapping[str, object]
    ) -> Shape:
        """Write, once. An Unreachable leaves open whether it was done."""
        return self._checked(shape, self._ask(verb, path, grants, body=body)[1])

    def delete(self, path: str, grants: Grants) -> None:
        """Remove something; what is gone already is gone."""
        try:
            self._ask("DELETE", path, grants)
        except NotFound:
            return
        except RefusedError as error:
            if "does not exist" not in str(error):
                raise

    def graphql(
        self, query: str, variables: Mapping[str, object], shape: type[Shape], grants: Grants
    ) -> Shape:
        """Ask or write what only the GraphQL API can, once; return what is in `data`.

        An Unreachable leaves open whether it was done.
        """
        with self._talking():
            requester = self._client(grants).requester
            body = {"query": query, "variables": dict(variables)}
            headers, said = requester.requestJsonAndCheck("POST", requester.graphql_url, input=body)
        told = self._checked(_Told, said)
        if told.errors:
            raise _declined(told.errors[0], headers)
        return self._checked(shape, told.data)

    def look(self, path: str, grants: Grants) -> tuple[str, object]:
        """Return the date of GitHub's clock, and the `permissions` of what is there."""
        headers, said = self._ask("GET", path, grants)
        rights = said.get("permissions") if isinstance(said, dict) else None
        return str(headers.get("date", "")), rights

    def token(self, grants: Grants) -> str:
        """Return a credential for git; an App's holds for an hour."""
        with self._talking():
            auth = self._client(grants).requester.auth
            return "" if auth is None else auth.token

    def _ask(
        self,
        verb: str,
        path: str,
        grants: Grants,
        parameters: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> tuple[dict[str, Any], Any]:
        """Return headers and foreign JSON, to be checked."""
        with self._talking():
            requester = self._client(grants).requester
            return requester.requestJsonAndCheck(
                verb, path, parameters=dict(parameters or {}), input=body
            )

    @contextmanager
    def _talking(self) -> Iterator[None]:
        """Take turns, and say in Suture's words what went wrong."""
        from github.GithubException import GithubException  # noqa: PLC0415 -- PyGithub is slow

        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise Unreachable("GitHub is slow: other calls are still waiting for it.")
        try:
            self._require_patience()
            yield
        except GithubException as error:
            failure = _translated(error)
            if isinstance(failure, RateLimited):
                self._patience_until = time.monotonic() + (failure.retry_after_seconds or 0.0)
            raise failure from None
        except LOST as error:
            raise Unreachable(f"GitHub gave no whole answer: {type(error).__name__}.") from None
        except MALFORMED:
            raise Unreachable("GitHub gave an answer that makes no sense.") from None
        finally:
            self._turn.release()

    def _require_patience(self) -> None:
        """Fail while GitHub wants to hear nothing: its limits count for every call, not for one."""
        left = self._patience_until - time.monotonic()
        if left > 0:
            raise RateLimited("GitHub has asked for patience.", retry_after_seconds=left)

    def _client(self, grants: Grants) -> "Github":
        from github import Github  # noqa: PLC0415 -- PyGithub is slow

        wanted = frozenset(grants.items()) if self.is_app else frozenset()
        known = self._clients.get(wanted)
        if known is None:
            known = self._clients[wanted] = Github(
                base_url=self._settings.api_url.rstrip("/"),
                auth=self._auth(grants),
                timeout=self._settings.timeout_seconds,
                retry=None,
                seconds_between_requests=0,
                seconds_between_writes=self._settings.seconds_between_writes,
                user_agent="suture",
            )
        return known

    def _auth(self, grants: Grants) -> "Auth":
        from github import Auth as auths  # noqa: N813, PLC0415 -- a module, and PyGithub is slow

        settings = self._settings
        if settings.token is not None and settings.token.get_secret_value():
            return auths.Token(settings.token.get_secret_value())
        key_file = settings.private_key_file
        if settings.app_id is None or settings.installation_id is None or key_file is None:
            raise SettingsError("Set github.token, or github.app_id with installation and key.")
        key = _read_key(key_file)
        app = auths.AppAuth(settings.app_id, key)
        return app.get_installation_auth(settings.installation_id, dict(grants))

    def _checked(self, shape: type[Shape], said: object) -> Shape:
        try:
            return TypeAdapter(shape).validate_python(said)
        except ValidationError as error:
            fields = {".".join(map(str, one["loc"])) for one in error.errors(include_input=False)}
            raise Unreachable(f"GitHub's answer lacks {', '.join(sorted(fields)[:5])}.") from None


def _read_key(path: Path) -> str:
    try:
        key = path.read_bytes()
        load_pem_private_key(key, None)
        return key.decode()
    except OSError as error:
        raise SettingsError(f"github.private_key_file cannot be read: {error}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingsError("github.private_key_file holds no private key in PEM.") from None


def repository_path(repository: str) -> str:
    """Return the path of `owner/name`.

    Raises:
        InvalidInput: it is no such name.
    """
    if not REPOSITORY.fullmatch(repository) or repository.rpartition("/")[2] in (".", ".."):
        raise InvalidInput(f"{repository[:150]!r} is no GitHub repository: write owner/name.")
    return f"/repos/{repository}"


def branch_path(branch: str) -> str:
    """Return a branch as part of a path.

    Raises:
        InvalidInput: git would not have such a branch, or it would lead elsewhere.
    """
    parts = branch.split("/")
    if not branch.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise InvalidInput(f"{branch[:100]!r} is no name for a branch.")
    return quote(branch, safe="/")


def once(find: Callable[[], Shape | None], make: Callable[[], Shape]) -> Shape:
    """Find it or make it; after an answer that was lost or a refusal, look again."""
    found = find()
    if found is not None:
        return found
    try:
        return make()
    except (Unreachable, RefusedError):
        found = find()
        if found is None:
            raise
        return found


def _declined(problem: _Problem, headers: Mapping[str, object]) -> SutureError:
    broken = problem.message.lower().startswith(BROKEN)
    status = 502 if broken else GRAPHQL_STATUS.get(problem.type or "", REFUSED_STATUS)
    return refusal(status, headers, {"message": problem.message})


def _translated(error: "GithubException") -> SutureError:
    return refusal(error.status, error.headers or {}, error.data)


def refusal(status: int, headers: Mapping[str, object], said: object) -> SutureError:
    """Return what an answer that is an error means, in Suture's words."""
    data = said if isinstance(said, dict) else {}
    problems = data.get("errors")
    listed = problems if isinstance(problems, list) else []
    more = "; ".join(str(one.get("message", "")) for one in listed if isinstance(one, dict))
    words = " ".join(f"{data.get('message', '')} {more}".split())[:MAX_SAID]
    message = f"GitHub answered {status}: {words}"
    named = {name.lower(): str(value) for name, value in headers.items()}
    if status == 429 or (status == 403 and _is_limit(words, named)):  # noqa: PLR2004 -- HTTP's own
        return RateLimited(message, retry_after_seconds=_patience(named))
    if status >= 500:  # noqa: PLR2004 -- HTTP's own
        return Unreachable(message)
    kind = STATUS.get(status)
    return RefusedError(message, status) if kind is None else kind(message)


def _is_limit(said: str, headers: Mapping[str, str]) -> bool:
    spent = headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers
    return spent or "rate limit" in said.lower()


def _patience(headers: Mapping[str, str]) -> float:
    """Return seconds to wait, at most an hour."""
    for name, since in (("retry-after", 0.0), ("x-ratelimit-reset", time.time())):
        value = str(headers.get(name, ""))
        if value.isdecimal() and len(value) < 12:  # noqa: PLR2004 -- digits that a float holds
            return min(max(float(value) - since, 1.0), 3_600.0)
    return DEFAULT_PATIENCE_SECONDS
