"""The files of a scene, parsed once, and statements in them with what can be read there."""

import ast
from dataclasses import dataclass
from functools import cached_property

from suture.localisation.functions import FunctionNode
from suture.localisation.snapshot import is_test_path
from suture.patterns.complaint import Complaint, read_complaint
from suture.patterns.draft import FixScene
from suture.patterns.history import Hunk, hunks_between, words_of
from suture.patterns.index import (
    BUILTINS,
    Index,
    local_names,
    module_names,
    read_names,
    stored_names,
)
from suture.patterns.source import SourceFile

MAX_FILES = 60
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, eq=False)
class Spot:
    """A statement under suspicion."""

    file: SourceFile
    statement: ast.stmt
    function: FunctionNode | None
    weight: float
    """How likely the fault is here: 0 to 1."""
    on_path: bool = False
    """A frame of the reported call stack stands here."""
    crash: bool = False
    """The exception was raised here."""

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """The statement's own nodes, without the statements inside it."""
        return self.file.own_nodes(self.statement)

    @property
    def inside(self) -> tuple[ast.AST, ...]:
        """All nodes of the function around the statement, walked once for each function."""
        return self.file.within(self.function) if self.function else ()

    @cached_property
    def alone(self) -> bool:
        """Whether lines may be put before and after the statement."""
        return self.file.alone(self.statement)

    @property
    def where(self) -> str:
        """The function's name for titles."""
        return self.file.names[self.function] if self.function else self.file.path

    @cached_property
    def scope(self) -> frozenset[str]:
        """Names that can be read here, builtins left out."""
        bound = self.file.bound
        if self.file.tree not in bound:
            bound[self.file.tree] = frozenset(module_names(self.file.tree))
        return self.locals | bound[self.file.tree]

    @cached_property
    def locals(self) -> frozenset[str]:
        """Parameters and variables of the functions around the statement."""
        names: frozenset[str] = frozenset()
        for outer in self.file.ancestors(self.statement):
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                if outer not in self.file.bound:
                    self.file.bound[outer] = frozenset(local_names(outer))
                names |= self.file.bound[outer]
        return names

    @cached_property
    def bound_lines(self) -> dict[str, int]:
        """Variables of the function with the last line before the statement that binds them."""
        lines: dict[str, int] = {}
        for node in self.inside:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                before = node.lineno if node.lineno <= self.statement.lineno else 0
                lines[node.id] = max(before, lines.get(node.id, 0))
        return lines

    def is_last_read(self, node: ast.AST) -> bool:
        """Whether this is the one place of the function where a variable is read."""
        nodes = self.inside
        name = getattr(node, "id", "")
        read = [n for n in nodes if isinstance(n, ast.Name) and n.id == name and _is_load(n)]
        return read == [node]

    def is_unread(self, name: str) -> bool:
        """Whether nothing in the function around the statement reads a variable."""
        return name not in read_names(self.inside)

    def near(self, node: ast.AST) -> frozenset[str]:
        """Variables that can be read at this node of the statement."""
        outer = (o for o in self.file.ancestors(node) if isinstance(o, COMPREHENSIONS))
        return self.locals.union(
            *(stored_names(part.target) for o in outer for part in o.generators)
        )

    def sees(self, node: ast.AST) -> bool:
        """Whether all names that a node reads can be read here."""
        return read_names(ast.walk(node)) <= self.scope | BUILTINS


def _is_load(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


class ParsedScene:
    """The parsed scene of one fault."""

    def __init__(self, given: FixScene) -> None:
        self.given = given
        self.complaint: Complaint = read_complaint(given.alert)
        parsed = [
            SourceFile.parse(path, given.sources[path])
            for path in sorted(given.sources, key=lambda path: (path not in self._paths, path))
            if path.endswith(".py")
        ][:MAX_FILES]
        everything = [file for file in parsed if file is not None]
        self.files = {file.path: file for file in everything if not is_test_path(file.path)}
        self.tests = {file.path: file for file in everything if is_test_path(file.path)}
        self.index = Index(self.files.values())

    @cached_property
    def _paths(self) -> set[str]:
        evidence, diagnosis = self.given.evidence, self.given.diagnosis
        places = (*evidence.path, evidence.crash, diagnosis.cause, diagnosis.crash)
        return {place.path for place in places if place is not None}

    @cached_property
    def good(self) -> dict[str, SourceFile]:
        """The last good text of files that have changed since."""
        parsed = (
            SourceFile.parse(path, text)
            for path, text in self.given.last_good.items()
            if path in self.files and text != self.given.sources[path]
        )
        whole = (file for file in parsed if file is not None)
        return {file.path: file for file in whole if self.files[file.path].tree.body}

    @cached_property
    def hunks(self) -> tuple[Hunk, ...]:
        """What changed since all was well."""
        return tuple(
            hunk
            for path, good in sorted(self.good.items())
            for hunk in hunks_between(good, self.files[path])
        )

    @cached_property
    def names_changed(self) -> set[str]:
        """Names that came or went with the changes."""
        return {
            name
            for path, good in sorted(self.good.items())
            for name in words_of(good) ^ words_of(self.files[path])
        }
