"""Errors of the core become Temporal's, once and here.

Retryable errors keep Temporal's retry policy, with the delay that the other side asked for.
Permanent ones end the retries. Messages are bounded: an oversized failure cannot be reported.
They are scrubbed: vendors quote what they were sent.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from temporalio.exceptions import ApplicationError

from suture.errors import SutureError
from suture.redaction import scrub

MAX_MESSAGE_CHARACTERS = 8_000

P = ParamSpec("P")
R = TypeVar("R")


def translated(function: Callable[P, R]) -> Callable[P, R]:
    """Make an activity raise `ApplicationError` named after the core's error."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except SutureError as error:
            raise to_application_error(error) from error

    return wrapper


def to_application_error(error: SutureError) -> ApplicationError:
    """Translate one error."""
    delay = error.retry_after_seconds
    return ApplicationError(
        scrub(str(error))[:MAX_MESSAGE_CHARACTERS],
        type=type(error).__name__,
        non_retryable=not error.retryable,
        next_retry_delay=timedelta(seconds=delay) if delay is not None else None,
    )
