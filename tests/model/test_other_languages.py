"""Crashes of JavaScript and Go without a failing test: rebuilt from evidence, or by a model."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from activities.bench import Bench
from activities.case_files import CaseFiles
from activities.reproducing import Reproducer
from activities.tool_use import Effect
from suture.domain.alert import Alert, AlertKind, ExceptionInfo, Frame
from suture.domain.verification import Oracle, Reproduction, ReproductionFiles
from suture.traces.golang import read_go
from tests.builders.repository import RepositoryBuilder
from tests.builders.stage import report
from tests.fakes.openai_server import say, serving
from tests.model.stage import Shop, build_shop, rules
from tests.model.test_tools import Hands
from tests.toolchain.projects import GO, JAVASCRIPT, needs

PRICES = """\
'use strict';

function cheapest(offers) {
  if (offers.length === 0) {
    return { price: 0, name: 'none' };
  }
  let best = offers[0];
  for (const offer of offers) {
    if (offer.price < best.price) best = offer;
  }
  return { price: best.price, name: best.name };
}

module.exports = { cheapest };
"""
BROKEN_PRICES = PRICES.replace(
    "  if (offers.length === 0) {\n    return { price: 0, name: 'none' };\n  }\n", ""
)
SHOP = {**JAVASCRIPT, "lib/prices.js": PRICES}
MODEL_TEST = """\
const test = require('node:test');
const { cheapest } = require('../lib/prices');

test('no offers', () => {
  const offers = [];
  cheapest(offers);
});
"""
MEAN = """\

// Mean returns the mean price of the lines.
func Mean(lines []Line) int {
\tif len(lines) == 0 {
\t\treturn -1
\t}
\treturn Total(lines) / len(lines)
}
"""
GO_FILES = {**GO, "invoice/mean.go": f"package invoice\n{MEAN}"}
BROKEN_MEAN = GO_FILES["invoice/mean.go"].replace(
    "\tif len(lines) == 0 {\n\t\treturn -1\n\t}\n", ""
)
PANIC = """\
panic: runtime error: integer divide by zero

