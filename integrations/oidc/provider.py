"""The authorization code flow with PKCE, without the browser's part.

https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth,
https://www.rfc-editor.org/rfc/rfc7636 and https://www.rfc-editor.org/rfc/rfc9700.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from integrations.oidc.calls import Answer, Call, send
from integrations.oidc.discovery import OK, Discovery, Metadata
from integrations.oidc.id_token import Expected, verify_id_token
from suture.domain.value import Value
from suture.errors import NotAuthorised, SettingsError, Unreachable
from suture.oidc_settings import OidcSettings

MAX_GROUPS = 1_000
UNAUTHORISED_CLIENT = 401


class Login(Value):
    """What ties one login together. All of it can be made anew from the browser's cookie."""

    state: str
    nonce: str
    verifier: str
    """43 to 128 characters of RFC 7636."""
    redirect_uri: str


class Identity(Value):
    """A person, by the provider's word."""

    subject: str
    """Never given to anybody else by this provider."""
    email: str = ""
    email_verified: bool = False
    groups: tuple[str, ...] = ()


class OidcProvider:
    """Sends browsers to the provider, and asks it who came back."""

    def __init__(self, settings: OidcSettings, metadata: Metadata | None = None) -> None:
        self._settings = settings
        self._metadata = metadata or Metadata(settings)

    def login_url(self, login: Login) -> str:
        """Return where the browser goes.

        Raises:
            TransientError, SettingsError: the provider's metadata cannot be had.
        """
        parameters = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": login.redirect_uri,
            "scope": " ".join(dict.fromkeys(("openid", *self._settings.scopes))),
            "state": login.state,
            "nonce": login.nonce,
            "code_challenge": challenge_of(login.verifier),
            "code_challenge_method": "S256",
        }
        endpoint = self._metadata.discovery().authorization_endpoint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"

    def check_sender(self, issuer: str | None) -> None:
        """Refuse an answer that another provider gave: https://www.rfc-editor.org/rfc/rfc9207.

        Raises:
            NotAuthorised: another one gave it.
            TransientError, SettingsError: the provider's metadata cannot be had.
        """
        promised = self._metadata.discovery().authorization_response_iss_parameter_supported
        if issuer != self._settings.issuer and (issuer is not None or promised):
            raise NotAuthorised("This answer is not from the identity provider.")

    def identify(self, code: str, login: Login) -> Identity:
        """Turn the code into a person. A code works once.

        Raises:
            NotAuthorised: the provider does not know the code, or its answer cannot be trusted.
            SettingsError: the provider refuses Suture itself.
            TransientError: the provider does not answer; the code may be used up.
        """
        discovery = self._metadata.discovery()
        tokens = _tokens(send(self._redemption(discovery, code, login), self._timeout))
        expected = Expected(
            issuer=self._settings.issuer,
            client_id=self._settings.client_id,
            nonce=login.nonce,
            leeway_seconds=self._settings.leeway_seconds,
        )
        claims = verify_id_token(str(tokens.get("id_token", "")), self._metadata, expected)
        more: dict[str, Any] = {}
        if not self._tells_enough(claims):
            more = self._ask_more(discovery, tokens, claims["sub"])
        return _identity(claims, more, self._settings.groups_claim)

    @property
    def _timeout(self) -> float:
        return self._settings.timeout_seconds

    def _redemption(self, discovery: Discovery, code: str, login: Login) -> Call:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": login.redirect_uri,
            "code_verifier": login.verifier,
        }
        return authenticated(self._settings, discovery, form)

    def _tells_enough(self, claims: Mapping[str, Any]) -> bool:
        wanted = ["email"] if "email" in self._settings.scopes else []
        wanted += [self._settings.groups_claim] if self._settings.viewer_groups else []
        return all(claim in claims for claim in wanted)

    def _ask_more(
        self, discovery: Discovery, tokens: Mapping[str, Any], subject: str
    ) -> dict[str, Any]:
        """Ask for claims that the ID token leaves out; no answer means none."""
        token = tokens.get("access_token")
        if discovery.userinfo_endpoint is None or not isinstance(token, str) or not token.isascii():
            return {}
        headers = {"authorization": f"Bearer {token}"}
        answer = send(Call(url=discovery.userinfo_endpoint, headers=headers), self._timeout)
        if answer.status != OK:
            return {}
        claims = answer.document()
        if claims.get("sub") != subject:
            raise NotAuthorised("The identity provider answers about somebody else.")
        return claims


def challenge_of(verifier: str) -> str:
    """Return the PKCE challenge S256 of a verifier."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def authenticated(settings: OidcSettings, discovery: Discovery, form: Mapping[str, str]) -> Call:
    """Return a call of the token endpoint that says who asks, in a way the provider takes."""
    url, own_id = discovery.token_endpoint, settings.client_id
    if settings.client_secret is None:
        return Call(url=url, form={**form, "client_id": own_id})
    secret = settings.client_secret.get_secret_value()
    if "client_secret_basic" in discovery.token_endpoint_auth_methods_supported:
        pair = f"{quote(own_id, safe='')}:{quote(secret, safe='')}".encode()
        headers = {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return Call(url=url, form=form, headers=headers)
    return Call(url=url, form={**form, "client_id": own_id, "client_secret": secret})


def refuses_client(answer: Answer) -> bool:
    """Whether the token endpoint does not know Suture: https://www.rfc-editor.org/rfc/rfc6749#section-5.2."""
    if answer.status == UNAUTHORISED_CLIENT:
        return True
    try:
        return answer.document().get("error") in {"invalid_client", "unauthorized_client"}
    except Unreachable:
        return False


def _tokens(answer: Answer) -> dict[str, Any]:
    if refuses_client(answer):
        raise SettingsError(
            "The identity provider refuses Suture: mend oidc.client_id and oidc.client_secret."
        )
    if answer.status != OK:
        raise NotAuthorised("The identity provider does not take this login's code. Log in again.")
    return answer.document()


def _identity(claims: Mapping[str, Any], more: Mapping[str, Any], groups_claim: str) -> Identity:
    # An address and whether it is verified count only together.
    address = claims if "email" in claims else more
    email, groups = address.get("email"), claims.get(groups_claim, more.get(groups_claim))
    listed: Sequence[object] = groups if isinstance(groups, list) else [groups]
    return Identity(
        subject=claims["sub"],
        email=email if isinstance(email, str) else "",
        email_verified=address.get("email_verified") is True,
        groups=tuple(one for one in listed[:MAX_GROUPS] if isinstance(one, str)),
    )
