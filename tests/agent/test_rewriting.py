import pytest

from suture.agent.refusals import CannotRewrite
from suture.agent.rewriting import add_import, rewrite_function
from suture.redaction import MARK

FILE = '''#!/usr/bin/env python
"""Carts."""
import math
from decimal import Decimal


class Cart:  # of a shop
    @property
    @math.cache
    def total(self):
        return sum(self.items)  # all

    def size(self): return len(self.items)


def outer():
    def inner():
        return 1
    return inner()
'''


def test_a_method_is_replaced_and_all_else_stays() -> None:
    source = "def total(self):\n    if self.items:\n        return 2\n\n    return 3  # three\n"
    changed = rewrite_function("cart.py", FILE, "Cart.total", source)
    new = (
        "    def total(self):\n        if self.items:\n            return 2\n\n"
        "        return 3  # three\n"
    )
    assert changed == FILE.replace(
        "    def total(self):\n        return sum(self.items)  # all\n", new
    )


def test_an_indented_fenced_source_with_the_same_decorators_fits_too() -> None:
    source = (
        "```python\n\n    @property\n    @math.cache\n    def total(self):\n        return 1\n```"
    )
    changed = rewrite_function("cart.py", FILE, "Cart.total", source)
    assert "    @math.cache\n    def total(self):\n        return 1\n\n    def size" in changed


def test_texts_of_several_lines_keep_their_bytes_and_docstrings_move() -> None:
    source = 'def inner():\n    """One.\n\n    Two.\n    """\n    return """a\n  b\n"""\n'
    changed = rewrite_function("cart.py", FILE, "outer.inner", source)
    assert '        """One.\n\n        Two.\n        """\n' in changed
    assert 'return """a\n  b\n"""\n' in changed


def test_a_comment_that_is_indented_less_stays_where_it_is() -> None:
    source = "    def total(self):\n# odd\n        return 1\n"
    changed = rewrite_function("cart.py", FILE, "Cart.total", source)
    assert "    def total(self):\n# odd\n        return 1\n" in changed


def test_line_ends_marks_and_a_missing_last_line_end_are_kept() -> None:
    content = "\ufeffx = 1\r\ndef f():\r\n\treturn 1"
    changed = rewrite_function("f.py", content, "f", "def f():\n    return 2\n")
    assert changed == "\ufeffx = 1\r\ndef f():\r\n    return 2"


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        ("Cart.price", "def price(): ...", "no function"),
        ("Cart.size", "def size(self): return 1\ndef other(): ...", "exactly one"),
        ("Cart.total", "def total(self:", "exactly one"),
        ("Cart.total", "  \n", "exactly one"),
        ("Cart.total", "    x = 1\n", "exactly one"),
        ("Cart.total", "def other(self): ...", "instead of"),
        ("Cart.total", "@staticmethod\ndef total(self): ...", "Decorators"),
        ("Cart.total", f"def total(self):\n    return '{MARK}'", "secret"),
        ("Cart.total", "def total(self):\n    return sum(self.items)  # all", "nothing would"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(name: str, source: str, complaint: str) -> None:
    with pytest.raises(CannotRewrite, match=complaint):
        rewrite_function("cart.py", FILE, name, source)


def complaint_about(source: str) -> str:
    try:
        rewrite_function("cart.py", FILE, "Cart.total", source)
    except CannotRewrite as complaint:
        return str(complaint)
    return ""


def test_what_only_parses_outside_the_file_is_refused() -> None:
    sources = [f"def total(self):\n return {'-' * depth}1" for depth in range(180, 200)]
    assert "The file would no longer parse." in {complaint_about(source) for source in sources}


def test_functions_that_cannot_be_told_apart_are_refused() -> None:
    twice = "def f(): ...\ndef f(): ...\n"
    with pytest.raises(CannotRewrite, match="2 functions"):
        rewrite_function("f.py", twice, "f", "def f(): return 1")
    with pytest.raises(CannotRewrite, match="can be read"):
        rewrite_function("f.py", "def f(:", "f", "def f(): ...")


def test_an_import_goes_after_the_others() -> None:
    changed = add_import("cart.py", FILE, "import re")
    assert "from decimal import Decimal\nimport re\n" in changed
    assert add_import("f.py", "# licence\nx = 1\n", "import re") == "# licence\nimport re\nx = 1\n"
    assert add_import("f.py", "", "import re") == "import re\n"
    assert add_import("f.py", '"""Doc."""', "import re") == '"""Doc."""\nimport re\n'


@pytest.mark.parametrize(
    "statement", ["x = 1", "import re\nimport os", "import re; import os", "import", "import math"]
)
def test_only_one_new_import_is_added(statement: str) -> None:
    with pytest.raises(CannotRewrite):
        add_import("cart.py", FILE, statement)


def test_nothing_is_imported_into_what_is_no_python() -> None:
    with pytest.raises(CannotRewrite):
        add_import("f.py", "def f(:", "import re")
