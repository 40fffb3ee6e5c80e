"""One call of an identity provider, bounded in size and time; nothing is repeated here.

No error says what was sent or what came back: both hold credentials.
"""

import json
import math
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from suture.errors import RateLimited, Unreachable

MAX_BODY_BYTES = 1 << 20
SERVER_ERROR = 500
RETRY_AFTER_SECONDS = 30.0
MAX_RETRY_AFTER_SECONDS = 3_600.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the provider said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def document(self) -> dict[str, Any]:
        """Return the JSON object of the body.

        Raises:
            Unreachable: it is none.
        """
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise Unreachable("The identity provider's answer is no JSON object.")
        return document


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request. With a form it is a POST, else a GET."""

    url: str
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None


def send(call: Call, timeout_seconds: float) -> Answer:
    """Send once; redirects are not followed.

    Raises:
        RateLimited: with the time that the provider asked for.
        Unreachable: no whole answer within the time, or a server error.
    """
    try:
        answer = _exchange(call, timeout_seconds)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        kind = type(error).__name__
        raise Unreachable(f"The identity provider does not answer: {kind}.") from None
    if answer.status == httpx.codes.TOO_MANY_REQUESTS:
        wait = _retry_after(answer.headers.get("retry-after", ""))
        raise RateLimited("The identity provider asks for patience.", retry_after_seconds=wait)
    if answer.status >= SERVER_ERROR:
        raise Unreachable(f"The identity provider is broken just now: status {answer.status}.")
    return answer


def _exchange(call: Call, timeout_seconds: float) -> Answer:
    deadline = time.monotonic() + timeout_seconds
    headers = {"accept": "application/json", "accept-encoding": "identity", **(call.headers or {})}
    method = "GET" if call.form is None else "POST"
    body = bytearray()
    with (
        httpx.Client(verify=_trusted(), timeout=timeout_seconds, follow_redirects=False) as http,
        http.stream(method, call.url, data=call.form, headers=headers) as response,
    ):
        # Raw, because what unfolds while it is read has no bound.
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > MAX_BODY_BYTES or time.monotonic() > deadline:
                raise Unreachable("The identity provider's answer is too large or too slow.")
    return Answer(status=response.status_code, headers=response.headers, body=bytes(body))


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates to trust; reading them takes longer than a call."""
    return httpx.create_ssl_context()


def _retry_after(given: str) -> float:
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if math.isnan(seconds):
        return RETRY_AFTER_SECONDS
    return min(max(seconds, 1.0), MAX_RETRY_AFTER_SECONDS)
