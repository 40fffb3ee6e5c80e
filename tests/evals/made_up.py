"""Tiny suites whose cases really run: one with each ending that matters."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from evals.case import Case, FunctionName, Judge, Language, Prepared, Release, Truth
from evals.suite import IncidentSuite
from suture.domain.diagnosis import Category
from suture.domain.resolution import ResolutionKind
from suture.errors import InvalidInput
from tests.builders.repository import RepositoryBuilder

READY = ResolutionKind.PULL_REQUEST_READY
SETUP = "true"
SECONDS = 90.0
BEFORE = '''"""Prices."""


def total(prices: list[int]) -> int:
    """Return the sum.

    >>> total([1, 2])
    3
    """
    result = 0
    for price in prices:
        result += price
    return result


def label(name: str) -> str:
    """Return a label."""
    return name.strip().title()
'''
AFTER = BEFORE.replace("return name.strip()", "return nmae.strip()")
TEST = "import shop\n\n\ndef test_total():\n    assert shop.total([1, 2]) == 3\n"
HIDDEN = "import shop\n\n\ndef test_label():\n    assert shop.label(' a b ') == 'A B'\n"
IMPOSSIBLE = "import shop\n\n\ndef test_label():\n    assert shop.label(' a b ') == 'no such'\n"
BLIND = "def test_nothing():\n    assert True\n"
"""A judge that sees nothing."""


def suite(*names: str) -> IncidentSuite:
    """Return the suite with these cases, or with all."""
    kept = [case for case in CASES if not names or case.name in names]
    return IncidentSuite(name="made-up", cases=kept)


def _case(name: str, group: str, prepare: Callable[[Path], Prepared]) -> Case:
    return Case(
        name=name,
        group=group,
        language=Language.PYTHON,
        prepare=prepare,
        labels=("python-3",),
        seconds=SECONDS,
    )


def typo(hidden: Judge | None, directory: Path) -> Prepared:
    """A name misspelt by the second commit."""
    builder = RepositoryBuilder(directory)
    first = builder.commit({"shop.py": BEFORE, "test_shop.py": TEST}, "Start")
    guilty = builder.commit({"shop.py": AFTER}, "Tidy up")
    return Prepared(
        repository=directory,
        event=_event(AFTER, "label", name="' a b '"),
        setup_command=SETUP,
        path_prefixes=("/app/",),
        releases=(Release(name="v1", commit=first), Release(name="v2", commit=guilty)),
        truth=Truth(
            wanted=(READY,),
            tolerated=(ResolutionKind.NO_FIX_FOUND,),
            cause_files=("shop.py",),
            cause_functions=(FunctionName(path="shop.py", name="label"),),
            cause_commits=(guilty,),
        ),
        judge=hidden,
    )


def missing_setting(directory: Path) -> Prepared:
    """A setting that nobody set: not for code to fix."""
    source = "import os\n\n\ndef url():\n    return os.environ['BILLING_DATABASE_URL']\n"
    RepositoryBuilder(directory).commit({"shop.py": source, "test_shop.py": BLIND}, "Start")
    return Prepared(
        repository=directory,
        event=_event(source, "url"),
        setup_command=SETUP,
        truth=Truth(wanted=(ResolutionKind.NOT_CODE,), categories=(Category.CONFIGURATION,)),
    )


def broken(directory: Path) -> Prepared:
    """A case that cannot be built."""
    raise InvalidInput(f"<script>alert(1)</script> is missing in {directory.name}.")


def buggy(directory: Path) -> Prepared:
    """A case whose own code fails."""
    return Prepared.model_validate_json((directory / "case.json").read_text())


def empty(directory: Path) -> Prepared:
    """A repository without its base branch."""
    RepositoryBuilder(directory, branch="trunk").commit({"shop.py": BEFORE}, "Start")
    return Prepared(
        repository=directory, event=_event(AFTER, "label"), truth=Truth(wanted=(READY,))
    )


def _event(source: str, function: str, **local: str) -> str:
    """Return the event that sentry-sdk sends when a function fails on these arguments."""
    rows = source.splitlines()
    line = next(
        n for n, row in enumerate(rows, 1) if "return " in row and n > _line(rows, function)
    )
    frame = {
        "filename": "shop.py",
        "abs_path": "/app/shop.py",
        "module": "shop",
        "function": function,
        "lineno": line,
        "context_line": rows[line - 1],
        "in_app": True,
        "vars": local,
    }
    named = ("NameError", "name 'nmae' is not defined")
    kind, value = named if local else ("KeyError", "'BILLING_DATABASE_URL'")
    error = {"type": kind, "value": value, "stacktrace": {"frames": [frame]}}
    return json.dumps(
        {
            "event_id": "0" * 32,
            "platform": "python",
            "timestamp": "2026-02-01T09:00:00Z",
            "exception": {"values": [error]},
        }
    )


def _line(rows: list[str], function: str) -> int:
    return next(n for n, row in enumerate(rows, 1) if row.startswith(f"def {function}("))


def judge(test: str) -> Judge:
    """Return a judge with one hidden file."""
    return Judge(files={"test_hidden.py": test}, node_ids=("test_hidden.py",))


CASES = (
    _case("right", "shop", partial(typo, judge(HIDDEN))),
    _case("setting", "billing", missing_setting),
    _case("broken", "billing", broken),
    _case("buggy", "billing", buggy),
    _case("empty", "billing", empty),
)
