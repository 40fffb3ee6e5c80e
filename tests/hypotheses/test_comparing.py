"""Competing causes, told apart by a real run with instrumentation in the sandbox."""

from pathlib import Path

import pytest

from activities.bench import Stand
from activities.comparing_causes import compare_causes
from suture.domain.evidence import Evidence, Location
from suture.domain.hypothesis import Hypothesis, HypothesisState
from tests.toolchain.projects import JAVASCRIPT, needs, stand_of

SHOP = {
    "shop.py": (
        "PRICES = {'bolt': 3}\n\n\n"
        "class Odd:\n    def __repr__(self):\n        raise ValueError\n\n\n"
        "def find(name):\n    try:\n        return PRICES[name]\n"
        "    except KeyError:\n        return None\n\n\n"
        "def show(price, how=Odd()):\n    return f'{price:.2f}'\n\n\n"
        "def tell(name):\n    return show(find(name))\n"
    ),
    "tests/test_shop.py": (
        "from shop import tell\n\n\ndef test_known():\n    assert tell('bolt') == '3.00'\n\n\n"
        "def test_unknown():\n    assert tell('nut') == 'unknown'\n\n\n"
        "def test_other():\n    assert tell('rope') == 'none'\n"
    ),
    "tests/test_show.py": "from shop import show\n\n\ndef test_show():\n    assert show(1)\n",
    "conftest.py": "",
}
FAILING = ("tests/test_shop.py::test_unknown",)


def hypotheses(stand: Stand) -> tuple[Hypothesis, ...]:
    places = (
        Location(path=stand.inside("shop.py"), line=16, function="show"),
        Location(path=stand.inside("shop.py"), line=11, function="find"),
        Location(path=stand.inside("shop.py"), line=20, function="tell"),
    )
    return tuple(
        Hypothesis(label=f"H{number}", place=place, claim="It fails.")
        for number, place in enumerate(places, 1)
    )


def head(stand: Stand) -> Evidence:
    sha = stand.bench.repository.resolve("HEAD")
    assert sha is not None
    return Evidence(base_sha=sha)


@pytest.mark.parametrize("root", ["", "services/shop"])
def test_a_value_that_only_the_failing_run_saw_tells_them_apart(tmp_path: Path, root: str) -> None:
    with stand_of(SHOP, tmp_path, root=root) as stand:
        found = compare_causes(hypotheses(stand), stand, head(stand), FAILING, {})
    told = {each.label: (each.state, each.why) for each in found}
    assert found[0].label == "H2"
    assert told["H2"] == (
        HypothesisState.KEPT,
        "Given name='nut' it returned None in a failing test; no passing test saw such an end.",
    )
    assert told["H1"][0] is HypothesisState.RULED_OUT
    assert "Given price=None, how=<Odd> it raised TypeError" in told["H1"][1]
    assert "H2 made such a value" in told["H1"][1]
    assert told["H3"][0] is HypothesisState.KEPT


def test_where_no_test_can_tell_they_stay_as_they_are(tmp_path: Path) -> None:
    with stand_of(SHOP, tmp_path) as stand:
        given, evidence = hypotheses(stand), head(stand)
        assert compare_causes(given[:1], stand, evidence, FAILING, {}) == given[:1]
        assert compare_causes(given, stand, evidence, (), {}) == given
        assert compare_causes(given, stand, evidence, ("tests/missing.py",), {}) == given
        away = Location(path="shop.py", line=900, function="show")
        lost = (given[0], given[1].model_copy(update={"place": away}))
        assert compare_causes(lost, stand, evidence, FAILING, {}) == lost


def test_other_languages_are_not_run_with_instrumentation(tmp_path: Path) -> None:
    needs("node")
    with stand_of(JAVASCRIPT, tmp_path) as stand:
        given = hypotheses(stand)
        assert compare_causes(given, stand, head(stand), ("x",), {}) == given
