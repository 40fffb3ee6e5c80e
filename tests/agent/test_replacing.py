import pytest

from suture.agent.refusals import CannotRewrite
from suture.agent.replacing import replace_text
from suture.secret_forms import MARK


def test_a_text_is_replaced_in_any_language_and_line_ends_stay() -> None:
    content = "const a = 1;\r\nconst b = a +\r\n  2;\r\n"
    changed = replace_text("a.js", content, "a +\n  2;", "a -\n  2;")
    assert changed == "const a = 1;\r\nconst b = a -\r\n  2;\r\n"
    assert replace_text("a.go", "x := 1\n", "1", "2") == "x := 2\n"
    assert replace_text("a.py", "\ufeffx = 1\n", "1", "2") == "\ufeffx = 2\n"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("nowhere", "x", "not at all"),
        ("1", "2", "2 times"),
        ("b = 1", f'b = "{MARK}"', "stands for a secret"),
        ("b = 1", "b = 1", "nothing would change"),
        ("b = 1", "b = (", "no longer parse"),
    ],
)
def test_what_cannot_be_replaced_is_told(old: str, new: str, problem: str) -> None:
    with pytest.raises(CannotRewrite, match=problem):
        replace_text("a.py", "a = 1\nb = 1\n", old, new)
