"""Signs and verifies webhook bodies.

The header is `X-Suture-Signature: t=<unix seconds>,v1=<hex>`, where `v1` is the HMAC-SHA256 of
`<t>.<raw body>` under the shared secret. While a secret is being rotated a sender may give one
`v1` per secret. The time is signed, so a captured request is worthless after the window.
"""

import hashlib
import hmac
import re

from suture.errors import NotAuthorised

HEADER = "X-Suture-Signature"
WINDOW_SECONDS = 300
MAX_SIGNATURES = 5
MAX_HEADER_CHARACTERS = 1_000
TIME = re.compile(r"[0-9]{1,12}", re.ASCII)
SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)


def sign(secret: str, body: bytes, at: int) -> str:
    """Return the header's value for a body sent at this Unix time."""
    return f"t={at},v1={_mac(secret, body, at)}"


def verify(secret: str, header: str, body: bytes, now: float) -> None:
    """Return if one of the signatures is ours and fresh.

    Raises:
        NotAuthorised: malformed, forged, or outside the window.
    """
    at, signatures = parse_signature(header, now)
    expected = _mac(secret, body, at)
    # Every signature is compared, so that the time taken says nothing about which one matched.
    if not sum(hmac.compare_digest(expected, given) for given in signatures):
        raise NotAuthorised("The signature does not match the body.")


def parse_signature(header: str, now: float) -> tuple[int, tuple[str, ...]]:
    """Return time and signatures, if the time is within the window; needs no body.

    Raises:
        NotAuthorised: malformed, or outside the window.
    """
    if len(header) > MAX_HEADER_CHARACTERS:
        raise NotAuthorised(f"The header {HEADER} is too long.")
    fields = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in fields if name == "t"]
    given = tuple(value for name, _, value in fields if name == "v1")
    if len(times) != 1 or not TIME.fullmatch(times[0]):
        raise NotAuthorised(f"The header {HEADER} must hold one t=<unix seconds>.")
    if not 0 < len(given) <= MAX_SIGNATURES or not all(map(SIGNATURE.fullmatch, given)):
        raise NotAuthorised(f"The header {HEADER} must hold v1=<64 hexadecimal digits>.")
    if abs(now - int(times[0])) > WINDOW_SECONDS:
        raise NotAuthorised(f"The signature's time is more than {WINDOW_SECONDS} seconds off.")
    return int(times[0]), given


def _mac(secret: str, body: bytes, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
