"""Telling competing causes apart by a run with instrumentation in the sandbox."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from activities.beating import beat
from activities.bench import Stand
from activities.driving import drive
from suture.domain.evidence import Evidence
from suture.domain.hypothesis import Hypothesis
from suture.hypotheses.judging import judge, read_values
from suture.index.questions import CodeQuestions, Place
from suture.reproduction.named_tests import CALLABLE

SECONDS, GRACE_SECONDS = 6.0, 4.0
"""Time after which no further test begins, and time that the last one may still take."""
MAX_TEST_FILES = 8


def compare_causes(
    hypotheses: Sequence[Hypothesis],
    stand: Stand,
    evidence: Evidence,
    failing: Sequence[str],
    laid: Mapping[str, str],
) -> tuple[Hypothesis, ...]:
    """Return the hypotheses with what the tests say of them; as they are, where none can say.

    `failing` are node ids relative to the service's root, `laid` what lies over the tree.
    """
    if len(hypotheses) < 2 or not failing or stand.toolchain.name not in CALLABLE:  # noqa: PLR2004 (it takes two to compete)
        return tuple(hypotheses)
    questions = CodeQuestions(stand.bench.repository.code_index(), evidence.base_sha)
    places = [questions.definition_at(each.place.path, each.place.line) for each in hypotheses]
    if any(place is None for place in places):
        return tuple(hypotheses)
    known = [place for place in places if place is not None]
    paths = dict.fromkeys(node.partition("::")[0] for node in failing)
    paths |= dict.fromkeys(_reaching(known, questions, stand))
    plan = {
        "failing": list(failing),
        "functions": [_function(place, stand) for place in known],
        "options": ["-q", "-p", "no:cacheprovider", *paths],
        "seconds": SECONDS,
        "grace": GRACE_SECONDS,
    }
    said = drive(stand, "values", json.dumps(plan), laid, SECONDS + 2 * GRACE_SECONDS)
    seen = read_values(*said)
    return judge(hypotheses, seen) if seen else tuple(hypotheses)


def _reaching(places: Sequence[Place], questions: CodeQuestions, stand: Stand) -> list[str]:
    """Return files of tests that call these functions, relative to the service's root."""
    found: dict[str, None] = {}
    for place in places:
        beat()
        found |= dict.fromkeys(test.path for test in questions.tests_reaching(place))
    inside = [path for path in found if stand.inside("") in {"", path[: len(stand.inside(""))]}]
    return [path.removeprefix(stand.inside("")) for path in inside][:MAX_TEST_FILES]


def _function(place: Place, stand: Stand) -> dict[str, Any]:
    span = place.definition
    return {
        "path": place.path.removeprefix(stand.inside("")),
        "name": span.name,
        "first": span.first,
        "last": span.last,
    }
