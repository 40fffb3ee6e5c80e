"""Every pattern's own example, really raised, in several styles."""

import re

import pytest

from suture.domain.patch import PatchNature
from suture.patterns import propose
from suture.patterns.catalogue import PATTERNS
from suture.patterns.scene import Pattern
from tests.patterns.crashes import example_of, scene_of

DEFINITION = re.compile(r"^( *def .*:)$", re.MULTILINE)
STYLES = {
    "spaces": lambda text: text,
    "tabs": lambda text: text.replace("    ", "\t"),
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "no_final_newline": lambda text: text.removesuffix("\n"),
    "marked": lambda text: "\ufeff" + text if text else text,
    "commented": lambda text: text and "# Größe: 1 €\n" + DEFINITION.sub(r"\1  # ß", text),
}


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_the_example_is_fixed_among_the_first_twenty(pattern: Pattern, style: str) -> None:
    example = example_of(pattern.suggest).styled(STYLES[style])
    scene = scene_of(example)
    drafts = propose(scene, _most(pattern))
    contents = [draft.content for draft in drafts]
    assert example.after in contents, "\n".join(f"{d.score} {d.pattern} {d.title}" for d in drafts)


def _most(pattern: Pattern) -> int:
    if pattern.broad:
        return 500
    return 20 if pattern.nature is not PatchNature.HIDES_ERROR else 4_000


def test_names_are_unique() -> None:
    assert len({pattern.name for pattern in PATTERNS}) == len(PATTERNS)
