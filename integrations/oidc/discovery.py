"""What an identity provider says of itself: https://openid.net/specs/openid-connect-discovery-1_0.html."""

import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from integrations.oidc.calls import Answer, Call, send
from suture.errors import SettingsError, SutureError
from suture.oidc_settings import OidcSettings

OK = 200
WELL_KNOWN = "/.well-known/openid-configuration"
KEPT_SECONDS = 600.0
"""Endpoints and keys are read again after that: a key that was withdrawn is soon worth nothing."""
SECONDS_BETWEEN_LOOKS = 10.0
"""At most so often an unknown key makes us look for new ones."""
FAILURE_SECONDS = 5.0
"""So long a provider that failed is not asked again: each time may take all of its timeout."""
Content = TypeVar("Content")


class Discovery(BaseModel):
    """The parts of the provider's metadata that are used here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    code_challenge_methods_supported: tuple[str, ...] | None = None
    authorization_response_iss_parameter_supported: bool = False

    def endpoints(self) -> tuple[str, ...]:
        """Return every address that is called or sent to."""
        known = (self.authorization_endpoint, self.token_endpoint, self.jwks_uri)
        return (*known, self.userinfo_endpoint) if self.userinfo_endpoint else known


class _Kept(Generic[Content]):
    """Something of the provider's, read when it is needed and grown old.

    Safe in several threads, which may then read it at once: none waits for another's call, and
    each assignment is whole.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._found: tuple[float, Content] | None = None
        self._failed: tuple[float, SutureError] | None = None

    def get(self, bound: float, read: Callable[[], Content]) -> Content:
        """Return what was read in the last `bound` seconds; raises what `read` does or just did."""
        now, found, failed = self._monotonic(), self._found, self._failed
        if found is not None and now - found[0] < bound:
            return found[1]
        if failed is not None and now - failed[0] < FAILURE_SECONDS:
            error = failed[1]
            # Another one of its kind: a raised error grows by every place that it passes.
            raise type(error)(str(error), retry_after_seconds=error.retry_after_seconds)
        try:
            content = read()
        except SutureError as error:
            self._failed = (self._monotonic(), error)
            raise
        self._found = (now, content)
        return content


class Metadata:
    """The provider's endpoints and keys, kept for a while; safe to use from several threads."""

    def __init__(
        self, settings: OidcSettings, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._discovery = _Kept[Discovery](monotonic)
        self._keys = _Kept[list[dict[str, Any]]](monotonic)

    def discovery(self) -> Discovery:
        """Return the endpoints.

        Raises:
            TransientError: the provider does not answer, or did not a moment ago.
            SettingsError: there is no such provider, or it calls itself something else.
        """
        return self._discovery.get(KEPT_SECONDS, lambda: read_discovery(self._settings)[0])

    def keys(self) -> list[dict[str, Any]]:
        """Return the JSON Web Keys.

        Raises:
            TransientError: the provider does not answer, or did not a moment ago.
            SettingsError: it publishes none.
        """
        return self._keys_of(KEPT_SECONDS)

    def newer_keys(self) -> list[dict[str, Any]]:
        """Read the keys again, unless that has just been done; raises as `keys` does."""
        return self._keys_of(SECONDS_BETWEEN_LOOKS)

    def _keys_of(self, bound: float) -> list[dict[str, Any]]:
        uri = self.discovery().jwks_uri
        return self._keys.get(bound, lambda: self._read_keys(uri))

    def _read_keys(self, uri: str) -> list[dict[str, Any]]:
        answer = send(Call(url=uri), self._settings.timeout_seconds)
        keys = answer.document().get("keys")
        if not isinstance(keys, list):
            raise SettingsError("The identity provider publishes no keys.")
        return [key for key in keys if isinstance(key, dict)]


def read_discovery(settings: OidcSettings) -> tuple[Discovery, Answer]:
    """Read the provider's metadata now; also what it came in.

    Raises:
        TransientError: the provider does not answer.
        SettingsError: there is no such provider, or it calls itself something else.
    """
    url = settings.issuer.removesuffix("/") + WELL_KNOWN
    answer = send(Call(url=url), settings.timeout_seconds)
    if answer.status != OK:
        raise SettingsError(f"{url} answers {answer.status}: mend oidc.issuer.")
    try:
        discovery = Discovery.model_validate(answer.document())
    except ValidationError as error:
        raise SettingsError(f"{url} describes no OpenID provider: mend oidc.issuer.") from error
    check_discovery(discovery, settings)
    return discovery, answer


def check_discovery(discovery: Discovery, settings: OidcSettings) -> None:
    """Refuse metadata of another issuer, or with an endpoint less safe than the issuer.

    Raises:
        SettingsError: saying what to mend.
    """
    if discovery.issuer != settings.issuer:
        raise SettingsError(
            f"The provider calls itself {discovery.issuer[:200]!r}: set oidc.issuer to exactly"
            " that, if you trust it."
        )
    secure = urlsplit(settings.issuer).scheme == "https"
    if secure and not all(urlsplit(one).scheme == "https" for one in discovery.endpoints()):
        raise SettingsError("The identity provider names an endpoint without TLS.")
