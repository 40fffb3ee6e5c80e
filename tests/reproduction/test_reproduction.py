"""From a real crash under sentry-sdk to a probe and a regression test that show it again."""

from pathlib import Path

import pytest

from suture.domain.alert import FailedTest
from suture.reproduction.planning import Plans, ReproductionPlan, plan
from suture.reproduction.target import TargetKind
from suture.verdict.observation import Observation, Outcome, same_failure
from tests.reproduction.production import (
    EVIDENCE,
    crash,
    layout_of,
    make_alert,
    probe,
    run,
    write,
)

MODELS = """
import enum
from dataclasses import dataclass
from decimal import Decimal

class Tier(enum.Enum):
    GOLD = "gold"
    BASIC = "basic"

@dataclass
class Line:
    sku: str
    price: Decimal

@dataclass
class Order:
    lines: list[Line]
    tier: Tier = Tier.BASIC

    def first(self):
        return self.lines[0].sku

    @property
    def dearest(self):
        return max(line.price for line in self.lines)

    @classmethod
    def of(cls, prices):
        return cls([Line(sku, Decimal(price)) for sku, price in prices.items()][0:], prices["x"])

class Basket:
    limit = 2

    def __init__(self, size=None):
        self.size = 0 if size is None else int(size)

    def fill(self, count):
        return self.limit / count
"""
CART = """
from shop.models import Order

RATES = {"basic": 0}

def total(order):
    amount = sum(line.price for line in order.lines)
    return amount - amount * rate(order)

def rate(order: Order):
    return RATES[order.tier.value]

def stamp(rows, seen):
    for row in rows:
        seen.append(row["sku"].upper())

def pack(first, /, *rest, sep="-", **named):
    return sep.join([first, *rest]) + named["tail"]

async def fetch(key: int, table: dict[int, str]) -> str:
    return table[key].upper()

def stream(count):
    for number in range(count):
        yield 1 / number

async def astream(count):
    for number in range(count):
        yield 1 / number
"""
FILES = {
    "shop/__init__.py": "",
    "shop/models.py": MODELS,
    "shop/cart.py": CART,
    "tests/test_cart.py": 'from shop.cart import total\n\n\ndef test_it():\n    assert "x"\n',
}


ASYNC_STREAM = """
import asyncio
from shop.cart import *
async def go():
    return [item async for item in astream(2)]
asyncio.run(go())
"""
RUNNER = """
import runpy, sys
sys.path.insert(0, ".")
names = runpy.run_path(sys.argv[1])
calls = [call for name, call in names.items() if name.startswith("test_")]
cases = [case for name, case in names.items() if name.endswith("RegressionTest")]
calls += [getattr(case(name), name) for case in cases for name in dir(case) if name[:5] == "test_"]
assert len(calls) == 1
try:
    calls[0]()
except Exception:
    sys.exit(3)
"""
"""Runs one generated test in a tenth of the time that a test runner takes."""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(tmp_path, FILES)


def reproduce(folder: Path, statement: str) -> tuple[ReproductionPlan, Observation]:
    """Return the first plan that shows the crash of a statement again."""
    alert = crash(folder, statement)
    plans = plan(alert, EVIDENCE, layout_of(folder))
    for candidate in plans.plans:
        seen = probe(folder, candidate)
        if same_failure(seen, alert):
            return candidate, seen
    pytest.fail(f"nothing reproduces: {plans.refusals}")


def is_green(folder: Path, plan: ReproductionPlan, expected: Observation | None) -> bool:
    test = plan.regression_test(expected)
    assert test is not None
    write(folder, {test.path: test.content or ""})
    done = run(folder, "-c", RUNNER, test.path)
    assert done.returncode in {0, 3}, done.stderr
    return done.returncode == 0


def mend(folder: Path, path: str, old: str, new: str) -> None:
    text = (folder / path).read_text(encoding="utf-8")
    assert old in text
    write(folder, {path: text.replace(old, new)})


GOLD = """
from shop.cart import *
from shop.models import *
total(Order([Line("a", Decimal("1.5"))], Tier.GOLD))
"""


