import pytest

from exporters.builtin import load
from exporters.registry import export


def test_nothing_is_registered_before_loading():
    with pytest.raises(LookupError):
        export("lines", [])


def test_rows_become_lines():
    load()
    assert export("lines", [1, 2]) == "1\n2"
