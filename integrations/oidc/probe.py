"""Looks whether people can log in by the provider, as far as it tells without a person."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from integrations.oidc.calls import send
from integrations.oidc.discovery import Discovery, Metadata, read_discovery
from integrations.oidc.id_token import ALGORITHMS
from integrations.oidc.provider import authenticated, challenge_of, refuses_client
from suture.domain.value import Value
from suture.errors import SutureError
from suture.oidc_settings import OidcSettings

LOOPBACK = ("localhost", "127.0.0.1", "::1")
VERIFIER = "suture-check-suture-check-suture-check-suture"


class Finding(Value):
    """One thing, whether it is as it must be, and how to mend it."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


def probe(
    settings: OidcSettings, redirect_uri: str, now: datetime | None = None
) -> Iterator[Finding]:
    """Look at issuer, keys, client, clock and the address to come back to. Raises nothing.

    The client is tried with a code that nobody was given: the provider refuses it either way, and
    says whether it knows Suture.
    """
    try:
        discovery, answer = read_discovery(settings)
        keys = Metadata(settings).keys()
    except SutureError as error:
        mend = "Set oidc.issuer to the provider's issuer, and let this machine reach it."
        yield Finding(name="OpenID provider", ok=False, detail=str(error), mend=mend)
        return
    usable = [key for key in keys if key.get("kty") in ALGORITHMS.values()]
    yield Finding(
        name="OpenID provider",
        ok=bool(usable),
        detail=f"{settings.issuer} with {len(usable)} usable keys",
        mend="Have the provider sign with RSA, ECDSA or EdDSA.",
    )
    yield _client(settings, discovery, redirect_uri)
    yield _return(redirect_uri)
    if date := answer.headers.get("date"):
        yield _clock(date, now or datetime.now(UTC), settings)


def _client(settings: OidcSettings, discovery: Discovery, redirect_uri: str) -> Finding:
    form = {
        "grant_type": "authorization_code",
        "code": challenge_of(VERIFIER),
        "redirect_uri": redirect_uri,
        "code_verifier": VERIFIER,
    }
    try:
        call = authenticated(settings, discovery, form)
        refused = refuses_client(send(call, settings.timeout_seconds))
        detail = "the provider refuses it" if refused else f"{settings.client_id} is known"
    except SutureError as error:
        refused, detail = True, str(error)
    mend = "Mend oidc.client_id and oidc.client_secret, and allow the authorization code grant."
    return Finding(name="OpenID client", ok=not refused, detail=detail, mend=mend)


def _return(redirect_uri: str) -> Finding:
    parts = urlsplit(redirect_uri)
    return Finding(
        name="OpenID redirect URI",
        ok=parts.scheme == "https" or parts.hostname in LOOPBACK,
        detail=f"register exactly {redirect_uri}",
        mend="Set gateway.public_url to the address that people use; it needs HTTPS.",
    )


def _clock(date: str, now: datetime, settings: OidcSettings) -> Finding:
    try:
        skew = abs((now - parsedate_to_datetime(date)).total_seconds())
    except (ValueError, TypeError):
        skew = 0.0
    return Finding(
        name="clock against the OpenID provider",
        ok=skew <= max(settings.leeway_seconds, 1),
        detail=f"{skew:.0f} seconds apart",
        mend="Let NTP set this machine's clock; oidc.leeway_seconds is what may remain.",
    )
