"""Which user of the settings it is whom an identity provider vouches for."""

import hashlib

from apps.console.sessions import VIA, Entry
from apps.decisions import actor_of
from integrations.oidc.provider import Identity
from suture.domain.approval import Actor, Role
from suture.errors import NotAuthorised
from suture.settings import Settings

GUEST_DIGITS = 20
MAX_SHOWN = 255


def recognise(settings: Settings, identity: Identity) -> tuple[Actor, Entry]:
    """Return the user, or a guest who may look on, and by what they are let in.

    A user with a subject is known by it alone: an address may be given to somebody else.

    Raises:
        NotAuthorised: nobody here is this person; says what to add to the settings.
        SettingsError: the user's id cannot be a name.
    """
    name = _by_subject(settings, identity) or _by_address(settings, identity)
    if name:
        return actor_of(settings, name, VIA), Entry.OIDC
    oidc = settings.oidc
    if oidc and set(oidc.viewer_groups) & set(identity.groups):
        guest = _guest(oidc.issuer, identity.subject)
        return Actor(id=guest, role=Role.VIEWER, via=VIA), Entry.GROUP
    raise NotAuthorised(_unknown(identity))


def _by_subject(settings: Settings, identity: Identity) -> str:
    known = (name for name, user in settings.users.items() if user.oidc_subject == identity.subject)
    return next(known, "")


def _by_address(settings: Settings, identity: Identity) -> str:
    if not identity.email or not identity.email_verified:
        return ""
    address = identity.email.lower()
    known = (
        name
        for name, user in settings.users.items()
        if user.oidc_subject is None and (user.email or "").lower() == address
    )
    return next(known, "")


def _guest(issuer: str, subject: str) -> str:
    """Return a name of their own for this person, always the same."""
    digest = hashlib.sha256(f"{issuer}\n{subject}".encode("utf-8", "surrogatepass"))
    return f"guest-{digest.hexdigest()[:GUEST_DIGITS]}"


def _unknown(identity: Identity) -> str:
    known_as = f"The provider knows you as {identity.subject[:MAX_SHOWN]}"
    if identity.email:
        doubt = "" if identity.email_verified else ", an address that it has not verified"
        known_as += f" with {identity.email[:MAX_SHOWN]}{doubt}"
    return (
        f"You are not known here. {known_as}. Ask your administrator to name you under [users]:"
        " with that as oidc_subject, or with a verified address as email."
    )
