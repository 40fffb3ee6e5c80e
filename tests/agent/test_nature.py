import pytest

from suture.agent.nature import nature_of, worst
from suture.domain.patch import PatchNature

BEFORE = "def f(items, n):\n    total = sum(items)\n    return total / n\n"
HIDING = {
    "swallows": "try:\n        total = sum(items)\n    except TypeError:\n        total = 0\n",
    "suppresses": "with contextlib.suppress(TypeError):\n        total = sum(items)\n",
    "returns early": "return 0\n    total = sum(items)\n",
    "looks for tests": "total = sum(items) + ('pytest' in sys.modules)\n",
    "looks for tests by import": "import unittest.case\n    total = sum(items)\n",
    "looks for tests by name": "total = sum(items) + bool(PYTEST_VERSION)\n",
    "memorises": "if n == 7:\n        return 12\n    total = sum(items)\n",
    "memorises by expression": "total = 12 if n == 7 else sum(items)\n",
    "memorises what is put together": (
        "if n == 7:\n        return [100] * 5 + [101]\n    total = sum(items)\n"
    ),
    "memorises by assignment": (
        "total = sum(items)\n    if n == 7:\n        total = [12, {'a': -3}]\n"
    ),
}
GUARDS = {
    "answers an empty case": "if not items:\n        return None\n    total = sum(items)\n",
    "answers nothing": "if not items:\n        return\n    total = sum(items)\n",
    "skips": "for item in items:\n        if not item:\n            continue\n    total = 1 + n\n",
    "defaults": "total = sum(items or [])\n",
    "reads with a default": "total = sum(getattr(items, 'all', ()))\n",
    "gets": "total = items.get('total')\n",
}
REPAIRS = {
    "another expression": "total = sum(items) + 1\n",
    "another error": (
        "try:\n        total = sum(items)\n"
        "    except TypeError as error:\n        raise ValueError from error\n"
    ),
    "a branch that computes": "total = sum(items) if n else len(items)\n",
    "a call of a call": "total = (lambda x: x)(sum)(items)\n",
}


def after(body: str) -> str:
    return BEFORE.replace("total = sum(items)\n", body)


@pytest.mark.parametrize("name", HIDING)
def test_what_hides_the_error_is_seen(name: str) -> None:
    assert nature_of("f.py", BEFORE, after(HIDING[name])) is PatchNature.HIDES_ERROR


@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_is_seen(name: str) -> None:
    assert nature_of("f.py", BEFORE, after(GUARDS[name])) is PatchNature.GUARD


@pytest.mark.parametrize("name", REPAIRS)
def test_a_repair_is_one(name: str) -> None:
    assert nature_of("f.py", BEFORE, after(REPAIRS[name])) is PatchNature.REPAIR


def test_a_function_that_only_answers_a_constant_hides() -> None:
    assert nature_of("f.py", "def f(n):\n    return 1 / n\n", "def f(n):\n    return 0\n") is (
        PatchNature.HIDES_ERROR
    )


def test_a_constant_at_the_end_is_a_guard() -> None:
    before = "def f(n):\n    if n:\n        return n\n"
    assert nature_of("f.py", before, before + "    return None\n") is PatchNature.GUARD


def test_what_was_there_before_does_not_count() -> None:
    old = after(HIDING["swallows"])
    assert nature_of("f.py", old, old.replace("/ n", "/ (n + 1)")) is PatchNature.REPAIR


def test_what_is_no_python_has_no_nature_to_speak_of() -> None:
    assert nature_of("f.txt", "{{", "{{ }}") is PatchNature.REPAIR


def test_the_worst_of_several_counts() -> None:
    natures = [PatchNature.REPAIR, PatchNature.HIDES_ERROR, PatchNature.GUARD]
    assert worst(iter(natures)) is PatchNature.HIDES_ERROR
    assert worst(iter(())) is PatchNature.REPAIR
