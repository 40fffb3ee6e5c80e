import ast

import pytest

from suture.localisation.cause import cause_in_settings, find_cause
from suture.localisation.evidence import said_by
from suture.localisation.functions import function_nodes
from suture.localisation.returns import none_line
from tests.builders.stage import Stage, report


def cause(stage: Stage, statement: str, **changes: object) -> tuple[str, str | None, int] | None:
    alert = stage.failing(statement, **changes)
    found = find_cause(stage.evidence(alert), said_by(alert), stage.snapshot())
    place = found.location if found else None
    return (place.path, place.function, place.line) if place else None


def test_none_is_followed_back_to_the_function_that_returned_it(stage: Stage) -> None:
    stage.commit(
        {
            "find.py": (
                "def find(rows, key):\n    for row in rows:\n        if row[0] == key:\n"
                "            return row\n"
            ),
            "use.py": (
                "from find import find\n\n\ndef use(rows, key):\n    row = find(rows, key)\n"
                "    return row[1]\n"
            ),
        }
    )
    assert cause(stage, "import use; use.use([], 1)") == ("find.py", "find", 2)


def test_without_a_better_place_the_crash_is_the_cause(stage: Stage) -> None:
    stage.commit({"use.py": "def use(rows):\n    return rows[3]\n"})
    assert cause(stage, "import use; use.use([])") == ("use.py", "use", 2)
    assert cause(stage, "import use; use.use(None)") == ("use.py", "use", 2)
    assert find_cause(stage.evidence(report()), "", stage.snapshot()) is None


def test_the_changed_function_that_failed_is_the_cause(stage: Stage) -> None:
    stage.commit({"use.py": "def use(rows):\n    return rows[-1]\n"}, "Start")
    stage.commit({"use.py": "def use(rows):\n    return rows[len(rows)]\n"}, "Mend")
    assert cause(stage, "import use; use.use([1])") == ("use.py", "use", 2)


def test_makers_that_always_return_something_are_passed_over(stage: Stage) -> None:
    lib = (
        "def pick(x):\n    if x:\n        return x\n\n\ndef sure():\n    return {}\n\n\n"
        "def use(x):\n    return sure()[pick(x).y]\n"
    )
    stage.commit({"lib.py": lib})
    assert cause(stage, "import lib; lib.use(0)") == ("lib.py", "pick", 2)


def test_a_caller_that_passes_none_is_not_looked_for_in_callees(stage: Stage) -> None:
    stage.commit(
        {"lib.py": "def sure():\n    return {}\n\n\ndef use(x):\n    return sure()[x.y]\n"}
    )
    assert cause(stage, "import lib; lib.use(None)") == ("lib.py", "use", 6)


def test_a_table_that_the_suspect_changed_is_the_cause(stage: Stage) -> None:
    rates = 'RATES = {\n    "a": 1,\n}\n\n\ndef rate(name):\n    return RATES[name]\n'
    use = "from rates import rate\n\n\ndef fee(name):\n    return 2 - rate(name)\n"
    stage.commit({"rates.py": rates, "use.py": use}, "Start")
    stage.commit({"rates.py": rates.replace('"a": 1,', '"a": 1,\n    "b": "2",')}, "Add b")
    assert cause(stage, "import use; use.fee('b')") == ("rates.py", None, 3)


@pytest.mark.parametrize(
    ("settings", "place"),
    [("app.toml", ("app.toml", None, 1)), ("Pipfile.lock", ("app.py", "limit_of", 2))],
)
def test_a_setting_is_the_cause_where_the_error_names_it(
    stage: Stage, settings: str, place: tuple[str, str | None, int]
) -> None:
    app = "def limit_of(settings):\n    return settings['limit']\n"
    stage.commit({"app.py": app, settings: "\n"}, "Start")
    stage.commit({settings: "limit = 1\n"}, "Set")
    assert cause(stage, "import app; app.limit_of({})") == place


def test_a_setting_that_the_error_does_not_name_is_no_cause(stage: Stage) -> None:
    stage.commit({"app.py": "def f(x):\n    return x['limit']\n", "app.toml": "\n"}, "Start")
    stage.commit({"app.toml": "limit = 1\n"}, "Set")
    evidence = stage.evidence(stage.failing("import app; app.f({})"))
    assert cause_in_settings(evidence, "KeyError: 'limit'", stage.snapshot()) is not None
    assert cause_in_settings(evidence, "KeyError: 'colour'", stage.snapshot()) is None


