"""Slack's signature of requests: version 0, HMAC-SHA256 with the app's signing secret.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
from collections.abc import Mapping

from suture.errors import NotAuthorised

TIMESTAMP_HEADER = "x-slack-request-timestamp"
SIGNATURE_HEADER = "x-slack-signature"
MAX_AGE_SECONDS = 300
MAX_DIGITS = 12


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a body that is sent at this time."""
    signed = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def check_time(headers: Mapping[str, str], now: float) -> str:
    """Return the request's time, which the signature covers.

    Raises:
        NotAuthorised: there is none, or it is more than five minutes away from `now`.
    """
    timestamp = headers.get(TIMESTAMP_HEADER, "")
    plain = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= MAX_DIGITS
    if not plain or not headers.get(SIGNATURE_HEADER):
        raise NotAuthorised("The request needs Slack's signature and its time.")
    if abs(now - int(timestamp)) > MAX_AGE_SECONDS:
        raise NotAuthorised("The request was signed more than five minutes ago.")
    return timestamp


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Check that Slack sent this body, less than five minutes ago; takes constant time.

    Header names are in lower case.

    Raises:
        NotAuthorised: it did not, or it is a replay.
    """
    expected = sign(secret, check_time(headers, now), body).encode()
    given = headers[SIGNATURE_HEADER].encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(expected, given):
        raise NotAuthorised("The signature does not match.")
