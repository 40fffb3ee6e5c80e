import pytest

from suture.domain.alert import AlertKind, ExceptionInfo, Frame
from suture.localisation.commit_changes import changes_of
from tests.builders.stage import Stage, report

CART = '''\
"""The cart."""

LIMIT = 3


class Cart:
    size = 1

    def total(self, prices, tax):
        """Return the sum."""
        def inner():
            return 1
        return sum(prices) + tax
'''


def units(stage: Stage, sha: str) -> dict[str, frozenset[str]]:
    repository = stage.repository
    (commit,) = repository.log(sha, limit=1)
    changes = changes_of(commit, repository, frozenset())
    return {name: words for (_, name), words in changes.units.items()}


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ('"""Return the sum."""', '"""Return all."""', {}),
        ("return sum(prices) + tax", "return (sum(prices)\n                + tax)  # all", {}),
        ("+ tax", "- tax", {"Cart.total": set()}),
        ("(self, prices, tax)", "(self, tax, prices)", {"Cart.total": set()}),
        ("sum(prices)", "fsum(prices)", {"Cart.total": {"sum", "fsum"}}),
        ("LIMIT = 3", "LIMIT = 4", {"": {"3", "4"}}),
        ("size = 1", "length = 1", {"Cart": {"size", "length"}}),
        ("return 1", "return 2", {"Cart.total": {"1", "2"}, "Cart.total.inner": {"1", "2"}}),
        ("    def total", "    @property\n    def total", {"Cart.total": {"property"}}),
        ("class Cart", "def broken(:\nclass Cart", None),
    ],
)
def test_a_change_is_what_changes_the_meaning(
    stage: Stage, old: str, new: str, changed: dict[str, set[str]] | None
) -> None:
    stage.commit({"cart.py": CART})
    sha = stage.commit({"cart.py": CART.replace(old, new)})
    if changed is None:
        assert set(units(stage, sha)) == {"", "Cart", "Cart.total", "Cart.total.inner"}
    else:
        assert units(stage, sha) == changed


def test_a_moved_file_is_compared_with_its_old_self(stage: Stage) -> None:
    stage.commit({"cart.py": CART, "other.py": "x = 1\n"})
    moved = stage.commit({"cart.py": None, "shop/cart.py": CART, "other.py": "x = 2\n"})
    assert units(stage, moved) == {"": {"1", "2"}}
    new = stage.commit({"shop/rates.py": "def rate():\n    return 1\n", "b/cart.py": "y = 1\n"})
    assert set(units(stage, new)) == {"rate", ""}
    gone = stage.commit({"b/cart.py": None})
    assert units(stage, gone) == {}


def test_a_page_that_is_no_code_is_suspected_by_file_and_blame(stage: Stage) -> None:
    stage.commit({"page.html": "function f(x) {\n  return x.y;\n}\n"}, "Start")
    guilty = stage.commit({"page.html": "function f(x) {\n  return x.z.y;\n}\n"}, "Change")
    frame = Frame(filename="/app/page.html", function="f", lineno=2, context_line="  return x.z.y;")
    evidence = stage.evidence(
        report(exceptions=(ExceptionInfo(type="TypeError", frames=(frame,)),))
    )
    assert evidence.suspects[0].commit == guilty
    assert len(evidence.suspects[0].reasons) == 2


def test_a_name_that_was_taken_away_and_is_missed_is_a_strong_reason(stage: Stage) -> None:
    model = "class Room:\n    def __init__(self, colour):\n        self.colour = colour\n"
    stage.commit({"model.py": model, "paint.py": "def paint(room):\n    return 1\n"}, "Start")
    stage.commit(
        {"paint.py": "from model import Room\n\n\ndef paint(room: Room):\n    return room.colour\n"}
    )
    guilty = stage.commit({"model.py": model.replace("colour", "hue")}, "Rename")
    alert = stage.failing("import model, paint; paint.paint(model.Room('red'))")
    top = stage.evidence(alert).suspects[0]
    assert top.commit == guilty
    assert any("took away colour" in reason for reason in top.reasons)


def test_a_changed_test_is_suspected_only_when_a_test_failed(stage: Stage) -> None:
    code = "def double(x):\n    return 2 * x\n"
    test = "from code_ import double\n\n\ndef test_double():\n    assert double(2) == 4\n"
    stage.commit({"code_.py": code, "test_code.py": test}, "Start")
    guilty = stage.commit({"test_code.py": test.replace("== 4", "== 5")}, "Edit the test")
    alert = stage.failing("import test_code; test_code.test_double()")
    failed = alert.model_copy(update={"kind": AlertKind.TEST_FAILURE})
    assert stage.evidence(failed).suspects[0].commit == guilty
    judged = stage.evidence(alert).suspects
    assert not any("changed test_double" in reason for each in judged for reason in each.reasons)
