"""Near mutants of a fix."""

import ast

import pytest

from suture.verdict.mutants import MAX_MUTANTS, changed_lines, near_mutants

BASE = "def pay(total, rate):\n    return total\n"


def contents(base: str, fixed: str, path: str = "pay.py") -> list[str]:
    return [mutant.content for mutant in near_mutants(path, base, fixed)]


@pytest.mark.parametrize(
    ("fixed", "mutant"),
    [
        ("return total * rate", "return (total) / (rate)"),
        ("return total < rate", "return (total) <= (rate)"),
        ("return total and rate", "return ((total) or (rate))"),
        ("return total and rate", "return (rate)"),
        ("return not total", "return (total)"),
        ("return 7", "return 8"),
        ("return 7", "return 6"),
        ("return 0", "return (-1)"),
        ("return True", "return False"),
        ("return 'paid'", "return ''"),
        ("return ''", "return 'mutant'"),
        ("return total", "return None"),
        ("total += rate", "pass"),
        ("while total: total -= 1", "while not (total): total -= 1"),
    ],
)
def test_each_class_of_small_fault_is_put_in(fixed: str, mutant: str) -> None:
    made = contents(BASE.replace("return total", "return"), BASE.replace("return total", fixed))
    assert BASE.replace("return total", mutant) in made


def test_every_mutant_parses_and_differs_from_fix_and_base() -> None:
    fixed = BASE.replace("total\n", "round(total * (1 + rate), 2) if rate > 0 else total\n")
    made = contents(BASE, fixed)
    assert len(made) == len(set(made)) > 5
    assert not {BASE, fixed} & set(made)
    for content in made:
        ast.parse(content)


def test_only_what_the_fix_changed_is_mutated() -> None:
    base = "LIMIT = 10\n\n\n" + BASE
    fixed = base.replace("return total", "return total * rate")
    assert changed_lines(base, fixed) == (5,)
    assert all("LIMIT = 10" in content for content in contents(base, fixed))


@pytest.mark.parametrize(
    ("before", "after", "mutated", "left"),
    [
        (
            "    if total > 3:\n        return rate\n",
            "    if total > 3 and rate:\n        return rate\n",
            {"if not (total > 3 and rate)", "if ((total > 3) or (rate))", "if (total > 3)"},
            {"if (rate)", "total) >= (3", "total > 4", "return None"},
        ),
        (
            "    total += 7\n    return total\n",
            "    if rate:\n        total += 7\n    return total\n",
            {"if not (rate)"},
            {"pass", "total += 8"},
        ),
        (
            "    total += 7\n    rate = total\n    return rate\n",
            "    rate = total\n    total += 7\n    return rate\n",
            {"pass"},
            {"return None"},
        ),
    ],
)
def test_what_stands_on_a_changed_line_as_before_is_left_alone(
    before: str, after: str, mutated: set[str], left: set[str]
) -> None:
    made = contents(*(BASE.replace("    return total\n", body) for body in (before, after)))
    assert {text for text in mutated if not any(text in content for content in made)} == set()
    assert {text for text in left if any(text in content for content in made)} == set()


def test_where_the_base_does_not_parse_all_of_a_changed_line_is_new() -> None:
    made = contents("def pay(total, rate:\n", BASE.replace("return total", "return total > 3"))
    assert any("return (total) >= (3)" in content for content in made)


def test_a_long_fix_gets_some_mutants_of_every_part() -> None:
    body = "".join(f"    total += {number}\n" for number in range(100))
    fixed = BASE.replace("    return total\n", f"{body}    return total\n")
    mutants = near_mutants("pay.py", BASE, fixed)
    assert len(mutants) == MAX_MUTANTS
    assert max(mutant.line for mutant in mutants) > 80


@pytest.mark.parametrize(
    ("path", "fixed"),
    [
        ("pay.js", BASE.replace("total\n", "rate\n")),
        ("pay.py", "def pay(:\n"),
        ("pay.py", BASE),
        ("pay.py", "def pay(total, rate):\n    '''Add it up.'''\n    return None\n"),
        ("pay.py", "def pay(total, rate):\n    a < b < c\n"),
    ],
)
def test_what_cannot_be_varied_has_no_mutants(path: str, fixed: str) -> None:
    assert [c for c in contents(BASE, fixed, path) if "a < b" not in c and "pass" not in c] == []


def test_a_variant_that_does_not_compile_is_left_out() -> None:
    fixed = BASE.replace("return total", "return f'{total}'")
    assert all("mutant" not in content for content in contents(BASE, fixed))
    match = "match total:\n        case -0.5:\n            return rate"
    made = contents(BASE, BASE.replace("return total", match))
    assert made
    assert all("-(" not in content for content in made)


def test_the_base_itself_is_no_mutant() -> None:
    base = BASE.replace("return total", "return 7")
    assert base not in contents(base, BASE.replace("return total", "return 8"))
