"""A small project whose tests fail in every way, and what CI systems make of its output."""

import re
import subprocess
import sys
from pathlib import Path

SHOP = """
def average(items):
    return sum(items) / len(items)


def report(items):
    try:
        return average(items)
    except ZeroDivisionError as error:
        raise ValueError("no items") from error
"""
TESTS = """
import unittest
import pytest
import shop


def test_average_of_nothing():
    assert shop.average([]) == 0


@pytest.mark.parametrize("items", [[], [1]], ids=["no items - none", "one"])
def test_report(items):
    shop.report(items)


class TestTotal:
    def test_total(self):
        print("Traceback (most recent call last):")
        assert 1 + 1 == 3


@pytest.fixture
def broken():
    raise RuntimeError("no database")


def test_with_fixture(broken):
    pass


class Old(unittest.TestCase):
    def test_old(self):
        self.assertEqual(1, 2)
"""
FAILED = {
    "test_shop.py::test_average_of_nothing": "ZeroDivisionError: division by zero",
    "test_shop.py::test_report[no items - none]": "ValueError: no items",
    "test_shop.py::TestTotal::test_total": "AssertionError: assert (1 + 1) == 3",
    "test_shop.py::test_with_fixture": "RuntimeError: no database",
    "test_shop.py::Old::test_old": "AssertionError: 1 != 2",
    "test_lost.py": "ModuleNotFoundError: No module named 'not_there'",
}


def write_project(folder: Path) -> Path:
    (folder / "shop.py").write_text(SHOP, encoding="utf-8")
    (folder / "test_shop.py").write_text(TESTS, encoding="utf-8")
    (folder / "test_lost.py").write_text("import not_there\n", encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return folder


def run(folder: Path, module: str, *options: str) -> str:
    """Return what a test runner prints; it reports to either stream."""
    finished = subprocess.run(
        [sys.executable, "-m", module, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        # Plug-ins that happen to be installed here only take time.
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=110,
    )
    return finished.stdout + finished.stderr


def pytest_output(folder: Path, *options: str) -> str:
    always = ("-p", "no:cacheprovider", "--continue-on-collection-errors")
    return run(folder, "pytest", *always, *options)


def github(text: str) -> str:
    """Return an output as a hosted runner stores it."""
    lines = ["##[group]Run pytest", "##[endgroup]", *text.splitlines()]
    lines.append("##[error]Process completed with exit code 1.")
    return "\n".join(
        f"2026-05-04T08:31:07.{number:07}Z {line}" for number, line in enumerate(lines)
    )


def github_cli(text: str) -> str:
    """Return a stored output as `gh run view --log` prints it."""
    return "\n".join(f"test\tUNKNOWN STEP\t{line}" for line in github(text).splitlines())


def gitlab(text: str) -> str:
    """Return an output with section marks and colours."""
    coloured = re.sub(r"^(FAILED|E )", "\x1b[31m\\1\x1b[0m", text, flags=re.MULTILINE)
    start = "section_start:1777883467:step_script\r\x1b[0K\x1b[0K\x1b[36;1m$ pytest\x1b[0;m"
    end = "section_end:1777883468:step_script\r\x1b[0K"
    failed = "\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m"
    return "\n".join(["Running with gitlab-runner 17.0.0", start, coloured, end + failed, ""])
