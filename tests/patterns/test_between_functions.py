"""Fixes that take more than one function, or more than one place, into account."""

from collections.abc import Mapping

import pytest

from suture.patterns import propose
from suture.patterns.scene import Scene
from suture.patterns.wrapping import passed_through
from tests.patterns.crashes import Example, scene_of
from tests.patterns.test_variants import read

ENCODERS: Mapping[str, str] = {
    "shop/encoding.py": "def plain_json(value):\n    return str(value)\n",
    "shop/pages.py": "from shop.encoding import plain_json\nshown = plain_json(1)\n",
    "shop/mails.py": "from shop.encoding import plain_json\nshown = plain_json(2)\n",
}


@pytest.mark.parametrize("example", read("between.txt"))
def test_the_fix_is_among_those_that_are_suggested(example: Example) -> None:
    drafts = propose(scene_of(example), 600)
    titles = "\n".join(f"{d.score} {d.pattern} {d.title}" for d in drafts[:60])
    assert example.after in [draft.content for draft in drafts], titles


def encoded(before: str) -> list[str]:
    example = Example(before, 'written({"price": {1}})', "", more=ENCODERS)
    scene = scene_of(example)
    return [
        suggestion.spot.file.apply(suggestion.edits)
        for suggestion in passed_through(Scene(scene))
        if suggestion.spot.file.path == example.path
    ]


def test_a_function_that_several_files_call_comes_with_its_import() -> None:
    before = "import json\ndef written(row):\n    return json.dumps(row)\n"
    imported = "import json\nfrom shop.encoding import plain_json\n"
    found = encoded(before)
    assert imported + "def written(row):\n    return json.dumps(plain_json(row))\n" in found


def test_nothing_is_imported_where_the_message_does_not_ask_for_it() -> None:
    before = "def written(row):\n    return abs(str(row))\n"
    assert not [text for text in encoded(before) if "import" in text]


def test_a_function_that_is_imported_already_is_called_as_it_is() -> None:
    before = (
        "import json\nfrom shop.encoding import plain_json\n"
        "def written(row):\n    return json.dumps(row)\n"
    )
    exec_free = before.replace("from shop.encoding import plain_json", "plain_json = str")
    found = encoded(exec_free)
    assert exec_free.replace("dumps(row)", "dumps(plain_json(row))") in found


def test_a_long_function_leaves_room_for_the_others() -> None:
    long = "".join(f"    values = values + [{n}]\n" for n in range(150))
    before = (
        f"def filled(values):\n{long}    return other(values)\n"
        "def other(values):\n    return values[0] - values[1]\n"
    )
    scene = scene_of(Example(before, "assert filled([1, 2]) == 3", ""))
    drafts = propose(scene, 400)
    assert any("values[0] + values[1]" in draft.content for draft in drafts)


def test_a_guard_is_put_round_the_last_line_of_a_file_that_ends_without_a_line_end() -> None:
    before = "def told(loud):\n    if loud:\n        print('on')\n    print('off' + 1)"
    drafts = propose(scene_of(Example(before, "told(True)", "")), 600)
    guarded = "    if loud:\n        print('off' + 1)\n"
    assert any(draft.content.endswith(guarded) for draft in drafts)
