"""Foreign text can neither steer the terminal nor mark up."""

import io

import pytest
from rich.console import Console

from apps.cli.rendering import clean, diff, line, plain, table


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x9b31m", "\r", "\u202e", "\x07", "\u2066"])
def test_what_steers_a_terminal_is_taken_out(hostile: str) -> None:
    assert hostile not in clean(f"before{hostile}after")


def test_line_ends_and_tabs_stay() -> None:
    assert clean("a\n\tb") == "a\n\tb"


def test_a_line_is_one_line_and_bounded() -> None:
    assert line("a\nb") == "a b"
    assert len(line("x" * 10_000)) == 400


def test_markup_in_foreign_text_is_shown_as_it_is() -> None:
    out = io.StringIO()
    Console(file=out, width=100).print(table(("[b]x[/b]",), [["[red]y[/red]"]]), plain("[i]z"))
    assert "[red]y[/red]" in out.getvalue()
    assert "[i]z" in out.getvalue()


def test_a_diff_is_coloured_without_changing_it() -> None:
    text = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n same\n"
    shown = diff(text)
    assert shown.plain == text
    assert {str(span.style) for span in shown.spans} == {"bold", "cyan", "red", "green"}


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_name_to_copy_is_never_cut_and_nothing_else_is_lost(width: int) -> None:
    name, title = f"incident-v1-{'till' * 15}-0123456789abcdef", "word " * 30
    rows = [("2026-11-21", "high", "pull_request_ready", (name, title))]
    out = io.StringIO()
    shown = table(("opened", "severity", "state", "incident"), rows, whole=3)
    Console(file=out, width=width).print(shown, crop=False)
    assert name in out.getvalue().split()
    assert out.getvalue().count("word") == 30
    assert "…" not in out.getvalue()


def test_a_long_title_does_not_widen_the_column_of_names() -> None:
    out = io.StringIO()
    shown = table(("incident",), [(("name", "x" * 300),)], whole=0)
    Console(file=out, width=80).print(shown, crop=False)
    assert max(map(len, out.getvalue().splitlines())) == 80
    assert out.getvalue().count("x") == 300
