import pytest

from suture.agent.reproduction import objection_to_test
from suture.redaction import MARK

GOOD = (
    "from decimal import Decimal\nimport shop.cart\n\n\n"
    "def test_it():\n    shop.cart.total([Decimal(1)])\n"
)


def test_a_plain_call_of_the_project_is_fine() -> None:
    assert objection_to_test(GOOD) == ""


@pytest.mark.parametrize(
    "source",
    [
        "def test_it(:",
        "x = 1\n",
        "def test_a(): ...\ndef test_b(): ...\n",
        f"def test_it():\n    f('{MARK}')\n",
        "def test_it():\n    raise KeyError('x')\n",
        "def test_it():\n    assert False\n",
        "def test_it():\n    try:\n        f()\n    finally:\n        g()\n",
        "import os\ndef test_it(): ...\n",
        "from unittest import mock\ndef test_it(): ...\n",
        "def test_it(monkeypatch): ...\n",
        "def test_it():\n    print('x.py:1: KeyError')\n",
        "def test_it():\n    pytest.fail()\n",
        "def test_it():\n    f.__globals__\n",
        "import shop\ndef test_it():\n    shop.total = None\n",
    ],
)
def test_what_could_pretend_to_fail_is_not_tried(source: str) -> None:
    assert objection_to_test(source)
