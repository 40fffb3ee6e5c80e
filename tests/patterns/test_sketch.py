"""Diffs that need no git process: git applies them, and they leave the very text."""

import subprocess
from pathlib import Path

import pytest

from suture.domain.patch import Sketch
from suture.patterns.sketch import shared_ends, unified_diff

LONG = "".join(f"line {number}\n" for number in range(40))
PAIRS = {
    "one line": ("a\nb\nc\n", "a\nB\nc\n"),
    "two places": (LONG, LONG.replace("line 3\n", "three\n").replace("line 30\n", "")),
    "an added line": ("a\n", "a\nb\n"),
    "the first line": ("a\nb\n", "x\na\nb\n"),
    "no final newline": ("a\nb", "a\nc"),
    "a newline at the end": ("a\nb", "a\nb\n"),
    "no newline any more": ("a\nb\n", "a\nb"),
    "windows": ("a\r\nb\r\n", "a\r\nc\r\n"),
    "a lone return": ("a\rb\nc\n", "a\rx\nc\n"),
    "a form feed": ("a\x0cb\nc\n", "a\x0cc\nc\n"),
    "all of it": ("a\n", "b\n"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_git_applies_the_diff(name: str, tmp_path: Path) -> None:
    before, after = PAIRS[name]
    (tmp_path / "a.py").write_bytes(before.encode())
    diff = unified_diff("a.py", before, after)
    assert diff is not None
    apply = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(apply, input=diff.encode(), cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "a.py").read_bytes() == after.encode()


@pytest.mark.parametrize("name", PAIRS)
def test_what_stays_at_both_ends_leads_to_the_text(name: str) -> None:
    base, text = PAIRS[name]
    before, after = shared_ends(base, text)
    middle = text[before : len(text) - after]
    sketch = Sketch(digest="0" * 64, path="a.py", before=before, after=after, middle=middle)
    assert sketch.content(base) == text


def test_a_path_that_git_would_quote_is_left_to_git() -> None:
    assert unified_diff("a b.py", "a\n", "b\n") is None
    assert unified_diff("ä.py", "a\n", "b\n") is None
