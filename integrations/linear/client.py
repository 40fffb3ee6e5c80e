"""One GraphQL call of Linear, bounded in size and time; nothing is repeated here.

https://linear.app/developers/graphql and https://linear.app/developers/rate-limiting. A failure
comes with any status, 200 too. What comes back is foreign: no message repeats a credential.
"""

import json
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import Any

import httpx

from suture.errors import (
    NotAuthorised,
    NotFound,
    PermanentError,
    RateLimited,
    SutureError,
    Unreachable,
)
from suture.linear_settings import LinearSettings
from suture.redaction import scrub

MAX_BODY_BYTES = 8 << 20
MAX_DETAIL = 300
MAX_RETRY_AFTER_SECONDS = 3_600.0
RETRY_AFTER_SECONDS = 30.0
"""Where Linear limits without saying for how long."""
CONNECT_SECONDS = 5.0
RESETS = ("requests", "endpoint-requests", "complexity")
"""What Linear counts, as its headers `X-RateLimit-...-Remaining` and `-Reset` call it."""
MILLISECONDS = 1e11
"""A moment since 1970 beyond this is told in milliseconds."""
REFUSED = {"authenticationerror", "forbidden", "featurenotaccessible"}
PASSING = {"internalerror", "internalservererror", "networkerror", "locktimeout", "unknown"}
MISSING = "entity not found"
CONFLICTS = ("conflict on insert", "already exists")

Answer = dict[str, Any]


class AlreadyExists(PermanentError):
    """Something has this id already."""


class LinearClient:
    """Asks Linear."""

    def __init__(self, settings: LinearSettings) -> None:
        self._settings = settings
        self._http = httpx.Client(
            timeout=httpx.Timeout(settings.timeout_seconds, connect=CONNECT_SECONDS),
            follow_redirects=False,
            verify=_trusted(),
            # A connection that Linear closed meanwhile would leave a call in doubt.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def ask(self, document: str, **variables: object) -> Answer:
        """Run a query or a mutation, once. `Unreachable` leaves open whether it was done.

        Raises:
            AlreadyExists, RateLimited, Unreachable, NotAuthorised, NotFound, PermanentError.
        """
        response, content = self._send(document, variables)
        answer = _decoded(content)
        errors = answer.get("errors")
        if response.status_code != HTTPStatus.OK or errors:
            raise self._failure(response, errors if isinstance(errors, list) else [])
        data = answer.get("data")
        if not isinstance(data, dict):
            raise Unreachable("Linear's answer has no data.")
        return data

    def clock(self) -> float:
        """Return Linear's time in seconds since 1970, whether it knows us or not."""
        response, _ = self._send("query { viewer { id } }", {})
        try:
            return parsedate_to_datetime(response.headers["Date"]).timestamp()
        except (KeyError, ValueError) as error:
            raise PermanentError("Linear's answers have no date.") from error

    def _send(self, document: str, variables: Mapping[str, object]) -> tuple[httpx.Response, bytes]:
        try:
            return self._exchange(document, variables)
        except httpx.TimeoutException:
            failure = Unreachable("Linear took too long to answer.")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            failure = Unreachable(f"Linear does not answer: {type(error).__name__}.")
        # Outside of the handlers: what the client raised holds headers and bodies.
        raise failure

    def _exchange(
        self, document: str, variables: Mapping[str, object]
    ) -> tuple[httpx.Response, bytes]:
        settings = self._settings
        deadline = time.monotonic() + settings.timeout_seconds
        headers = {
            "authorization": settings.authorization,
            "content-type": "application/json",
            "accept": "application/json",
            "accept-encoding": "identity",
        }
        content = json.dumps({"query": document, "variables": variables})
        body = bytearray()
        with self._http.stream(
            "POST", settings.api_url, content=content, headers=headers
        ) as response:
            # Raw, because what unfolds while it is read has no bound.
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > MAX_BODY_BYTES or time.monotonic() > deadline:
                    raise Unreachable("Linear's answer is too large or too slow.")
        return response, bytes(body)

    def _failure(self, response: httpx.Response, errors: list[Any]) -> SutureError:
        kinds, said = _kinds(errors), self._harmless(" ".join(_words(one) for one in errors))
        status = response.status_code
        if status == HTTPStatus.TOO_MANY_REQUESTS or "ratelimited" in kinds:
            wait = _patience(response.headers)
            return RateLimited("Linear asks for patience.", retry_after_seconds=wait)
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} or kinds & REFUSED:
            return NotAuthorised(f"Linear refused: {said or status}")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or kinds & PASSING:
            return Unreachable(f"Linear answered {status}: {said}")
        if response.is_redirect:
            return PermanentError("Linear leads elsewhere: set linear.api_url to where it leads.")
        return _refusal(status, said)

    def _harmless(self, text: str) -> str:
        secret = self._settings.authorization.removeprefix("Bearer ")
        line = " ".join(text.replace(secret, "***").split())
        return scrub(line)[:MAX_DETAIL]


@cache
def _trusted() -> ssl.SSLContext:
    """Return whom to trust, read once: that takes longer than a call."""
    return httpx.create_ssl_context()


def _decoded(content: bytes) -> Answer:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _refusal(status: int, said: str) -> SutureError:
    lowered = said.lower()
    if status == HTTPStatus.NOT_FOUND or MISSING in lowered:
        return NotFound(f"Linear answered: {said or status}")
    if any(words in lowered for words in CONFLICTS):
        return AlreadyExists(f"Linear answered: {said}")
    return PermanentError(f"Linear answered {status}: {said}")


def _kinds(errors: list[Any]) -> set[str]:
    """Return what sort of errors these are: `code` and `type` say it in several spellings."""
    found = set()
    for error in errors:
        extensions = error.get("extensions") if isinstance(error, dict) else None
        if isinstance(extensions, dict):
            named = (str(extensions.get(key, "")) for key in ("code", "type"))
            found |= {"".join(one for one in name.lower() if one.isalnum()) for name in named}
    return found


def _words(error: object) -> str:
    if not isinstance(error, dict):
        return ""
    extensions = error.get("extensions")
    more = extensions.get("userPresentableMessage") if isinstance(extensions, dict) else None
    return " ".join(str(one) for one in (error.get("message"), more) if one)


def _patience(headers: Mapping[str, str]) -> float:
    """Return for how long to wait: as told, or until what is used up is there again."""
    told = _number(headers.get("Retry-After"))
    if told is not None:
        return _bounded(told)
    waits = [
        wait
        for name in RESETS
        if _number(headers.get(f"X-RateLimit-{name}-Remaining")) == 0
        and (wait := _until(headers.get(f"X-RateLimit-{name}-Reset"))) is not None
    ]
    return _bounded(max(waits, default=RETRY_AFTER_SECONDS))


def _until(told: str | None) -> float | None:
    moment = _number(told)
    if moment is None:
        return None
    return (moment / 1_000 if moment > MILLISECONDS else moment) - time.time()


def _number(told: str | None) -> float | None:
    try:
        number = float(told or "")
    except ValueError:
        return None
    return number if number == number else None  # noqa: PLR0124 -- NaN


def _bounded(seconds: float) -> float:
    return min(max(seconds, 1.0), MAX_RETRY_AFTER_SECONDS)
