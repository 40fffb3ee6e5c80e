"""Asks vendors' JSON APIs, by GET alone: bounded in time and size, without retries of its own.

What comes back is foreign: only its shape is believed, and no error repeats a credential.
"""

import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import NoReturn

import httpx
from pydantic import JsonValue

from suture.errors import (
    InvalidInput,
    NotAuthorised,
    NotFound,
    PermanentError,
    RateLimited,
    SutureError,
    Unreachable,
)
from suture.hostile_json import parse_json
from suture.redaction import scrub

MAX_BODY_BYTES = 8 << 20
MAX_DETAIL = 300
MAX_PATIENCE_SECONDS = 3_600.0
PATIENCE_SECONDS = 30.0
"""Where a vendor limits without saying for how long."""
CONNECT_SECONDS = 5.0
SINCE_1970 = 1_000_000_000.0
"""A larger number of seconds is a moment, not a time to wait."""
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}

Parameters = Mapping[str, str | int | Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """Whose API it is, and how to be let in."""

    name: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    """What no message may repeat."""
    timeout_seconds: float
    """For a whole call."""
    reset_header: str = "retry-after"
    """Says in seconds how long a limit lasts, or until when."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a vendor said."""

    body: JsonValue
    headers: Mapping[str, str]

    def at(self) -> datetime | None:
        """Return the vendor's own time, where it is told."""
        return _moment(self.headers.get("date", ""))


class JsonApi:
    """Reads from one vendor."""

    def __init__(self, vendor: Vendor, *, max_bytes: int = MAX_BODY_BYTES) -> None:
        self._vendor = vendor
        self._max_bytes = max_bytes

    def get(self, path: str, parameters: Parameters | None = None) -> Answer:
        """Read something; `path` begins with a slash.

        Raises:
            RateLimited, Unreachable, NotAuthorised, NotFound, PermanentError: as it is answered.
        """
        vendor = self._vendor
        failure: SutureError
        try:
            return self._get(vendor.url.rstrip("/") + path, parameters or {})
        except httpx.TimeoutException:
            failure = Unreachable(f"{vendor.name} took too long to answer.")
        except httpx.InvalidURL:
            failure = PermanentError(f"{vendor.name}'s address cannot be understood.")
        except (httpx.HTTPError, OSError) as error:
            failure = Unreachable(f"{vendor.name} does not answer: {type(error).__name__}.")
        # Outside of the handlers: what the client raised holds headers.
        raise failure

    def _get(self, url: str, parameters: Parameters) -> Answer:
        vendor = self._vendor
        deadline = time.monotonic() + vendor.timeout_seconds
        step = httpx.Timeout(
            vendor.timeout_seconds, connect=min(CONNECT_SECONDS, vendor.timeout_seconds)
        )
        headers = {"accept": "application/json", "accept-encoding": "identity", **vendor.headers}
        with (
            httpx.Client(timeout=step, follow_redirects=False, verify=_certificates()) as http,
            http.stream("GET", url, params=dict(parameters), headers=headers) as response,
        ):
            body = self._body(response, deadline)
            if not response.is_success:
                self._refuse(response, body)
            return Answer(body=self._parsed(body), headers=response.headers)

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        name = self._vendor.name
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Unreachable(f"{name} compresses although it was asked not to.")
        body = bytearray()
        # Raw, because what unfolds while it is read has no bound.
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > self._max_bytes:
                raise PermanentError(f"{name} sends more than {self._max_bytes} bytes.")
            if time.monotonic() > deadline:
                raise Unreachable(f"{name} took too long to answer.")
        return bytes(body)

    def _parsed(self, body: bytes) -> JsonValue:
        try:
            return parse_json(body)
        except InvalidInput:
            pass
        raise Unreachable(f"{self._vendor.name} answered something that is no JSON.")

    def _refuse(self, response: httpx.Response, body: bytes) -> NoReturn:
        name, code = self._vendor.name, response.status_code
        detail = f"{name} answered {code}: {self._harmless(body)}"
        patience = _patience(response.headers, self._vendor.reset_header)
        if code == HTTPStatus.TOO_MANY_REQUESTS:
            raise RateLimited(
                f"{name} asks for patience.", retry_after_seconds=patience or PATIENCE_SECONDS
            )
        if response.is_redirect:
            raise PermanentError(f"{name} leads elsewhere: set its URL to where it leads.")
        if code in REFUSED:
            raise NotAuthorised(detail)
        if code == HTTPStatus.NOT_FOUND:
            raise NotFound(detail)
        if code in PASSING or code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unreachable(f"{name} answered {code}.", retry_after_seconds=patience)
        raise PermanentError(detail)

    def _harmless(self, body: bytes) -> str:
        text = body.decode(errors="replace")
        # Before anything is cut: a half of a secret would not be known again.
        for secret in self._vendor.secrets:
            text = text.replace(secret, "***")
        return scrub(" ".join(text[: 4 * MAX_DETAIL].split()))[:MAX_DETAIL]


def part(answer: JsonValue, *names: str) -> JsonValue:
    """Return a part of an answer, or None where there is none."""
    for name in names:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer


def objects(answer: JsonValue) -> list[dict[str, JsonValue]]:
    """Return the objects of a list; none of anything else."""
    found = answer if isinstance(answer, list) else []
    return [one for one in found if isinstance(one, dict)]


@cache
def _certificates() -> ssl.SSLContext:
    # Once, because it takes longer than a call.
    return httpx.create_ssl_context()


def _patience(headers: Mapping[str, str], reset_header: str) -> float | None:
    """Return how long to wait: told in seconds, as a date, or as a moment since 1970."""
    told = headers.get("retry-after") or headers.get(reset_header)
    if told is None:
        return None
    try:
        seconds = float(told)
    except ValueError:
        moment = _moment(told)
        seconds = moment.timestamp() if moment else PATIENCE_SECONDS
    if seconds > SINCE_1970:
        now = _moment(headers.get("date", "")) or datetime.now(UTC)
        seconds -= now.timestamp()
    # A comparison that NaN fails, too.
    return min(max(seconds, 1.0), MAX_PATIENCE_SECONDS) if seconds > 0 else PATIENCE_SECONDS


def _moment(told: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(told)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
