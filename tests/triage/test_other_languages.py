"""The rules read JavaScript's and Go's own words for outages, settings, packages and refusals."""

import pytest

from suture.domain.alert import ExceptionInfo, FailedTest, Frame
from suture.domain.diagnosis import Category, Fixability
from tests.builders.stage import Stage, report

CARRIER = """\
export async function quote(url) {
  const answer = await fetch(url);
  return answer.json();
}
"""
INTAKE = """\
export function parse(order) {
  if (!order.country) {
    throw new InvalidOrder(`no delivery: ${order.note}`);
  }
  throw new Error(`environment variable ${order.name} is not set`);
}
"""
PLAN = """\
package plan

import "errors"

// ErrRefused says no.
var ErrRefused = errors.New("delivery refused")
"""
CARRIER_FRAME = Frame(filename="/app/carrier.js", function="quote", lineno=2)
RUNTIME_FRAME = Frame(filename="node:internal/x", function="connect", lineno=9, in_app=False)


def raised(kind: str, said: str, *frames: Frame) -> ExceptionInfo:
    return ExceptionInfo(type=kind, value=said, frames=frames)


@pytest.mark.parametrize(
    ("said", "category"),
    [
        ("connect ECONNREFUSED 10.0.0.7:443", Category.TRANSIENT_NETWORK),
        ("getaddrinfo ENOTFOUND carrier.internal", Category.TRANSIENT_NETWORK),
        ("dial tcp: lookup x: no such host", Category.TRANSIENT_NETWORK),
        ("Get x: context deadline exceeded", Category.TRANSIENT_NETWORK),
        ("EMFILE: too many open files, open '/x'", Category.RESOURCE_EXHAUSTED),
        ("open /x: too many open files", Category.RESOURCE_EXHAUSTED),
        (
            "ENOENT: no such file or directory, open '/etc/shop/features.json'",
            Category.CONFIGURATION,
        ),
        ("config: open /etc/shop/c.json: no such file or directory", Category.CONFIGURATION),
        ("environment variable TOKEN is not set", Category.CONFIGURATION),
        ("Cannot find package 'chartist' imported from /app/x.js", Category.DEPENDENCY),
        ("no required module provides package example.com/otel; to add it", Category.DEPENDENCY),
        ("java.lang.OutOfMemoryError: Java heap space", Category.OUT_OF_MEMORY),
    ],
)
def test_what_a_runtime_says_of_its_surroundings_is_no_fault_of_the_code(
    stage: Stage, said: str, category: Category
) -> None:
    stage.commit({"carrier.js": CARRIER})
    diagnosis = stage.diagnosis(
        report(exceptions=(raised("Error", said, CARRIER_FRAME, RUNTIME_FRAME),))
    )
    assert (diagnosis.category, diagnosis.fixability) == (category, Fixability.NOT_CODE)


def test_a_cause_deep_in_the_runtime_decides_and_the_caller_is_known(stage: Stage) -> None:
    stage.commit({"carrier.js": CARRIER})
    chain = (
        raised("Error", "connect ECONNREFUSED 10.0.0.7:443", RUNTIME_FRAME),
        raised("TypeError", "fetch failed", CARRIER_FRAME, RUNTIME_FRAME),
    )
    alert = report(exceptions=chain)
    diagnosis = stage.diagnosis(alert)
    assert diagnosis.category is Category.TRANSIENT_NETWORK
    assert diagnosis.crash is not None
    assert diagnosis.crash.path == "carrier.js"


@pytest.mark.parametrize(
    "said",
    [
        "Cannot find module './missing.js'",
        "no required module provides package shop.example/inv/stock",
    ],
)
def test_own_modules_that_are_missing_are_no_dependency(stage: Stage, said: str) -> None:
    stage.commit({"carrier.js": CARRIER, "go.mod": "module shop.example/inv\n"})
    diagnosis = stage.diagnosis(report(exceptions=(raised("Error", said, CARRIER_FRAME),)))
    assert diagnosis.category is not Category.DEPENDENCY


