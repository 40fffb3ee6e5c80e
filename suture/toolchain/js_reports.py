"""Reading the JSON reports of runners of JavaScript; they are hostile.

Sources: https://jestjs.io/docs/cli#--json (vitest's reporter writes the same,
https://vitest.dev/guide/reporters#json-reporter) and
https://mochajs.org/#json. That of Node's own runner is written by `NODE_REPORTER`.
"""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from suture.domain.verification import TestCase, TestOutcome
from suture.errors import InvalidInput
from suture.hostile_json import parse_object
from suture.toolchain.naming import js_id, under_root
from suture.verdict.junit import MAX_CASES, MAX_MESSAGE, MAX_REPORT_CHARACTERS, WORST, stable_id
from suture.verdict.suite import LOADS

JEST_OUTCOMES = {
    "passed": TestOutcome.PASSED,
    "failed": TestOutcome.FAILED,
    "pending": TestOutcome.SKIPPED,
    "skipped": TestOutcome.SKIPPED,
    "todo": TestOutcome.SKIPPED,
    "disabled": TestOutcome.SKIPPED,
    "focused": TestOutcome.PASSED,
}
MILLISECONDS = 1_000
MAX_SECONDS = 1e9

NODE_REPORTER = """\
const data = (event) => event.data ?? {};
const cause = (error) =>
  String(error?.cause?.stack ?? error?.cause?.message ?? error?.cause ?? error?.message ?? '');

export default async function* report(source) {
  const titles = new Map();
  for await (const event of source) {
    const found = data(event);
    const file = found.file ?? '';
    if (event.type === 'test:start') {
      const names = titles.get(file) ?? [];
      titles.set(file, [...names.slice(0, found.nesting), found.name]);
    } else if (event.type === 'test:pass' || event.type === 'test:fail') {
      const outer = (titles.get(file) ?? []).slice(0, found.nesting);
      const failed = event.type === 'test:fail' && found.todo === undefined;
      const skipped = found.skip !== undefined || found.todo !== undefined;
      const error = found.details?.error;
      yield JSON.stringify({
        file,
        titles: [...outer, found.name],
        outcome: failed ? 'failed' : skipped ? 'skipped' : 'passed',
        group: found.details?.type === 'suite' || error?.failureType === 'subtestsFailed',
        message: failed ? cause(error).slice(0, 2000) : '',
        milliseconds: found.details?.duration_ms ?? 0,
      }) + '\\n';
    }
  }
}
"""
"""A reporter for Node's own runner, a line of JSON per test.

Its JUnit reporter does not name files: https://nodejs.org/api/test.html#custom-reporters.
"""


def parse_jest(text: str, files: frozenset[str]) -> tuple[TestCase, ...]:
    """Return the tests of a report of jest or vitest.

    Raises:
        InvalidInput: it is no such report, or exceeds a bound.
    """
    listed = _list(_object(text), "testResults")
    return _collected(case for result in listed for case in _of_file(_mapping(result), files))


def _of_file(result: Mapping[str, JsonValue], files: frozenset[str]) -> Iterator[TestCase]:
    file = under_root(_text(result, "name"), files)
    tests = _list(result, "assertionResults", required=False)
    broken = not tests and result.get("status") == "failed"
    yield _loading(file, _text(result, "message") if broken else None)
    for test in map(_mapping, tests):
        titles = [*_texts(test, "ancestorTitles"), _text(test, "title")]
        outcome = JEST_OUTCOMES.get(_text(test, "status"))
        if outcome is None:
            raise InvalidInput(f"the test report has an unknown status {test.get('status')!r:.40}")
        message = "\n".join(_texts(test, "failureMessages"))
        yield _case(file, titles, outcome, message, _seconds(test.get("duration")))


def parse_mocha(text: str, files: frozenset[str]) -> tuple[TestCase, ...]:
    """Return the tests of mocha's report. A failing hook stands among them as one.

    Raises:
        InvalidInput: it is no such report, or exceeds a bound.
    """
    report = _object(text)
    lists = {
        TestOutcome.PASSED: _list(report, "passes"),
        TestOutcome.SKIPPED: _list(report, "pending"),
        TestOutcome.FAILED: _list(report, "failures"),
    }
    return _collected(
        _of_mocha(_mapping(test), outcome, files)
        for outcome, tests in lists.items()
        for test in tests
    )


