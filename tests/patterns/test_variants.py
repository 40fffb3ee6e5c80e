"""More defects of each class than its own example shows."""

from pathlib import Path

import pytest

from suture.domain.patch import PatchNature
from suture.patterns import propose
from tests.patterns.crashes import Example, read_example, scene_of


def read(name: str) -> list[object]:
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    cases: list[object] = []
    for block in text.split("\n# "):
        title, _, program = block.removeprefix("# ").partition("\n")
        before, _, after = program.rstrip("\n").partition("\n---\n")
        example = read_example(f"Before:\n{before}\nAfter:\n{after}")
        cases.append(pytest.param(example, id=title))
    return cases


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
@pytest.mark.parametrize("example", read("variants.txt"))
def test_the_repair_is_among_the_first_twenty(example: Example) -> None:
    drafts = propose(scene_of(example), 20)
    found = [draft for draft in drafts if draft.content == example.after]
    assert found, "\n".join(f"{d.score} {d.pattern} {d.title}" for d in drafts)
    assert found[0].nature is PatchNature.REPAIR


@pytest.mark.parametrize("example", read("guarded.txt"))
def test_the_guard_that_the_code_states_is_among_the_first_twenty(example: Example) -> None:
    drafts = propose(scene_of(example), 20)
    found = [draft for draft in drafts if draft.content == example.after]
    assert found, "\n".join(f"{d.score} {d.pattern} {d.title}" for d in drafts)
    assert found[0].nature is PatchNature.GUARD
