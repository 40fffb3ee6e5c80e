"""Reading runners' reports: recorded ones of real runs, and hostile ones."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.domain.service import ToolchainName
from suture.domain.verification import SuiteReport, TestOutcome
from suture.errors import InvalidInput
from suture.toolchain import golang, js_reports, jvm
from suture.toolchain.detection import detect
from suture.toolchain.golang import parse_go
from suture.toolchain.js_reports import parse_jest, parse_mocha, parse_node
from suture.toolchain.jvm import SEPARATOR, parse_jvm
from suture.toolchain.model import Invocation, Project
from suture.verdict.suite import SuiteRun, summarise

REPORTS = Path(str(files("tests.toolchain"))) / "reports"
FILES = ("test/cart.test.js", "test/broken.test.js", "lib/cart.js")
CART = "test/cart.test.js"


def read(
    name: ToolchainName, report: str | None, code: int | None = 1, chosen: tuple[str, ...] = ()
) -> SuiteReport:
    toolchain = detect(Project(files=FILES), name)
    run = SuiteRun(exit_code=code, report=report, output="said", seconds=1.0)
    return toolchain.read(run, Invocation(argv=("x",), chosen=chosen))


def outcomes(report: SuiteReport) -> dict[str, str]:
    assert report.ran, report.problem
    return {case.node_id: case.outcome.value for case in report.cases}


def recorded(name: str) -> str:
    with (REPORTS / name).open(encoding="utf-8", newline="") as file:
        return file.read()


@pytest.mark.parametrize(
    ("name", "file"),
    [
        (ToolchainName.JEST, "jest.json"),
        (ToolchainName.VITEST, "vitest.json"),
        (ToolchainName.NODE, "node.jsonl"),
    ],
)
def test_recorded_reports_of_javascript_say_what_happened(name: ToolchainName, file: str) -> None:
    report = read(name, recorded(file))
    found = outcomes(report)
    expected = {
        f"{CART}::adds prices": "failed",
        f"{CART}::cart > is empty at first": "passed",
        f"{CART}::cart > is skipped": "skipped",
        f"{CART}::cart > inner > throws": "failed",
        f"{CART}::cart > inner > later": "skipped",
        f"{CART}::(loads)": "passed",
        "test/broken.test.js::(loads)": "failed",
    }
    assert expected.items() <= found.items()
    messages = {case.node_id: case.message for case in report.cases}
    assert "boom" in messages[f"{CART}::cart > inner > throws"]


def test_a_recorded_report_of_mocha_says_what_happened() -> None:
    report = read(ToolchainName.MOCHA, recorded("mocha.json"), 2)
    assert outcomes(report) == {
        f"{CART}::adds prices": "failed",
        f"{CART}::cart > is empty at first": "passed",
        f"{CART}::cart > is skipped": "skipped",
        f"{CART}::cart inner > throws": "failed",
        f"{CART}::cart inner > later": "skipped",
    }


def test_recorded_events_of_go_say_what_happened_and_what_does_not_build() -> None:
    report = read(ToolchainName.GO, recorded("go.jsonl"))
    found = outcomes(report)
    assert found == {
        "example.com/shop/cart::TestTotal": "failed",
        "example.com/shop/cart::TestTotal/one": "passed",
        "example.com/shop/cart::TestTotal/two": "failed",
        "example.com/shop/cart::TestSkip": "skipped",
        "example.com/shop/cart::TestOne": "failed",
        "example.com/shop/cart::(loads)": "passed",
        "example.com/shop/broken::(loads)": "failed",
    }
    messages = {case.node_id: case.message for case in report.cases}
    assert "index out of range" in messages["example.com/shop/cart::TestOne"]
    assert 'cannot use "x"' in messages["example.com/shop/broken::(loads)"]
    assert messages["example.com/shop/cart::TestTotal/two"] == "cart_test.go:9: want 2"


def test_recorded_files_of_surefire_say_what_happened() -> None:
    assert outcomes(read(ToolchainName.MAVEN, recorded("surefire.xml"))) == {
        "shop.CartTest::isPositive(int)[1]": "passed",
        "shop.CartTest::isPositive(int)[2]": "passed",
        "shop.CartTest::later": "skipped",
        "shop.CartTest::addsPrices": "failed",
        "shop.CartTest$Empty::isNothing": "passed",
    }


def test_recorded_files_of_gradle_say_what_happened() -> None:
    report = read(ToolchainName.GRADLE, recorded("gradle.xml"))
    assert outcomes(report) == {
        "shop.PriceTest::anUnknownPriceIsZero": "failed",
        "shop.BasketTest::addsUp": "passed",
        "shop.BasketTest::later": "skipped",
        "shop.BasketTest::countsEveryLine": "failed",
        "shop.BasketTest::anEmptyBasketHasNoAverage": "failed",
    }
    messages = {case.node_id: case.message for case in report.cases}
    assert "three lines expected:<60>" in messages["shop.BasketTest::countsEveryLine"]


def test_gradles_names_lose_their_empty_parentheses() -> None:
    text = '<testsuite><testcase name="adds()" classname="shop.CartTest" time="0.1"/></testsuite>'
    assert outcomes(read(ToolchainName.GRADLE, text, 0)) == {"shop.CartTest::adds": "passed"}


def test_the_worst_outcome_of_a_test_counts_wherever_it_stands() -> None:
    good = '<testsuite><testcase name="a" classname="A"/></testsuite>'
    bad = '<testsuite><testcase name="a" classname="A"><error/></testcase></testsuite>'
    for text in (good + SEPARATOR + bad, bad + SEPARATOR + good):
        assert [case.outcome for case in parse_jvm(text)] == [TestOutcome.FAILED]


@pytest.mark.parametrize(
    ("name", "file", "wanted", "outcome"),
    [
        (ToolchainName.JEST, "jest.json", f"{CART}::adds prices", "failed"),
        (ToolchainName.NODE, "node.jsonl", f"{CART}::cart > is empty at first", "passed"),
        (ToolchainName.MOCHA, "mocha.json", f"{CART}::gone", "error"),
        (ToolchainName.GO, "go.jsonl", "example.com/shop/cart::TestTotal/one", "passed"),
        (ToolchainName.MAVEN, "surefire.xml", "shop.CartTest::later", "skipped"),
        (ToolchainName.GRADLE, "gradle.xml", "shop.BasketTest::addsUp", "passed"),
    ],
)
def test_a_selection_reports_only_what_was_asked_for(
    name: ToolchainName, file: str, wanted: str, outcome: str
) -> None:
    assert outcomes(read(name, recorded(file), 1, (wanted,))) == {wanted: outcome}


def test_a_class_or_a_group_stands_for_what_it_holds() -> None:
    report = read(ToolchainName.MAVEN, recorded("surefire.xml"), 1, ("shop.CartTest",))
    assert len(report.cases) == 5
    group = read(ToolchainName.JEST, recorded("jest.json"), 1, (f"{CART}::cart > inner",))
    assert len(group.cases) == 2


def test_what_only_loads_is_no_test_that_passed() -> None:
    summary = summarise(read(ToolchainName.NODE, recorded("node.jsonl")), "0" * 64)
    assert (summary.passed, summary.failed, summary.skipped) == (3, 3, 2)


@pytest.mark.parametrize(
    ("name", "report", "code", "problem"),
    [
        (ToolchainName.GO, None, 1, "left no report. said"),
        (ToolchainName.GO, "no event", 0, "holds no event"),
        (ToolchainName.GO, '{"a": 1}', 0, "holds no event"),
        (ToolchainName.GO, '{"Action": "start"}', 2, "ended with code 2"),
        (ToolchainName.JEST, "{}", 1, "no list testResults"),
        (ToolchainName.JEST, '{"testResults": [1]}', 1, "something else"),
        (ToolchainName.JEST, "[]", 1, "must be a JSON object"),
        (ToolchainName.MOCHA, '{"passes": [], "pending": [], "failures": [7]}', 1, "else"),
        (ToolchainName.NODE, "{", 1, "no valid JSON"),
        (ToolchainName.MAVEN, SEPARATOR, 0, "no class of tests"),
        (ToolchainName.MAVEN, "<html/>", 0, "no JUnit"),
        (ToolchainName.VITEST, None, None, "limit on time"),
    ],
)
def test_what_cannot_be_believed_did_not_run(
    name: ToolchainName, report: str | None, code: int | None, problem: str
) -> None:
    found = read(name, report, code)
    assert not found.ran
    assert problem in found.problem


def test_an_unknown_status_is_no_pass() -> None:
    test = {"title": "a", "status": "great", "duration": "long", "failureMessages": 3}
    text = json.dumps({"testResults": [{"name": "a.js", "assertionResults": [test]}]})
    with pytest.raises(InvalidInput, match="unknown status"):
        parse_jest(text, frozenset())
    line = json.dumps({"file": "a.js", "titles": ["a"], "outcome": "great", "milliseconds": -1})
    assert parse_node(line, frozenset())[1].outcome is TestOutcome.ERROR
    assert parse_node(line, frozenset())[1].seconds == 0


def test_a_file_without_tests_that_did_not_fail_loads() -> None:
    text = json.dumps({"testResults": [{"name": "a.js", "status": "passed"}]})
    assert [case.node_id for case in parse_jest(text, frozenset())] == ["a.js::(loads)"]


def test_unittest_is_read_whole_and_what_pytest_runs_of_it_as_pytests() -> None:
    text = '<testsuite><testcase file="a.py" classname="a.A" name="b"/></testsuite>'
    assert outcomes(read(ToolchainName.UNITTEST, text, 5)) == {"a.py::A::b": "passed"}
    assert not read(ToolchainName.UNITTEST, None, 0).ran
    assert outcomes(read(ToolchainName.UNITTEST, text, 0, ("a.py",))) == {"a.py::A::b": "passed"}


def test_a_file_that_holds_no_failing_test_loads() -> None:
    line = json.dumps({"file": "a.js", "titles": ["a.js"], "outcome": "passed"})
    assert [case.outcome for case in parse_node(line, frozenset())] == [TestOutcome.PASSED]


def test_a_package_that_dies_fails_the_test_that_was_running() -> None:
    lines = [
        {"Action": "run", "Package": "p", "Test": "TestA"},
        {"Action": "output", "Package": "p", "Test": "TestA", "Output": "fatal error: all\n"},
        {"Action": "fail", "Package": "p", "Elapsed": "long"},
    ]
    cases = parse_go("\n".join(map(json.dumps, lines)) + "\n{broken")
    assert [(case.node_id, case.outcome.value) for case in cases] == [
        ("p::TestA", "failed"),
        ("p::(loads)", "passed"),
    ]


@pytest.mark.parametrize("module", [js_reports, golang, jvm])
def test_reports_are_bounded(module: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CASES", 1)
    readers = {
        js_reports: (lambda: parse_node(recorded("node.jsonl"), frozenset())),
        golang: lambda: parse_go(recorded("go.jsonl")),
        jvm: lambda: parse_jvm(recorded("surefire.xml")),
    }
    with pytest.raises(InvalidInput, match="too many"):
        readers[module]()  # type: ignore[index]
    monkeypatch.setattr(module, "MAX_REPORT_CHARACTERS", 10)
    with pytest.raises(InvalidInput, match="too large"):
        readers[module]()  # type: ignore[index]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    *("testResults", "assertionResults", "status", "title", "ancestorTitles"),
                    *("passes", "pending", "failures", "fullTitle", "err", "message", "file"),
                    *("outcome", "group", "Action", "Package", "Test", "Output", "Elapsed"),
                    *("titles", "name", "duration"),
                )
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(value=JSON)
def test_no_json_breaks_the_readers(value: object) -> None:
    text = json.dumps(value)
    for parse in (parse_jest, parse_mocha, parse_node):
        try:
            cases = parse(text, frozenset(FILES))
        except InvalidInput:
            continue
        assert all(len(case.node_id) <= 1_000 for case in cases)
    assert not read(ToolchainName.GO, text, 3).ran


@given(text=st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
def test_no_text_breaks_the_readers(text: str) -> None:
    for name in ToolchainName:
        report = read(name, text)
        assert report.ran or report.problem
