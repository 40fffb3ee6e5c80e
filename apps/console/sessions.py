"""Who is looking: signed cookies, and tokens that tie a form to the session that was shown it.

Nothing is kept on the server. The keys come from the decision key by HMAC with a purpose, as in
RFC 5869's expand step, so a cookie proves nothing about a decision and the reverse.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import ValidationError

from suture.domain.approval import Actor, Role
from suture.domain.value import Value
from suture.oidc_settings import OidcSettings
from suture.settings import UserSettings

SESSION_PURPOSE = b"suture.console.session.v1"
FORM_PURPOSE = b"suture.console.form.v1"
PLACE_PURPOSE = b"suture.console.place.v1"
SESSION_SECONDS = 12 * 3_600
MAX_COOKIE_CHARACTERS = 2_048
VIA = "console"


class Entry(StrEnum):
    """How somebody logged in."""

    TOKEN = "token"  # noqa: S105 -- the name of a way in, and no secret
    OIDC = "oidc"
    """By a provider, as a user of the settings."""
    GROUP = "group"
    """By a provider, as a member of a group that may look on."""


class Claims(Value):
    """What a session cookie says."""

    user: str
    entry: Entry
    session_id: str
    expires_at: int
    """Seconds since the epoch."""


@dataclass(frozen=True)
class Session:
    """Somebody who is logged in."""

    actor: Actor
    session_id: str


class Sessions:
    """Issues and reads session cookies."""

    def __init__(
        self,
        key: bytes,
        users: Mapping[str, UserSettings],
        clock: Callable[[], float],
        oidc: OidcSettings | None = None,
    ) -> None:
        self._session_key = _derive(key, SESSION_PURPOSE)
        self._form_key = _derive(key, FORM_PURPOSE)
        self._place_key = _derive(key, PLACE_PURPOSE)
        self._users = users
        self._clock = clock
        self._oidc = oidc

    def issue(self, actor: Actor, entry: Entry = Entry.TOKEN) -> str:
        """Return the cookie of a new session."""
        claims = Claims(
            user=actor.id,
            entry=entry,
            session_id=secrets.token_urlsafe(18),
            expires_at=int(self._clock()) + SESSION_SECONDS,
        )
        payload = base64.urlsafe_b64encode(claims.model_dump_json().encode())
        return f"{payload.decode()}.{self._seal(payload, self._ground(claims))}"

    def read(self, cookie: str) -> Session | None:
        """Return the session of a cookie that we issued, unless it is over."""
        payload, _, seal = cookie[:MAX_COOKIE_CHARACTERS].partition(".")
        claims = _claims(payload)
        ground = "" if claims is None else self._ground(claims)
        if claims is None or not ground:
            return None
        expected = self._seal(payload.encode("utf-8", "surrogatepass"), ground)
        genuine = hmac.compare_digest(expected.encode(), seal.encode("utf-8", "surrogatepass"))
        if not genuine or claims.expires_at <= self._clock():
            return None
        user = self._users.get(claims.user)
        role = user.role if user and claims.entry is not Entry.GROUP else Role.VIEWER
        return Session(
            actor=Actor(id=claims.user, role=role, via=VIA), session_id=claims.session_id
        )

    def form_token(self, session_id: str) -> str:
        """Return what each form of this session carries."""
        return hmac.new(self._form_key, session_id.encode(), hashlib.sha256).hexdigest()

    def is_own_form(self, session_id: str, token: str) -> bool:
        """Whether a form was shown to this session; takes constant time."""
        expected = self.form_token(session_id).encode()
        return hmac.compare_digest(expected, token.encode("utf-8", "surrogatepass"))

    def seal_place(self, place: bytes) -> str:
        """Return a place in a list as it may stand in an address."""
        shown = base64.urlsafe_b64encode(place).decode()
        return f"{shown}.{self._place_seal(shown)}"

    def read_place(self, sealed: str) -> bytes | None:
        """Return the place of an address that we made; what Temporal would choke on is none."""
        shown, _, seal = sealed.partition(".")
        expected = self._place_seal(shown).encode()
        if not hmac.compare_digest(expected, seal.encode("utf-8", "surrogatepass")):
            return None
        return base64.urlsafe_b64decode(shown)

    def _place_seal(self, shown: str) -> str:
        return hmac.new(
            self._place_key, shown.encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hexdigest()

    def _ground(self, claims: Claims) -> str:
        """Return the settings by which somebody is let in; nothing if they no longer are.

        It is part of the seal: a new login token, subject, address or provider ends the sessions
        that the old one began.
        """
        user, oidc = self._users.get(claims.user), self._oidc
        if claims.entry is Entry.TOKEN:
            return (user.token_sha256 or "") if user else ""
        if oidc is None:
            return ""
        known: tuple[str | None, ...] = oidc.viewer_groups
        if claims.entry is Entry.OIDC:
            known = (user.oidc_subject, user.email) if user else ()
        place = (claims.entry, oidc.issuer, oidc.client_id)
        return json.dumps([*place, *known]) if any(known) else ""

    def _seal(self, payload: bytes, ground: str) -> str:
        return hmac.new(
            self._session_key, payload + b"." + ground.encode(), hashlib.sha256
        ).hexdigest()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, purpose, hashlib.sha256).digest()


def _claims(payload: str) -> Claims | None:
    try:
        return Claims.model_validate_json(base64.urlsafe_b64decode(payload.encode("ascii")))
    except (ValidationError, binascii.Error, ValueError):
        return None
