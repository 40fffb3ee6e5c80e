"""Who is looking: signed cookies, and tokens that tie a form to the session that was shown it.

Nothing is kept on the server. The keys come from the decision key by HMAC with a purpose, as in
RFC 5869's expand step, so a cookie proves nothing about a decision and the reverse.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from suture.domain.approval import Actor
from suture.domain.value import Value
from suture.settings import UserSettings

SESSION_PURPOSE = b"suture.console.session.v1"
FORM_PURPOSE = b"suture.console.form.v1"
PLACE_PURPOSE = b"suture.console.place.v1"
SESSION_SECONDS = 12 * 3_600
MAX_COOKIE_CHARACTERS = 2_048
VIA = "console"


class Claims(Value):
    """What a session cookie says."""

    user: str
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
        self, key: bytes, users: Mapping[str, UserSettings], clock: Callable[[], float]
    ) -> None:
        self._session_key = _derive(key, SESSION_PURPOSE)
        self._form_key = _derive(key, FORM_PURPOSE)
        self._place_key = _derive(key, PLACE_PURPOSE)
        self._users = users
        self._clock = clock

    def issue(self, actor: Actor) -> str:
        """Return the cookie of a new session."""
        claims = Claims(
            user=actor.id,
            session_id=secrets.token_urlsafe(18),
            expires_at=int(self._clock()) + SESSION_SECONDS,
        )
        payload = base64.urlsafe_b64encode(claims.model_dump_json().encode())
        return f"{payload.decode()}.{self._seal(payload, self._users[actor.id])}"

    def read(self, cookie: str) -> Session | None:
        """Return the session of a cookie that we issued, unless it is over."""
        payload, _, seal = cookie[:MAX_COOKIE_CHARACTERS].partition(".")
        claims = _claims(payload)
        user = None if claims is None else self._users.get(claims.user)
        if claims is None or user is None:
            return None
        expected = self._seal(payload.encode("utf-8", "surrogatepass"), user)
        genuine = hmac.compare_digest(expected.encode(), seal.encode("utf-8", "surrogatepass"))
        if not genuine or claims.expires_at <= self._clock():
            return None
        actor = Actor(id=claims.user, role=user.role, via=VIA)
        return Session(actor=actor, session_id=claims.session_id)

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

    def _seal(self, payload: bytes, user: UserSettings) -> str:
        # The token's digest is part of it: a new login token ends the old one's sessions.
        sealed = payload + b"." + user.token_sha256.encode()
        return hmac.new(self._session_key, sealed, hashlib.sha256).hexdigest()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, purpose, hashlib.sha256).digest()


def _claims(payload: str) -> Claims | None:
    try:
        return Claims.model_validate_json(base64.urlsafe_b64decode(payload.encode("ascii")))
    except (ValidationError, binascii.Error, ValueError):
        return None
