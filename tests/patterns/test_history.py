"""What changed since all was well, and putting it back."""

from suture.domain.patch import PatchNature
from suture.patterns import Draft, propose
from suture.patterns.history import hunks_between
from suture.patterns.source import SourceFile
from tests.patterns.crashes import APP, Example, scene_of


def parsed(text: str) -> SourceFile:
    file = SourceFile.parse(APP, text)
    assert file is not None
    return file


def restored(good: str, before: str, driver: str) -> list[Draft]:
    drafts = propose(scene_of(Example(before, driver, "", good)), 50)
    return [draft for draft in drafts if draft.nature is PatchNature.RESTORE]


BROKEN = "def mean(values):\n    return sum(values) / len(values)\n"
MEAN = BROKEN.replace(":\n", ":\n    if not values:\n        return 0\n")
OTHER = "def double(value):\n    return 2 * value\n"


def test_a_function_that_moved_shows_only_what_was_changed_in_it() -> None:
    drafts = restored(MEAN + OTHER, OTHER + BROKEN, "mean([])")
    assert drafts[0].content == OTHER + MEAN


def test_a_function_that_was_renamed_and_indented_is_still_known() -> None:
    now = "class Sums:\n    @staticmethod\n    def average(values):\n"
    good = "def mean(values):\n    total = sum(values)\n\n    count = len(values) or 1\n"
    good += "    more = total\n    return more / count\n"
    body = "        total = sum(values)\n\n        count = len(values){}\n"
    body += "        more = total\n        return more / count\n"
    drafts = restored(good, now + body.format(""), "Sums.average([])")
    assert now + body.format(" or 1") in [draft.content for draft in drafts]


def test_a_function_that_was_removed_can_come_back() -> None:
    good = OTHER + "def show(value):\n    return double(value)\n"
    drafts = restored(good, "def show(value):\n    return double(value)\n", "show(1)")
    assert good in [draft.content for draft in drafts]


def test_what_a_function_lost_at_the_end_of_the_file_comes_back() -> None:
    good = "def add(rows, row):\n    rows = list(rows)\n    rows.append(row)\n    return rows"
    before = "def add(rows, row):\n    rows = list(rows)\n    rows.append(row)"
    driver = "assert add([], 1) == [1]"
    assert good in [draft.content for draft in restored(good, before, driver)]
    changed = "def one():\n    return 1 / 0"
    assert restored("def one():\n    return 1", changed, "one()")[0].content.endswith("return 1")


def test_line_ends_of_the_file_are_kept_when_something_is_put_back() -> None:
    drafts = restored(MEAN, BROKEN.replace("\n", "\r\n"), "mean([])")
    assert drafts[0].content == MEAN.replace("\n", "\r\n")


def test_a_change_far_from_the_fault_is_offered_late() -> None:
    good = "LIMIT = 3\n" + MEAN + "def far():\n    return 1\n"
    before = "LIMIT = 4\n" + BROKEN + "def far():\n    return 2\n"
    drafts = restored(good, before, "mean([])")
    assert drafts[0].content == "LIMIT = 4\n" + MEAN + "def far():\n    return 2\n"
    assert before.replace("4", "3") in [draft.content for draft in drafts]


def test_lines_apart_at_module_level_are_put_back_apart() -> None:
    good = "A = 1\ndef f():\n    return A / B\nB = 2\n"
    before = "A = 3\ndef f():\n    return A / B\nB = 0\n"
    assert good.replace("A = 1", "A = 3") in [d.content for d in restored(good, before, "f()")]


def test_what_a_module_lost_at_its_end_comes_back() -> None:
    before = "def f():\n    return LIMIT\n"
    good = before + "\n\nLIMIT = 3\n"
    assert good in [draft.content for draft in restored(good, before, "f()")]


def test_an_attribute_that_was_renamed_is_found_by_what_came_with_the_change() -> None:
    good = "class A:\n    def __init__(self):\n        self.qty = 1\n"
    before = good.replace("qty", "amount")
    show = "def show(a):\n    return a.qty\n"
    scene = scene_of(Example(before + show, "show(A())", "", good + show))
    fixed = before + show.replace("qty", "amount")
    assert fixed in [draft.content for draft in propose(scene, 5)]


def test_changes_of_more_files_are_not_mixed() -> None:
    scene = scene_of(Example(BROKEN, "mean([])", "", MEAN))
    more = {"shop/more.py": "LIMIT = 2\n", "shop/gone.py": ""}
    old = {"shop/more.py": "LIMIT = 1\n", "shop/gone.py": "A = 1\n", "shop/never.py": "B = 1\n"}
    changed = scene.model_copy(
        update={
            "sources": {**scene.sources, **more},
            "last_good": {**scene.last_good, **old},
        }
    )
    drafts = propose(changed, 50)
    assert drafts[0].content == MEAN
    assert {d.path for d in drafts} == {APP, "shop/more.py"}


def test_texts_that_differ_in_too_much_or_nothing_give_no_hunks() -> None:
    many = "".join(f"x{n} = {n}\n" for n in range(1_600))
    assert hunks_between(parsed("x = 1\n"), parsed(many)) == ()
    assert hunks_between(parsed("x = 1\n"), parsed("x = 1\n\n\n")) == ()
    assert hunks_between(parsed(OTHER), parsed(BROKEN + "\n")) != ()
