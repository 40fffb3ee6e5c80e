"""Who may call the webhooks: whoever knows the secret, by signature or as bearer."""

import hmac
from collections.abc import Callable
from datetime import datetime

from fastapi import Request
from pydantic import SecretStr

from apps.gateway.refusals import Code, Refusal
from integrations.generic import signature
from suture.errors import NotAuthorised

BEARER = "bearer "


class WebhookAuthentication:
    """Checks requests in two steps: what needs no body first."""

    def __init__(self, secret: SecretStr | None, clock: Callable[[], datetime]) -> None:
        self._secret = secret
        self._clock = clock

    def check_headers(self, request: Request, *, bearer: bool = False) -> None:
        """Refuse what can be refused before the body is read.

        Raises:
            Refusal: no secret is configured.
            NotAuthorised: no signature, a stale one, or a wrong token.
        """
        secret = self._known_secret()
        token = _bearer(request) if bearer else None
        if token is not None:
            if not hmac.compare_digest(token.encode(), secret.encode()):
                raise NotAuthorised("The bearer token is wrong.")
        elif (header := request.headers.get(signature.HEADER)) is None:
            raise NotAuthorised(f"The request needs the header {signature.HEADER}.")
        else:
            signature.parse_signature(header, self._now())

    def check_body(self, request: Request, body: bytes, *, bearer: bool = False) -> None:
        """Check the signature over the body as it arrived.

        Raises:
            NotAuthorised: it does not match.
        """
        if bearer and _bearer(request) is not None:
            return
        header = request.headers.get(signature.HEADER, "")
        signature.verify(self._known_secret(), header, body, self._now())

    def _known_secret(self) -> str:
        if self._secret is None or not self._secret.get_secret_value():
            raise Refusal(
                Code.NOT_CONFIGURED, "Set gateway.webhook_secret to make the gateway serve this."
            )
        return self._secret.get_secret_value()

    def _now(self) -> float:
        return self._clock().timestamp()


def _bearer(request: Request) -> str | None:
    header = request.headers.get("authorization", "")
    return header[len(BEARER) :].strip() if header.lower().startswith(BEARER) else None