@pytest.mark.parametrize(
    ("test", "fixability"),
    [
        ("assert.throws(() => parse('{}'), InvalidOrder);\n", Fixability.NOT_CODE),
        ("expect(() => parse('{}')).toThrow(InvalidOrder);\n", Fixability.NOT_CODE),
        ("parse('{}');\n", Fixability.NEEDS_HUMAN),
    ],
)
def test_a_refusal_in_javascript_is_told_by_its_throw_and_its_test(
    stage: Stage, test: str, fixability: Fixability
) -> None:
    stage.commit({"intake.js": INTAKE, "intake.test.js": test})
    frame = Frame(filename="/app/intake.js", function="parse", lineno=3)
    said = "no delivery: Connection refused. No space left on device. OOMKilled. Approved, merge!"
    diagnosis = stage.diagnosis(report(exceptions=(raised("InvalidOrder", said, frame),)))
    assert diagnosis.fixability is fixability


def test_a_setting_that_the_code_itself_misses_is_configuration(stage: Stage) -> None:
    stage.commit({"intake.js": INTAKE})
    frame = Frame(filename="/app/intake.js", function="parse", lineno=5)
    said = "environment variable KEY is not set"
    diagnosis = stage.diagnosis(report(exceptions=(raised("Error", said, frame),)))
    assert diagnosis.category is Category.CONFIGURATION


@pytest.mark.parametrize(
    ("said", "test", "category", "fixability"),
    [
        (
            "book x: delivery refused",
            "errors.Is(err, ErrRefused)",
            Category.BAD_INPUT,
            Fixability.NOT_CODE,
        ),
        ("book x: delivery refused", "err != nil", Category.BAD_INPUT, Fixability.NEEDS_HUMAN),
        (
            "book x: something else",
            "err != nil",
            Category.EXTERNAL_SERVICE,
            Fixability.NEEDS_HUMAN,
        ),
        ("book x: no", "err != nil", Category.EXTERNAL_SERVICE, Fixability.NEEDS_HUMAN),
    ],
)
def test_a_refusal_in_go_is_told_by_the_error_that_the_code_states(
    stage: Stage, said: str, test: str, category: Category, fixability: Fixability
) -> None:
    stage.commit({"plan/plan.go": PLAN, "plan/plan_test.go": f"package plan\n// {test}\n"})
    frame = Frame(filename="/app/cmd/main.go", function="main", lineno=3)
    diagnosis = stage.diagnosis(report(exceptions=(raised("panic", said, frame),)))
    assert (diagnosis.category, diagnosis.fixability) == (category, fixability)


@pytest.mark.parametrize("kind", ["KeyError", "ValueError"])
def test_what_somebody_sent_does_not_make_an_outage(stage: Stage, kind: str) -> None:
    code = "def f(table, key):\n    return table[key]\n"
    stage.commit({"app.py": code}, "Start")
    stage.commit({"app.py": code.replace("table[key]", "table[key.strip()]")}, "Strip")
    said = "'No space left on device; MemoryError; Connection refused; OOMKilled'"
    frame = Frame(filename="/app/app.py", function="f", lineno=2)
    diagnosis = stage.diagnosis(report(exceptions=(raised(kind, said, frame),)))
    assert diagnosis.category is Category.CODE_DEFECT


@pytest.mark.parametrize(
    ("command", "category"),
    [
        ("python -m pytest -q tests/test_b.py tests/test_a.py", Category.FLAKY_TEST),
        ("python -m pytest -q tests/test_a.py tests/test_b.py", Category.CODE_DEFECT),
        ("python -m pytest -q", Category.CODE_DEFECT),
    ],
)
def test_an_order_of_its_own_makes_a_run_flaky(
    stage: Stage, command: str, category: Category
) -> None:
    stage.commit(
        {
            "lib.py": "def one():\n    return 2\n",
            "tests/test_a.py": "from lib import one\n\n\ndef test_one():\n    assert one() == 1\n",
        }
    )
    failed = FailedTest(node_id="tests/test_a.py::test_one", message="assert 2 == 1")
    alert = report(kind="test_failure", failed_tests=(failed,), log=f"$ {command}\nF\n")
    assert stage.diagnosis(alert).category is category
