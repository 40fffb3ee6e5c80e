"""The runner that stands in for `python -m unittest`, on a real project."""

import runpy
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path

import pytest

from suture.toolchain import unittest_runner
from suture.verdict.junit import parse_junit

MODULE = """
import unittest


class Cart(unittest.TestCase):
    def test_passes(self):
        pass

    def test_fails(self):
        self.assertEqual(1, 2, "<&\\x00>")

    def test_raises(self):
        raise ValueError("odd")

    @unittest.skip("later")
    def test_is_skipped(self):
        pass

    def test_has_parts(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertEqual(number, 1)

    @unittest.expectedFailure
    def test_is_expected_to_fail(self):
        self.fail()

    @unittest.expectedFailure
    def test_should_fail(self):
        pass


class Broken(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise OSError("no such thing")

    def test_never_runs(self):
        pass
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    # unittest keeps one loader for a process, and that remembers where it began.
    monkeypatch.setattr(unittest.defaultTestLoader, "_top_level_dir", None)
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "test_made_up_cart.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        del sys.modules[name]


def run(*arguments: str) -> tuple[bool, dict[str, str]]:
    well = unittest_runner.main(["report.xml", *arguments])
    cases = parse_junit(Path("report.xml").read_text(encoding="utf-8"))
    return well, {case.node_id: case.outcome.value for case in cases}


@pytest.mark.usefixtures("project")
def test_every_outcome_is_reported_under_pytests_ids(capsys: pytest.CaptureFixture[str]) -> None:
    well, found = run("discover", "-s", "specs")
    cart = "specs/test_made_up_cart.py::Cart"
    assert not well
    assert found == {
        f"{cart}::test_passes": "passed",
        f"{cart}::test_fails": "failed",
        f"{cart}::test_raises": "failed",
        f"{cart}::test_is_skipped": "skipped",
        f"{cart}::test_has_parts": "failed",
        f"{cart}::test_is_expected_to_fail": "skipped",
        f"{cart}::test_should_fail": "failed",
        "setUpClass (test_made_up_cart.Broken)": "error",
    }
    assert "Ran 7 tests" in capsys.readouterr().err


def test_a_module_that_cannot_be_loaded_is_an_error(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "specs" / "test_made_up_cart.py").write_text("import nothing_like_it")
    well, found = run("discover", "-s", "specs")
    assert not well
    assert list(found.values()) == ["error"]
    assert capsys.readouterr().err


def test_it_ends_with_the_code_of_what_it_ran(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["runner", str(project / "r.xml"), "discover", "-s", "specs"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(unittest_runner.__file__), run_name="__main__")
    assert ended.value.code == 1
    assert "FAILED" in capsys.readouterr().err


def test_a_project_whose_tests_pass_is_well(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passing = "import unittest\nclass A(unittest.TestCase):\n    def test_a(self):\n        pass\n"
    (project / "specs" / "test_made_up_cart.py").write_text(passing, encoding="utf-8")
    assert run("discover", "-s", "specs") == (
        True,
        {"specs/test_made_up_cart.py::A::test_a": "passed"},
    )
    assert capsys.readouterr().err