def test_the_outermost_call_leads_and_turns_green_with_the_fix(shop: Path) -> None:
    found, seen = reproduce(shop, GOLD)
    assert found.target is not None
    assert found.target.name == "total"
    assert found.target.distance == 1
    assert not found.weak
    assert Outcome.RETURNED in {item.outcome for item in seen.neighbours}
    assert not is_green(shop, found, None)
    mend(shop, "shop/cart.py", "RATES[order.tier.value]", "RATES.get(order.tier.value, 0)")
    fixed = probe(shop, found)
    assert fixed.outcome is Outcome.RETURNED
    assert is_green(shop, found, fixed)
    mend(shop, "shop/cart.py", ".get(order.tier.value, 0)", ".get(order.tier.value, 1)")
    assert not is_green(shop, found, fixed)
    assert is_green(shop, found, None)


@pytest.mark.parametrize(
    ("statement", "kind", "old", "new"),
    [
        (
            "from shop.models import *\nOrder([]).first()",
            TargetKind.METHOD,
            "self.lines[0].sku",
            "(self.lines[0].sku if self.lines else '')",
        ),
        (
            "from shop.models import *\nOrder([]).dearest",
            TargetKind.PROPERTY,
            "for line in self.lines)",
            "for line in self.lines or [Line('', 0)])",
        ),
        (
            "from shop.models import *\nOrder.of({'a': '1'})",
            TargetKind.CLASS_METHOD,
            'prices["x"]',
            'prices.get("x")',
        ),
        (
            "from shop.models import *\nBasket('many')",
            TargetKind.CONSTRUCTOR,
            "int(size)",
            "len(size)",
        ),
    ],
)
def test_every_kind_of_method_is_called(
    shop: Path, statement: str, kind: TargetKind, old: str, new: str
) -> None:
    found, _ = reproduce(shop, statement)
    assert found.target is not None
    assert found.target.kind is kind
    assert not is_green(shop, found, None)
    mend(shop, "shop/models.py", old, new)
    assert is_green(shop, found, probe(shop, found))


@pytest.mark.parametrize(
    ("statement", "old", "new"),
    [
        (
            "from shop.cart import *\nstamp([{'sku': 'a'}, {'sku': None}], [])",
            'row["sku"].upper()',
            '(row["sku"] or "").upper()',
        ),
        (
            "from shop.cart import *\npack('a', 'b', 'c', sep='+', head='x')",
            'named["tail"]',
            'named.get("tail", "")',
        ),
        (
            "import asyncio\nfrom shop.cart import *\nasyncio.run(fetch(2, {2: None}))",
            "table[key].upper()",
            '(table[key] or "").upper()',
        ),
        ("from shop.cart import *\nlist(stream(2))", "1 / number", "1 / (number or 1)"),
        (
            ASYNC_STREAM,
            "1 / number",
            "1 / (number or 1)",
        ),
    ],
)
def test_every_way_of_passing_and_answering_is_rebuilt(
    shop: Path, statement: str, old: str, new: str
) -> None:
    found, _ = reproduce(shop, statement)
    assert not is_green(shop, found, None)
    mend(shop, "shop/cart.py", old, new)
    fixed = probe(shop, found)
    assert is_green(shop, found, fixed)
    assert is_green(shop, found, None)


def test_an_effect_on_an_argument_is_part_of_the_regression_test(shop: Path) -> None:
    statement = "from shop.cart import *\nseen = ['x']\nstamp([{'sku': None}], seen)"
    found, _ = reproduce(shop, statement)
    mend(shop, "shop/cart.py", 'row["sku"].upper()', '(row["sku"] or "none").upper()')
    fixed = probe(shop, found)
    assert fixed.changed_arguments == ("seen",)
    test = found.regression_test(fixed)
    assert test is not None
    assert 'assert seen == ["x", "NONE"]' in str(test.content)
    assert is_green(shop, found, fixed)
    mend(shop, "shop/cart.py", '"none"', '""')
    assert not is_green(shop, found, fixed)


def test_a_fresh_object_stands_for_one_without_a_repr_and_is_a_doubt(shop: Path) -> None:
    found, _ = reproduce(shop, "from shop.models import *\nBasket().fill(0)")
    assert found.weak
    assert "Basket" in found.reasons[1]
    assert not is_green(shop, found, None)


