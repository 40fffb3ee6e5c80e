"""What patterns work on, and what they give back."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from suture.domain.patch import PatchNature
from suture.patterns.complaint import Shape
from suture.patterns.parsed import ParsedScene, Spot
from suture.patterns.source import Edit
from suture.patterns.spots import find_spots, header_lines

Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True)
class Suggestion:
    """A possible fix before it is made."""

    spot: Spot
    edits: tuple[Edit, ...]
    title: str
    rationale: str
    fit: float = 1.0
    nature: PatchNature | None = None
    """Where it differs from the pattern's."""


@dataclass(frozen=True)
class Pattern:
    """One class of defect, and how to suggest fixes for it."""

    name: str
    suggest: Callable[["Scene"], Iterator[Suggestion]]
    prior: float
    """How often defects of this class are what is wrong, relative to the others."""
    answers: frozenset[Shape] = frozenset()
    """Complaints that this class of defect makes."""
    otherwise: float = 0.0
    """Fit to other complaints; 0 where the pattern makes no sense for them."""
    nature: PatchNature = PatchNature.REPAIR
    broad: bool = False
    """It suggests very much, most of it nonsense: tried after the others, and further down."""


class Scene(ParsedScene):
    """The parsed scene of one fault, with the places where to look."""

    @cached_property
    def spots(self) -> tuple[Spot, ...]:
        """Statements under suspicion, the most suspicious first."""
        return find_spots(self)

    @cached_property
    def by_line(self) -> dict[tuple[str, int], Spot]:
        """The spot of each line."""
        return {
            (spot.file.path, line): spot
            for spot in reversed(self.spots)
            for line in header_lines(spot.statement)
        }

    def on_path(self) -> Iterator[Spot]:
        """Yield the statements on the call stack, the one that raised first."""
        yield from (spot for spot in self.spots if spot.on_path)

    def each(self, kind: type[Node]) -> Iterator[tuple[Spot, Node]]:
        """Yield all expressions of a kind under suspicion, the most suspicious first."""
        for spot in self.spots:
            for node in spot.nodes:
                if isinstance(node, kind):
                    yield spot, node
