"""Names of tests: what runners, reports and logs call one and the same test.

An id is `file::describe > test` for JavaScript, `package::Test/sub` for Go and
`package.Class::method` for the JVM; pytest's own for Python.
"""

import re
from collections.abc import Iterable, Sequence

from suture.domain.verification import SuiteReport, TestCase, TestOutcome
from suture.index.languages import JVM, Language, language_of
from suture.verdict.junit import MAX_NODE_ID, stable_id

INNER = " > "
BELOW = ("::", INNER, "/", "[", "(", "$")
WORD = re.compile(r"\w+")
ARGUMENTS = re.compile(r"\([^()]{0,200}\)|\[\d{1,6}\]|:\d{1,7}$")
NOT_RUN = "It was not run."


def js_id(file: str, titles: Sequence[str]) -> str:
    """Return the id of a test of JavaScript."""
    return stable_id(f"{file}::{INNER.join(' '.join(title.split()) for title in titles)}")


def is_below(node_id: str, wanted: str) -> bool:
    """Whether an id is the one that is wanted, or a part of it."""
    return node_id == wanted or any(node_id.startswith(wanted + mark) for mark in BELOW)


def narrowed(report: SuiteReport, chosen: Sequence[str]) -> SuiteReport:
    """Return only the chosen tests of a report; one that is missing from it is an error."""
    if not chosen or not report.ran:
        return report
    kept: list[TestCase] = []
    for wanted in chosen:
        found = [case for case in report.cases if is_below(case.node_id, wanted)]
        missing = TestCase(node_id=wanted[:MAX_NODE_ID], outcome=TestOutcome.ERROR, message=NOT_RUN)
        kept += found or [missing]
    unique = {case.node_id: case for case in kept}
    return report.model_copy(update={"cases": tuple(unique.values())})


def same_test(named: str, node_id: str) -> bool:
    """Whether a log's name of a test may mean the test of this id.

    Logs leave out the file, the package or the outer descriptions, and separate them in their own
    way: the one must be the end of the other, word by word.
    """
    pairs = ((_words(named), _words(node_id)), (_words(_bare(named)), _words(_bare(node_id))))
    return any(_is_end(one, other) or _is_end(other, one) for one, other in pairs)


def _bare(name: str) -> str:
    """Return a name without arguments, the number of a case and a line."""
    return ARGUMENTS.sub("", name[:MAX_NODE_ID])


def _words(name: str) -> list[str]:
    return WORD.findall(name[:MAX_NODE_ID])


def _is_end(short: list[str], long: list[str]) -> bool:
    return 0 < len(short) <= len(long) and long[-len(short) :] == short


def under_root(path: str, files: Iterable[str]) -> str:
    """Return a report's path relative to the service's root, by the files that are known there."""
    known = files if isinstance(files, frozenset) else frozenset(files)
    parts = [part for part in path.replace("\\", "/").split("/") if part not in {"", "."}]
    for start in range(len(parts)):
        candidate = "/".join(parts[start:])
        if candidate in known:
            return candidate
    return "/".join(parts)


def is_place(place: str, path: str) -> bool:
    """Whether a test's place, a file, package or class, is this file."""
    language = language_of(path)
    folder, _, name = path.rpartition("/")
    if language is Language.GO:
        return f"/{place}".endswith(f"/{folder}") if folder else "/" not in place.partition("/")[2]
    if language in JVM:
        stem = path.rpartition(".")[0]
        return f"/{stem}".endswith("/" + place.partition("$")[0].replace(".", "/"))
    return bool(name) and (f"/{place}".endswith(f"/{path}") or f"/{path}".endswith(f"/{place}"))
