"""What vendors' webhooks have in common. Reading one is pure: no network, no clock, no settings.

A vendor's `webhook` module holds one `Webhook`; `integrations.webhooks` lists them all.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict, JsonValue

from suture.domain.alert import AlertSource
from suture.domain.inbound import VendorAlert
from suture.domain.news import News
from suture.errors import NotAuthorised

MAX_HEADER_CHARACTERS = 4_000
MAX_SIGNATURES = 10
REPLAY_SECONDS = 300
"""How old a signed time may be, where a vendor signs one."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One request as it arrived."""

    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    """As it was signed: neither decompressed nor decoded."""
    received_at: datetime


class Webhook(Protocol):
    """One vendor's webhook."""

    @property
    def source(self) -> AlertSource:
        """What its alerts are said to come from; also its path, `/webhooks/<source>`."""
        ...

    def authenticate(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Return if whoever sent this knows one of the secrets. Takes the same time for each.

        Raises:
            NotAuthorised: nobody who knows; or a signed time is outside the window.
        """
        ...

    def read(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[VendorAlert, ...]:
        """Return the alerts in the decoded body; none for news that is no alert.

        Raises:
            InvalidInput: a field is missing or has the wrong type; the message names it.
        """
        ...


class NewsReader(Protocol):
    """Reads what a vendor's webhook tells besides alerts."""

    def read_news(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[News, ...]:
        """Return the news in the decoded body of an authenticated delivery; often none.

        Raises:
            InvalidInput: a field is missing or has the wrong type; the message names it.
        """
        ...


Completion = Callable[[Mapping[str, JsonValue], Delivery], tuple[Mapping[str, JsonValue], Delivery]]
"""Returns a delivery with what its vendor's API adds to it; raises nothing."""


class Wire(BaseModel):
    """A vendor's JSON object as far as it is read; everything else in it is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def require(delivery: Delivery, name: str) -> str:
    """Return a header that must be there.

    Raises:
        NotAuthorised: it is missing, or too long.
    """
    value = delivery.headers.get(name.lower(), "")
    if not value:
        raise NotAuthorised(f"The request needs the header {name}.")
    if len(value) > MAX_HEADER_CHARACTERS:
        raise NotAuthorised(f"The header {name} is too long.")
    return value


def hmac_hex(secret: str, content: bytes) -> str:
    """Return HMAC-SHA256 in hexadecimal, as most vendors sign."""
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def require_match(given: Sequence[str], expected: Sequence[str], what: str) -> None:
    """Return if one of what was given is one of what is expected; compares all with all.

    Raises:
        NotAuthorised: none is.
    """
    pairs = [(one, other) for one in given[:MAX_SIGNATURES] for other in expected]
    if not sum(hmac.compare_digest(one.encode(), other.encode()) for one, other in pairs):
        raise NotAuthorised(f"The {what} is wrong.")


def require_fresh(at: float, delivery: Delivery, seconds: float = REPLAY_SECONDS) -> None:
    """Return if a signed time is within the window.

    Raises:
        NotAuthorised: it is not.
    """
    if abs(delivery.received_at.timestamp() - at) > seconds:
        raise NotAuthorised(f"The signature's time is more than {seconds:.0f} seconds off.")


def require_credentials(delivery: Delivery, secrets: Sequence[str]) -> None:
    """Return if the `Authorization` header holds a secret: as bearer, or as password of basic.

    Raises:
        NotAuthorised: it does not.
    """
    scheme, _, value = require(delivery, "Authorization").partition(" ")
    match scheme.lower():
        case "bearer":
            given = value.strip()
        case "basic":
            given = _password(value.strip())
        case _:
            raise NotAuthorised("The header Authorization must say Bearer or Basic.")
    require_match((given,), secrets, "secret")


def _password(encoded: str) -> str:
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise NotAuthorised("The header Authorization cannot be decoded.") from error
    return decoded.partition(":")[2]
