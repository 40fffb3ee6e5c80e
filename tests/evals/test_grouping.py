"""The suite of seeded faults, on a library that is small and made up."""

import json
import subprocess
import sys
from importlib.resources import files as resources
from pathlib import Path

import pytest

from evals.grouping.mutants import MAX_PER_FUNCTION, Mutant, make_mutants
from evals.suites.grouping import DEVELOPED, JUDGING, b_cubed, choose, load

LIBRARY = '''"""Prices."""

RATES = {"pen": (2, 3), "ink": (4, 5)}


def rate(name):
    return RATES[name][0]


def total(names, factor=None):
    prices = sorted(rate(name) for name in names)
    if factor is not None and not names:
        return prices[0] + factor
    return sum(prices) + len(names)


class Cart:
    def add(self, name):
        self.names = [name]
        return self.names
'''
SERVICE = """import sys
import shop

def op_pen(): return shop.total(["pen"]) + 1
def op_both(): return shop.total(["pen", "ink"]) * 2
def op_cart(): return shop.Cart().add("pen").pop()
def op_broken(): raise LookupError("always")
def op_endless():
    if shop.rate("pen") != 2:
        while True: pass
def op_gone(): sys.exit(1) if shop.rate("ink") != 4 else 0
"""


def ran(folder: Path, *sources: str) -> dict[str, dict[str, str]]:
    """Return what the driver finds on these sources, by their numbers."""
    (folder / "app").mkdir()
    (folder / "app" / "shop.py").write_text(LIBRARY)
    (folder / "app" / "service.py").write_text(SERVICE)
    mutants = {str(number): source for number, source in enumerate(sources)}
    (folder / "mutants.json").write_text(
        json.dumps({"file": "shop.py", "seconds": 0.1, "mutants": mutants})
    )
    driver = str(resources("evals.grouping") / "driver.py")
    subprocess.run([sys.executable, driver], cwd=folder, check=True)
    found: dict[str, dict[str, str]] = json.loads((folder / "found.json").read_text())
    return found


def test_each_mutant_has_one_fault_on_one_line_that_keeps_its_number() -> None:
    mutants = list(make_mutants(LIBRARY, "1"))
    assert mutants == list(make_mutants(LIBRARY, "1"))
    assert mutants != list(make_mutants(LIBRARY, "2"))
    original = LIBRARY.split("\n")
    for mutant in mutants:
        changed = [
            number
            for number, (old, new) in enumerate(
                zip(original, mutant.text.split("\n"), strict=True), 1
            )
            if old != new
        ]
        assert changed == [mutant.line]
    functions = [mutant.function for mutant in mutants]
    assert max(functions.count(name) for name in functions) == MAX_PER_FUNCTION
    kinds = {
        mutant.name.partition(":")[2]
        for seed in "123456789"
        for mutant in make_mutants(LIBRARY, seed)
    }
    assert kinds == {
        "argument", "assign", "attribute", "comparison", "index", "not", "operator", "return",
    }  # fmt: skip
    keyed = list(make_mutants('def f(row):\n    return row["name"]\n', "4"))
    assert any("name_" in mutant.text for mutant in keyed + list(
        make_mutants('def f(row):\n    g(row["name"])\n    row["name"]\n', "1")))  # fmt: skip


def test_what_does_not_compile_is_no_mutant() -> None:
    # Before Python 3.12 the places of what is inside an f-string are not its own.
    source = 'def f(a, b):\n    g(f"{a.b} and {a == b}", f"{not a}" + b)\n    return f"{a.c}"\n'
    for seed in "12345":
        for mutant in make_mutants(source, seed):
            compile(mutant.text, "mutant", "exec")


def test_operations_that_fail_because_of_a_mutant_are_found(tmp_path: Path) -> None:
    returned = LIBRARY.replace("return RATES[name][0]", "return None")
    renamed = LIBRARY.replace("return self.names", "return self.names_")
    unreadable = LIBRARY.replace("def rate", "import nothing_of_this_name\ndef rate")
    found = ran(tmp_path, returned, renamed, unreadable)
    assert set(found["0"]) == {"op_both", "op_pen"}
    assert "NoneType" in found["0"]["op_both"]
    assert set(found["1"]) == {"op_cart"}
    assert found["2"] == {}


def trace(line: int, *, text: str = "x()", function: str = "total") -> str:
    return (
        "Traceback (most recent call last):\n"
        f'  File "/app/shop.py", line {line}, in {function}\n    {text}\n'
        "ValueError: no\n"
    )


def test_faults_count_that_show_twice_and_as_no_other_does() -> None:
    mutants = {name: Mutant(name, "total", 7, "") for name in "abcdef"}
    found = {
        "a": {"op_1": trace(1), "op_2": trace(2)},
        "b": {"op_1": trace(3)},
        "c": {"op_1": trace(4), "op_2": trace(2)},
        "d": {"op_1": trace(7), "op_2": trace(7, function="rate")},
        "e": {"op_1": trace(7, text="y()"), "op_2": trace(7, text="z()")},
        "f": {"op_1": trace(5), "op_2": trace(6)},
    }
    assert [(each.cause, each.operation) for each in choose(found, mutants)] == [
        ("a", "op_1"), ("a", "op_2"), ("d", "op_1"), ("d", "op_2"), ("f", "op_1"), ("f", "op_2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("groups", "precision", "recall"),
    [("xxyy", 1.0, 1.0), ("xxxx", 0.5, 1.0), ("xyzw", 1.0, 0.5), ("xxxy", 2 / 3, 0.75)],
)
def test_b_cubed_is_the_mean_over_all_traces(groups: str, precision: float, recall: float) -> None:
    scored = b_cubed("aabb", groups)
    assert (round(scored.precision, 9), scored.recall) == (round(precision, 9), recall)
    assert scored.f1 == pytest.approx(2 * precision * recall / (precision + recall))


def test_nothing_scores_nothing() -> None:
    assert b_cubed("", "").f1 == 0.0


def test_projects_that_judge_are_none_that_the_recipe_was_developed_on() -> None:
    suite = load(None)
    assert {item.name for item in suite.items if item.group == "judging"} == set(JUDGING)
    assert not set(JUDGING) & set(DEVELOPED)
    services = resources("evals.grouping") / "services"
    for item in suite.items:
        assert "def op_" in (services / f"{item.name}.py").read_text()
