"""A checkout laid out like QuixBugs becomes cases whose repositories hold half of the tests."""

from pathlib import Path

import pytest

from evals.case import Prepared
from evals.suites import quixbugs
from evals.suites.quixbugs import Program, Runner, cases_of, halved
from suture.domain.verification import TestOutcome
from suture.errors import InvalidInput

BUGGY = "def double(n):\n    if n == 99:\n        while True:\n            pass\n    return n + 2\n"
RIGHT = "def double(n):\n    return n * 2\n"
OVERFITTED = "def double(n):\n    return {1: 2, 2: 4, 3: 6, 4: 8, 99: 198}[n]\n"
LOADER = (
    "import json\nfrom pathlib import Path\n\n\ndef load_json_testcases(name):\n"
    '    place = Path(__file__).parent.parent / "json_testcases" / f"{name}.json"\n'
    "    return [json.loads(line) for line in place.read_text().splitlines()]\n"
)
HEAD = (
    "import pytest\n\nif pytest.use_correct:\n    from correct_python_programs.{0} import {0}\n"
    "else:\n    from python_programs.{0} import {0}\n"
)
BY_DATA = (
    "from load_testdata import load_json_testcases\n\n\n"
    '@pytest.mark.parametrize("given,expected", load_json_testcases("double"))\n'
    "def test_double(given, expected):\n    assert double(*given) == expected\n"
)
BY_FUNCTIONS = "from node import Node\n" + "".join(
    f"\n\ndef test{n}():\n    assert last(Node({n})) == {n}\n" for n in range(4)
)
NODE = "class Node:\n    def __init__(self, value):\n        self.value = value\n"
ROWS = "[[1], 2]\n[[2], 4]\n[[3], 6]\n[[4], 8]\n[[99], 198]\n"
FILES = {
    "python_programs/double.py": BUGGY,
    "python_programs/last.py": "def last(node):\n    return min(node.value, 1)\n",
    "python_programs/node.py": NODE,
    "python_programs/last_test.py": "",
    "correct_python_programs/double.py": RIGHT,
    "correct_python_programs/last.py": "def last(node):\n    return node.value\n",
    "python_testcases/load_testdata.py": LOADER,
    "python_testcases/node.py": NODE,
    "python_testcases/test_double.py": HEAD.format("double") + BY_DATA,
    "python_testcases/test_last.py": HEAD.format("last") + BY_FUNCTIONS,
    "python_testcases/test_lost.py": "",
    "json_testcases/double.json": ROWS,
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkout")
    quixbugs.write(FILES, path)
    return path


def prepared(checkout: Path, name: str, directory: Path) -> Prepared:
    (case,) = [case for case in quixbugs.load(checkout).cases if case.name == name]
    return case.prepare(directory)


def test_what_is_no_checkout_is_refused(tmp_path: Path) -> None:
    for path in (None, tmp_path):
        with pytest.raises(InvalidInput):
            quixbugs.load(path)


def test_programs_with_a_right_version_and_tests_are_cases(checkout: Path) -> None:
    assert [case.name for case in quixbugs.load(checkout).cases] == ["double", "last"]


def test_a_case_holds_the_buggy_program_and_half_of_each_kind_of_test(
    checkout: Path, tmp_path: Path
) -> None:
    case = prepared(checkout, "double", tmp_path)
    rows = (case.repository / "json_testcases/double.json").read_text().splitlines()
    assert len(rows) == 3
    assert "[[2], 4]" in rows
    assert not (case.repository / "correct_python_programs").exists()
    assert "2 failed, 1 passed" in case.event
    assert case.judge is not None
    assert case.judge.files["json_testcases/double.json"] == ROWS
    assert case.judge.reference == {"python_programs/double.py": RIGHT}


def test_test_functions_are_halved_where_there_are_no_data(checkout: Path, tmp_path: Path) -> None:
    case = prepared(checkout, "last", tmp_path)
    shown = (case.repository / "python_testcases/test_last.py").read_text()
    assert shown.count("def test") == 2
    assert "1 failed, 1 passed" in case.event
    assert case.judge is not None
    assert "correct_python_programs/node.py" in case.judge.files


def test_a_program_whose_tests_all_pass_is_no_case(tmp_path: Path) -> None:
    right = {**FILES, "python_programs/double.py": RIGHT}
    quixbugs.write(right, tmp_path / "checkout")
    with pytest.raises(InvalidInput, match="No test of double fails"):
        prepared(tmp_path / "checkout", "double", tmp_path / "case")


def test_the_judge_compares_with_the_right_program(checkout: Path, tmp_path: Path) -> None:
    program = Program(checkout=checkout, name="double")
    judge = quixbugs.judge_of(program, 5.0)
    runner = Runner(tmp_path)
    for text, failures in ((RIGHT, 0), (OVERFITTED, 1)):
        tree = {**program.files(5.0), **judge.files, "python_programs/double.py": text}
        cases = cases_of(runner.run(tree))
        assert len(cases) == 6
        assert sum(case.outcome is TestOutcome.FAILED for case in cases) == failures


def test_the_larger_half_is_always_the_same() -> None:
    assert halved("double", range(5)) == halved("double", range(5))
    assert len(halved("double", range(5))) == 3
    assert halved("double", [7]) == [7]
