"""Errors of the core become Temporal's, with what they know of retrying."""

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.failures import MAX_MESSAGE_CHARACTERS, translated
from suture.errors import NotFound, RateLimited, SutureError, Unreachable


def failing_with(error: Exception) -> ApplicationError:
    @translated
    def step() -> None:
        raise error

    with pytest.raises(ApplicationError) as raised:
        step()
    assert raised.value.__cause__ is error
    return raised.value


def test_a_result_passes_through() -> None:
    @translated
    def double(number: int) -> int:
        return 2 * number

    assert double(21) == 42
    assert double.__name__ == "double"


def test_a_permanent_error_ends_the_retries() -> None:
    error = failing_with(NotFound("No such thing."))
    assert (error.type, error.message) == ("NotFound", "No such thing.")
    assert error.non_retryable
    assert error.next_retry_delay is None


def test_a_transient_error_is_retried_when_the_other_side_asked_for_it() -> None:
    error = failing_with(RateLimited("Slower.", retry_after_seconds=12.5))
    assert not error.non_retryable
    assert error.next_retry_delay == timedelta(seconds=12.5)
    assert failing_with(Unreachable("Nobody is there.")).next_retry_delay is None


def test_a_message_is_bounded() -> None:
    error = failing_with(SutureError("x" * 1_000_000))
    assert len(error.message) == MAX_MESSAGE_CHARACTERS


def test_other_errors_are_not_dressed_up() -> None:
    @translated
    def step() -> None:
        raise KeyError("a defect")

    with pytest.raises(KeyError):
        step()