@pytest.mark.parametrize(
    ("before", "after", "call", "expected"),
    [
        ("def area(a):", "def area(a, b):", "area(1)", ("use.py", "use", 5)),
        ("def area(a, b=1):", "def area(b=1, a=2):", "area([1])", ("use.py", "use", 5)),
        ("def area(a):", "def size(a):", "area(1)", ("use.py", "use", 5)),
    ],
)
def test_a_call_that_was_left_behind_is_the_cause(
    stage: Stage, before: str, after: str, call: str, expected: tuple[str, str, int]
) -> None:
    body = "\n    return a.x\n"
    use = f"import lib\n\n\ndef use():\n    return lib.{call}\n"
    stage.commit({"lib.py": before + body, "use.py": use}, "Start")
    stage.commit({"lib.py": after + body}, "Change the parameters")
    assert cause(stage, "import use; use.use()") == expected


def test_what_decides_about_a_refusal_may_be_its_cause(stage: Stage) -> None:
    room = (
        "from slots import overlaps\n\n\ndef book(taken, slot):\n    for other in taken:\n"
        "        if overlaps(other, slot):\n            raise ValueError('taken')\n"
    )
    slots = "def overlaps(one, other):\n    return one[0] < other[1] and other[0] < one[1]\n"
    stage.commit({"room.py": room, "slots.py": slots}, "Start")
    stage.commit({"slots.py": slots.replace("<", "<=")}, "Be strict")
    stage.commit({"room.py": '"""Rooms."""\n' + room}, "Document")
    assert cause(stage, "import room; room.book([(1, 2)], (2, 3))") == ("slots.py", "overlaps", 2)


def test_a_changed_caller_is_no_cause_unless_the_error_speaks_of_the_change(stage: Stage) -> None:
    lib = "def area(shape):\n    return shape['w'] * shape['h']\n"
    use = "from lib import area\n\n\ndef use(shape):\n    return area(shape)\n"
    stage.commit({"lib.py": lib, "use.py": use}, "Start")
    stage.commit({"use.py": use.replace("return area", "unit = 1\n    return unit * area")}, "Unit")
    assert cause(stage, "import use; use.use({'w': 1})") == ("lib.py", "area", 2)
    stage.commit({"use.py": use.replace("area(shape)", "area({'width': shape['w']})")}, "Width")
    changed = cause(stage, "import use; use.use({'w': 1})")
    assert changed is not None


def test_a_failed_assertion_leads_to_the_code_under_test(stage: Stage) -> None:
    lib = "def double(x):\n    return 2 + x\n"
    test = "from lib import double\n\n\ndef test_double():\n    assert double(3) == 6\n"
    stage.commit({"lib.py": lib, "test_lib.py": test})
    found = cause(stage, "import test_lib; test_lib.test_double()", kind="test_failure")
    assert found == ("lib.py", "double", 1)
    stage.commit({"test_lib.py": "def test_double():\n    assert not 1\n"})
    assert cause(stage, "import test_lib; test_lib.test_double()", kind="test_failure") is None


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("return 1", None),
        ("pass", None),
        ("return None", None),
        ("if x:\n        return 1", 2),
        ("if x:\n        return 1\n    return None", 4),
        ("if x:\n        return 1\n    return", 4),
        ("if x:\n        return 1\n    else:\n        raise ValueError", None),
        ("while True:\n        if x:\n            return 1", None),
        ("while x:\n        return 1", 2),
        ("with x:\n        return 1", None),
        ("try:\n        return 1\n    except OSError:\n        pass", 2),
        ("try:\n        return 1\n    except OSError:\n        raise", None),
        ("try:\n        x()\n    finally:\n        return 1", None),
        ("f = lambda: None\n    return f", None),
        ("def g():\n        return None\n    return g", None),
    ],
)
def test_whether_a_function_may_return_none(body: str, line: int | None) -> None:
    tree = ast.parse(f"def f(x):\n    {body}\n")
    node = next(node for name, node in function_nodes(tree) if name == "f")
    assert none_line(node) == line
