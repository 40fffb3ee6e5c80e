"""Steps that an incident cannot do without: they are tried until somebody mends what refuses."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from workflows.calls import Calls, cause_of

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)

S = TypeVar("S")
P = TypeVar("P")
R = TypeVar("R")


async def insist(
    calls: Calls, step: Callable[[S, P], R], request: P, on_refusal: Callable[[str], None]
) -> R:
    """Return what the step returns, however often it refuses for good before that.

    What refuses for good (a key with the wrong mode, a service that this worker's settings do not
    know) is mended by an operator, not by time: each new reason goes to `on_refusal`, once.
    """
    wait, told = FIRST_WAIT, ""
    while True:
        try:
            return await calls.vendor(step, request)
        except ActivityError as error:
            reason = ": ".join(cause_of(error))
        if reason != told:
            told = reason
            on_refusal(reason)
        await workflow.sleep(wait, summary="Try again what an operator must mend")
        wait = min(wait * 2, LONGEST_WAIT)
