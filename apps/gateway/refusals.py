"""How the gateway says no: a status, a code for programs and a sentence for people."""

from enum import StrEnum
from http import HTTPStatus

from pydantic import BaseModel

from suture.errors import (
    InvalidInput,
    NotAuthorised,
    NotFound,
    RateLimited,
    SutureError,
    TransientError,
)

RETRY_AFTER_SECONDS = 2


class Code(StrEnum):
    """Why a request was refused."""

    MALFORMED = "malformed"
    INVALID = "invalid"
    """It can be read, but a field is wrong."""
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_CONFIGURED = "not_configured"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"
    DISCONNECTED = "disconnected"
    """The sender went away; nobody reads this answer."""
    INTERNAL = "internal"


STATUS = {
    Code.MALFORMED: HTTPStatus.BAD_REQUEST,
    Code.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Code.TOO_SLOW: HTTPStatus.REQUEST_TIMEOUT,
    Code.UNSUPPORTED_ENCODING: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Code.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Code.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    Code.NOT_CONFIGURED: HTTPStatus.NOT_FOUND,
    Code.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.OVERLOADED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.DISCONNECTED: HTTPStatus.BAD_REQUEST,
    Code.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}
RETRYABLE = {Code.RATE_LIMITED, Code.OVERLOADED, Code.UNAVAILABLE}
CODE_OF_ERROR: tuple[tuple[type[SutureError], Code], ...] = (
    (InvalidInput, Code.MALFORMED),
    (NotAuthorised, Code.UNAUTHENTICATED),
    (NotFound, Code.NOT_FOUND),
    (RateLimited, Code.OVERLOADED),
    (TransientError, Code.UNAVAILABLE),
)


class RefusalBody(BaseModel):
    """The body of every answer from 400 up."""

    error: Code
    reason: str


class Refusal(Exception):
    """Ends a request with an answer."""

    def __init__(
        self, code: Code, reason: str, *, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.code].value

    @property
    def headers(self) -> dict[str, str]:
        """Headers that tell senders, Sentry's SDKs among them, when to come back.

        https://develop.sentry.dev/sdk/expected-features/rate-limiting/
        """
        if self.code is Code.UNAUTHENTICATED:
            return {"WWW-Authenticate": "Bearer"}
        if self.code not in RETRYABLE:
            return {}
        seconds = max(1, round(self.retry_after_seconds or RETRY_AFTER_SECONDS))
        headers = {"Retry-After": str(seconds)}
        if self.code is not Code.UNAVAILABLE:
            headers["X-Sentry-Rate-Limits"] = f"{seconds}::key:{self.code}"
        return headers

    @property
    def body(self) -> RefusalBody:
        """The body of the answer."""
        return RefusalBody(error=self.code, reason=self.reason)


def refusal_of(error: SutureError) -> Refusal:
    """Translate an error of the core; an unexpected one tells the sender nothing."""
    for kind, code in CODE_OF_ERROR:
        if isinstance(error, kind):
            return Refusal(code, str(error), retry_after_seconds=error.retry_after_seconds)
    return Refusal(Code.INTERNAL, "The gateway failed; its log says why.")