def _of_mocha(
    test: Mapping[str, JsonValue], outcome: TestOutcome, files: frozenset[str]
) -> TestCase:
    title, whole = _text(test, "title"), _text(test, "fullTitle")
    outer = whole.removesuffix(title).strip()
    error = test.get("err")
    message = (_text(error, "stack") or _text(error, "message")) if isinstance(error, dict) else ""
    file = under_root(_text(test, "file"), files)
    titles = [outer, title] if outer else [title]
    return _case(file, titles, outcome, message, _seconds(test.get("duration")))


def parse_node(text: str, files: frozenset[str]) -> tuple[TestCase, ...]:
    """Return the tests that `NODE_REPORTER` wrote; groups of tests are none.

    Raises:
        InvalidInput: it is no such report, or exceeds a bound.
    """
    lines = [line for line in _bounded(text).splitlines() if line.strip()]
    tests = (parse_object(line.encode("utf-8", "replace")) for line in lines)
    return _collected(
        case for test in tests if test.get("group") is not True for case in _of_node(test, files)
    )


def _of_node(test: Mapping[str, JsonValue], files: frozenset[str]) -> Iterator[TestCase]:
    file = under_root(_text(test, "file"), files)
    titles = _texts(test, "titles")
    if len(titles) == 1 and under_root(titles[0], files) == file:
        # The runner takes a file for a test, and names it where nothing in it could be run.
        failed = test.get("outcome") == "failed"
        yield _loading(file, _text(test, "message") if failed else None)
        return
    yield _loading(file, None)
    outcome = JEST_OUTCOMES.get(_text(test, "outcome"), TestOutcome.ERROR)
    seconds = _seconds(test.get("milliseconds"))
    yield _case(file, titles, outcome, _text(test, "message"), seconds)


def _loading(file: str, problem: str | None) -> TestCase:
    """Return what stands for a file: it was loaded, or it has a problem."""
    return TestCase(
        node_id=stable_id(f"{file}{LOADS}"),
        outcome=TestOutcome.PASSED if problem is None else TestOutcome.FAILED,
        message=(problem or "")[:MAX_MESSAGE],
    )


def _case(
    file: str, titles: list[str], outcome: TestOutcome, message: str, seconds: float
) -> TestCase:
    return TestCase(
        node_id=js_id(file, titles),
        outcome=outcome,
        message=message[:MAX_MESSAGE],
        seconds=seconds,
    )


def _collected(cases: Iterator[TestCase]) -> tuple[TestCase, ...]:
    """Return each test once, with its worst outcome."""
    found: dict[str, TestCase] = {}
    for number, case in enumerate(cases):
        if number >= MAX_CASES:
            raise InvalidInput("the test report has too many tests")
        known = found.get(case.node_id)
        if known is None or WORST[case.outcome] > WORST[known.outcome]:
            found[case.node_id] = case
    return tuple(found.values())


def _bounded(text: str) -> str:
    if len(text) > MAX_REPORT_CHARACTERS:
        raise InvalidInput("the test report is too large")
    return text


def _object(text: str) -> dict[str, JsonValue]:
    return parse_object(_bounded(text).encode("utf-8", "replace"), what="test report")


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    if not isinstance(value, dict):
        raise InvalidInput("the test report holds something else than a test")
    return value


def _list(of: Mapping[str, JsonValue], name: str, *, required: bool = True) -> list[JsonValue]:
    found = of.get(name)
    if isinstance(found, list):
        return found
    if required:
        raise InvalidInput(f"the test report has no list {name}")
    return []


def _text(of: Mapping[str, JsonValue], name: str) -> str:
    found = of.get(name)
    return found if isinstance(found, str) else ""


def _texts(of: Mapping[str, JsonValue], name: str) -> list[str]:
    found = of.get(name)
    listed = found if isinstance(found, list) else []
    return [text for text in listed if isinstance(text, str)]


def _seconds(milliseconds: JsonValue) -> float:
    if not isinstance(milliseconds, int | float):
        return 0.0
    seconds = milliseconds / MILLISECONDS
    return seconds if 0 <= seconds < MAX_SECONDS else 0.0