goroutine 1 [running]:
example.com/billing/invoice.Mean({0x0, 0x0, 0x0})
\t/srv/invoice/mean.go:5 +0x1d
main.main()
\t/srv/main.go:9 +0x2c
"""


def crash_of(error: ExceptionInfo) -> Alert:
    return report(kind=AlertKind.EXCEPTION, service="bills", exceptions=(error,))


def script_crash(**variables: object) -> Alert:
    frame = Frame.model_validate(
        {"filename": "/srv/lib/prices.js", "function": "cheapest", "lineno": 8}
        | {"variables": variables}
    )
    value = "Cannot read properties of undefined (reading 'price')"
    return crash_of(ExceptionInfo(type="TypeError", value=value, frames=(frame,)))


def shop_of(
    folder: Path, address: str, good: Mapping[str, str], bad: Mapping[str, str], alert: Alert
) -> Shop:
    shop = build_shop(folder, address, good, alert)
    builder = RepositoryBuilder(folder / "origin")
    builder.commit(bad, "Tidy up")
    return shop


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory, engine_address: str) -> Shop:
    needs("node")
    folder = Path(tmp_path_factory.mktemp("script"))
    changed = {"lib/prices.js": BROKEN_PRICES}
    return shop_of(folder, engine_address, SHOP, changed, script_crash())


@pytest.fixture(scope="module")
def module_of_go(tmp_path_factory: pytest.TempPathFactory, engine_address: str) -> Shop:
    needs("go")
    folder = Path(tmp_path_factory.mktemp("go"))
    changed = {"invoice/mean.go": BROKEN_MEAN}
    [error] = read_go(PANIC)
    return shop_of(folder, engine_address, GO_FILES, changed, crash_of(error))


def reproduced(shop: Shop, alert: Alert) -> tuple[Reproduction, str]:
    parts, start = shop.parts, shop.request(rules())
    bench = Bench(
        sandbox=parts.sandbox,
        repository=parts.sources.open(shop.service.remote),
        service=shop.service,
        bounds=start.policy.sandbox,
    )
    evidence = CaseFiles(parts.artifacts, parts.sources).evidence(start.evidence)
    found = Reproducer(bench, alert, evidence).run(parts.artifacts)
    if found.files is None:
        return found, ""
    files = ReproductionFiles.model_validate_json(parts.artifacts.get(found.files))
    return found, files.test_files[0].content or ""


def test_a_captured_call_of_javascript_becomes_a_test_that_expects_the_last_good_answer(
    script: Shop,
) -> None:
    found, source = reproduced(script, script_crash(offers=[]))
    assert found.reproduced, found.reason
    assert found.oracle is Oracle.LAST_GOOD
    assert found.regression_test is not None
    assert found.regression_test.startswith("test/reported-")
    assert 'assert.deepStrictEqual(cheapest([]), {"price":0,"name":"none"});' in source


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({}, "does not say what offers was"),
        ({"offers": "[Array]"}, "does not hold all of what offers was"),
        ({"offers": [{"price": 3}]}, "does not fail on the base"),
        ({"offers": None}, "does not fail with TypeError in cheapest"),
    ],
)
def test_what_was_not_captured_whole_or_fails_otherwise_shows_nothing(
    script: Shop, variables: dict[str, object], reason: str
) -> None:
    found, _ = reproduced(script, script_crash(**variables))
    assert not found.reproduced
    assert reason in found.reason


@pytest.mark.timeout(400)
def test_a_panic_of_go_is_called_again_where_its_words_decide_the_arguments(
    module_of_go: Shop,
) -> None:
    found, source = reproduced(module_of_go, module_of_go.alert)
    assert found.reproduced, found.reason
    assert found.oracle is Oracle.LAST_GOOD
    assert "Mean(nil)" in source
    assert 'want := "[]interface {}{-1}"' in source


async def test_a_crash_of_javascript_is_mended_from_its_history_without_any_model(
    script: Shop,
) -> None:
    policy = rules()
    strategies = policy.strategies.model_copy(update={"patterns": True, "models": ()})
    shop = replace(script, alert=script_crash(offers=[]))
    outcome = await shop.talking_to("http://127.0.0.1:1").repair(
        policy.model_copy(update={"strategies": strategies})
    )
    assert outcome.kind is None, outcome.explanation
    assert outcome.verification is not None
    assert outcome.verification.patch.origin.startswith("restore")
    assert "gave before the suspect commit" in outcome.verification.explanation


async def test_a_model_shows_a_crash_of_javascript_in_a_test_and_mends_it(script: Shop) -> None:
    fixed = PRICES.partition("function ")[2].partition("\n}\n")[0]
    source = f"function {fixed}\n}}"
    thrown = MODEL_TEST.replace("cheapest(offers)", "throw new TypeError('undefined')")
    fine = MODEL_TEST.replace("= []", "= [{ price: 1 }]")
    turns = [
        say("", ("propose_reproduction", {"source": thrown})),
        say("", ("propose_reproduction", {"source": fine})),
        say("", ("propose_reproduction", {"source": MODEL_TEST})),
        say(
            "",
            (
                "rewrite_function",
                {"path": "lib/prices.js", "function": "cheapest", "source": source},
            ),
        ),
        say("", ("propose_fix", {"title": "Answer when there are no offers"})),
    ]
    with serving(lambda _question, number: turns[number]) as server:
        talking = script.talking_to(server.url)
        outcome = await talking.repair(rules())
    assert outcome.kind is None, outcome.explanation
    assert outcome.verification is not None
    assert outcome.verification.verified
    assert outcome.verification.reproduction.oracle is Oracle.LAST_GOOD
    told = str(server.questions[-1]["messages"])
    assert "The test may not use `throw`" in told
    assert "It does not fail on the base" in told
    assert "It will stand at `test/reported-" in told


def test_a_model_s_test_of_go_is_held_against_the_panic(module_of_go: Shop) -> None:
    hands = Hands(module_of_go)
    assert "exactly one test" in hands.said("propose_reproduction", source="package invoice\n")
    source = "package invoice\n\nfunc TestX(t *testing.T) {\n\tpanic(1)\n}\n"
    assert hands.use("propose_reproduction", source=source).effect is Effect.REFUSED
