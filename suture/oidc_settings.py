"""What an operator sets to let people log in to the console by OpenID Connect."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, SecretStr

ISSUER = r"^(https://[^\s@?#]+|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/[^\s@?#]*)?)$"
SUBJECT = r"^[\x21-\x7e]{1,255}$"
EMAIL = r"^[^\s@<>\"]{1,64}@[^\s@<>\"]{1,253}$"


class OidcSettings(BaseModel):
    """Login by an OpenID Connect provider, beside login tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    issuer: str = Field(pattern=ISSUER)
    """The provider's issuer, exactly as it calls itself; plain HTTP only on this machine."""
    client_id: str = Field(min_length=1, max_length=255)
    """Suture's own id at the provider."""
    client_secret: SecretStr | None = Field(default=None, min_length=1)
    """Unset: a public client, which PKCE alone protects."""
    name: str = Field(default="single sign-on", min_length=1, max_length=60)
    """What the login page calls the provider."""
    scopes: tuple[str, ...] = ("email",)
    """Asked for beside `openid`; add what your provider wants for `groups_claim`."""
    viewer_groups: tuple[str, ...] = ()
    """Members of one of these may look on without being named under `[users]`."""
    groups_claim: str = Field(default="groups", min_length=1, max_length=100)
    """The claim that lists a person's groups."""
    leeway_seconds: int = Field(default=30, ge=0, le=300)
    """How far the provider's clock may be from this machine's."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=60)
    """How long one call of the provider may take."""


def same_person(identities: Mapping[str, tuple[str | None, str | None]]) -> tuple[str, str] | None:
    """Return two users with the same subject or address, if there are such; None else.

    The identities are subject and address, by the user's name.
    """
    owners: dict[tuple[str, str], str] = {}
    for name, (subject, email) in identities.items():
        for key in (("sub", subject or ""), ("email", (email or "").lower())):
            if key[1] and owners.setdefault(key, name) != name:
                return owners[key], name
    return None
