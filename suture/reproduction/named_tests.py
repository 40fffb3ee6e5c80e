"""Which of the project's failing tests an alert speaks of, in any language."""

import re
from collections.abc import Sequence

from suture.domain.alert import Alert, AlertKind
from suture.domain.service import ToolchainName
from suture.toolchain.naming import same_test
from suture.verdict.suite import LOADS

CALLABLE = frozenset({ToolchainName.PYTEST, ToolchainName.UNITTEST})
"""Toolchains of the language whose calls can be rebuilt from what an alert captured."""
MAX_NAMED = 20
MIN_TITLE = 4
"""Letters of a test's name below which finding it in a log says nothing."""


def named_in(alert: Alert, failing: Sequence[str]) -> tuple[str, ...]:
    """Return those of the failing tests that the alert names, by their ids.

    Where a log could not be taken apart, a failing test counts whose own name stands in it.
    """
    said = [test.node_id for test in alert.failed_tests]
    named = [
        node_id
        for node_id in failing
        if any(same_test(name, node_id.removesuffix(LOADS)) for name in said)
    ]
    if not named and alert.kind is AlertKind.TEST_FAILURE:
        text = " ".join([alert.title, alert.message, *said, alert.log])
        named = [node_id for node_id in failing if _stands_in(_own_name(node_id), text)]
    # A group fails with its parts; the parts say more.
    parts = [one for one in named if not any(_is_part(other, one) for other in named)]
    return tuple(dict.fromkeys(parts))[:MAX_NAMED]


def speaks_of_tests(alert: Alert) -> bool:
    """Whether an alert is about tests at all."""
    return alert.kind is AlertKind.TEST_FAILURE or bool(alert.failed_tests)


def _own_name(node_id: str) -> str:
    place, _, name = node_id.partition("::")
    if node_id.endswith(LOADS):
        return place
    return re.split(r" > |/", name)[-1]


def _stands_in(name: str, text: str) -> bool:
    if len(name) < MIN_TITLE:
        return False
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _is_part(other: str, one: str) -> bool:
    return other.startswith((f"{one}/", f"{one} > "))
