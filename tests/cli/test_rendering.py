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
