"""Logging in by an identity provider: off to it, and back with a code.

The browser keeps one cookie meanwhile. State, nonce and verifier are made from it and the
decision key, so that nothing is kept here, and whoever sees the cookie cannot make them.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping

from pydantic import ValidationError

from apps.console.recognising import recognise
from apps.console.sessions import Entry
from integrations.oidc.provider import Login, OidcProvider
from suture.domain.approval import Actor
from suture.domain.value import Value
from suture.errors import NotAuthorised, SettingsError
from suture.settings import Settings

PURPOSE = b"suture.console.oidc.v1"
LOGIN_SECONDS = 600
"""How long somebody may take at the provider."""
MAX_COOKIE_CHARACTERS = 2_048
MAX_CODE_CHARACTERS = 8_192
CODE = re.compile(r"[a-z][a-z0-9_]{0,60}")
CALLBACK = "/login/oidc/callback"
OLD = "This login has grown old, or began in another browser. Log in again."


class Journey(Value):
    """What the browser keeps while its person is at the provider."""

    id: str
    following: str
    """The page of the console that they wanted."""
    expires_at: int
    """Seconds since the epoch."""


class Arrival(Value):
    """Who came back, and to which page."""

    actor: Actor
    entry: Entry
    following: str


class OidcLogin:
    """Logins by the provider of the settings; calls of it block."""

    def __init__(
        self, settings: Settings, key: bytes, clock: Callable[[], float] = time.time
    ) -> None:
        if settings.oidc is None:
            raise SettingsError("There are no settings under [oidc].")
        self._settings = settings
        self._provider = OidcProvider(settings.oidc)
        self._key = hmac.new(key, PURPOSE, hashlib.sha256).digest()
        self._clock = clock
        self._back = f"{settings.gateway.public_url.rstrip('/')}/console{CALLBACK}"

    def leave(self, following: str) -> tuple[str, str]:
        """Return where the browser goes, and the cookie that it takes along.

        Raises:
            TransientError, SettingsError: the provider's metadata cannot be had.
        """
        journey = Journey(
            id=secrets.token_urlsafe(32),
            following=following,
            expires_at=int(self._clock()) + LOGIN_SECONDS,
        )
        payload = base64.urlsafe_b64encode(journey.model_dump_json().encode()).decode()
        return self._provider.login_url(self._login(journey)), f"{payload}.{self._seal(payload)}"

    def arrive(self, cookie: str, parameters: Mapping[str, str]) -> Arrival:
        """Return who came back with these parameters of the address.

        Raises:
            NotAuthorised: the login began elsewhere, failed, or its person is not known here.
            TransientError, SettingsError: the provider does not answer, or refuses Suture.
        """
        journey = self._journey(cookie)
        login = self._login(journey)
        state = parameters.get("state", "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(state, login.state.encode()):
            raise NotAuthorised(OLD)
        self._provider.check_sender(parameters.get("iss"))
        code, error = parameters.get("code", ""), parameters.get("error", "")
        if error or not 0 < len(code) <= MAX_CODE_CHARACTERS:
            said = error if CODE.fullmatch(error) else "nothing that can be read"
            raise NotAuthorised(f"The identity provider did not let you in. It says: {said}.")
        identity = self._provider.identify(code, login)
        actor, entry = recognise(self._settings, identity)
        return Arrival(actor=actor, entry=entry, following=journey.following)

    def _journey(self, cookie: str) -> Journey:
        payload, _, seal = cookie[:MAX_COOKIE_CHARACTERS].partition(".")
        given = seal.encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(self._seal(payload).encode(), given):
            raise NotAuthorised(OLD)
        try:
            journey = Journey.model_validate_json(base64.urlsafe_b64decode(payload))
        except (ValidationError, binascii.Error, ValueError) as error:
            raise NotAuthorised(OLD) from error
        if journey.expires_at <= self._clock():
            raise NotAuthorised(OLD)
        return journey

    def _login(self, journey: Journey) -> Login:
        return Login(
            state=self._derive("state", journey.id),
            nonce=self._derive("nonce", journey.id),
            verifier=self._derive("verifier", journey.id),
            redirect_uri=self._back,
        )

    def _seal(self, payload: str) -> str:
        return self._derive("cookie", payload)

    def _derive(self, what: str, source: str) -> str:
        text = f"{what}.{source}".encode("utf-8", "surrogatepass")
        made = hmac.new(self._key, text, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