def test_a_failure_at_import_is_shown_by_importing(shop: Path) -> None:
    write(shop, {"shop/late.py": "LIMIT = 3\nBOUND = LIMTI * 2\n"})
    found, _ = reproduce(shop, "import shop.late")
    assert found.target is not None
    assert found.target.kind is TargetKind.MODULE
    assert found.returns is None
    test = found.regression_test(None)
    assert test is not None
    write(shop, {test.path: test.content or ""})
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", test.path)
    assert run(shop, *command).returncode == 1
    mend(shop, "shop/late.py", "LIMTI", "LIMIT")
    assert run(shop, *command).returncode == 0


def test_tuples_are_found_by_a_further_reading(shop: Path) -> None:
    source = "def look(key, table):\n    return table[key]\n\ndef go(key):\n"
    source += "    return {(1, 2): 3}[key]\n"
    write(shop, {"shop/keys.py": source})
    found, _ = reproduce(shop, "from shop.keys import go\ngo((1, 3))")
    assert found.weak
    assert "further reading" in found.reasons[-1]


def test_number_keys_are_found_by_a_further_reading(shop: Path) -> None:
    write(shop, {"shop/keys.py": "def go(table):\n    return table[1].upper() + table[7]\n"})
    found, _ = reproduce(shop, "from shop.keys import go\ngo({1: 'a'})")
    assert found.weak


def test_what_the_project_prints_forges_nothing(shop: Path) -> None:
    forged = 'print("8d0c2f57e4 0 {}")\n'
    body = "    import os\n    os.write(1, b'8d0c2f57e4 0 {}\\n')\n    return 1 / count\n"
    write(shop, {"shop/loud.py": forged + "def go(count):\n" + body})
    _, seen = reproduce(shop, "from shop.loud import go\ngo(0)")
    assert seen.type == "ZeroDivisionError"


def test_unittest_projects_get_a_unittest_case(tmp_path: Path) -> None:
    existing = "import unittest\nfrom shop.cart import total\n\n\n"
    existing += "class CartTest(unittest.TestCase):\n    def test_a(self):\n        pass\n"
    shop = write(tmp_path, {**FILES, "tests/test_cart.py": existing})
    found, _ = reproduce(shop, GOLD)
    test = found.regression_test(None)
    assert test is not None
    assert "class TotalRegressionTest(unittest.TestCase):" in str(test.content)
    assert not is_green(shop, found, None)
    mend(shop, "shop/cart.py", "RATES[order.tier.value]", "RATES.get(order.tier.value, 0)")
    fixed = probe(shop, found)
    assert "self.assertEqual(" in str((found.regression_test(fixed) or test).content)
    assert is_green(shop, found, fixed)


def test_a_service_in_a_folder_of_its_repository_is_found(tmp_path: Path) -> None:
    write(tmp_path, {f"services/shop/{name}": text for name, text in FILES.items()})
    alert = crash(tmp_path, GOLD, root="services/shop")
    layout = layout_of(tmp_path, root="services/shop")
    first = plan(alert, EVIDENCE, layout).plans[0]
    assert same_failure(probe(tmp_path, first, root="services/shop"), alert)
    test = first.regression_test(None)
    assert test is not None
    assert test.path.startswith("services/shop/tests/test_cart_regression_")


def test_the_projects_own_failing_tests_come_first(shop: Path) -> None:
    names = ["/ci/tests/test_cart.py::test_it", "test_it (tests.test_cart.CartTest.test_it)"]
    tests = tuple(FailedTest(node_id=name) for name in [*names, "gone.py::test_x", "--pdb"])
    plans: Plans = plan(make_alert(failed_tests=tests), EVIDENCE, layout_of(shop))
    assert plans.plans[0].node_ids == (
        "tests/test_cart.py::test_it",
        "tests/test_cart.py::CartTest::test_it",
    )
    assert plans.plans[0].regression_test(None) is None
    assert not plans.plans[0].weak
    assert plans.plans[0].returns is None
