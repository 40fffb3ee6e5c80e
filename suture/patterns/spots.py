"""Finds the statements under suspicion, and says how near the fault each one is.

The place where an exception was raised is most suspicious, then what computed the values that are
used there, the callers on the stack, the functions called there and the class of the object. What
the suspect commits changed counts for more. For a failed assertion, functions under test; and where
tests were traced, the functions that are suspicious by their runs, line by line.
"""

import ast
from collections.abc import Iterable, Iterator

from suture.domain.evidence import Location
from suture.patterns.complaint import Shape
from suture.patterns.index import FoundFunction, last_name, read_names
from suture.patterns.parsed import ParsedScene, Spot
from suture.patterns.source import SourceFile, first_line

MAX_SPOTS = 400
CHANGED = 1.5
NEAR_CHANGED = 1.15
FIRST_PLACE, PER_PLACE = 0.95, 0.85
"""Weight of the likeliest function by the tests' runs, and what is left of it one rank below."""
EVERYWHERE = 0.7
"""What is left of the weight of a line that very many passing tests run, too."""
UNSEEN = 0.05
"""What is left of the weight of a line that no failing test runs."""

Weights = dict[tuple[str, ast.stmt], float]


def header_lines(statement: ast.stmt) -> range:
    """Return the lines of a statement without the statements inside it."""
    last = statement.end_lineno or statement.lineno
    body = getattr(statement, "body", None)
    if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
        last = max(statement.lineno, first_line(body[0]) - 1)
    return range(first_line(statement), last + 1)


def statement_at(file: SourceFile, line: int) -> ast.stmt | None:
    """Return the innermost statement whose own lines hold this line."""
    holding = [node for node in file.statements if line in header_lines(node)]
    # Of statements on one line, the inner one comes later.
    return min(reversed(holding), key=lambda node: len(header_lines(node)), default=None)


def find_spots(scene: ParsedScene) -> tuple[Spot, ...]:
    """Return the statements under suspicion, the most suspicious first."""
    return _Search(scene).spots()


class _Search:
    def __init__(self, scene: ParsedScene) -> None:
        self.scene = scene
        self.weights: dict[ast.stmt, float] = {}
        self.files: dict[ast.stmt, SourceFile] = {}
        self.frames: list[ast.stmt] = []
        self.crash: ast.stmt | None = None

    def spots(self) -> tuple[Spot, ...]:
        self._look_at_path()
        self._look_at_cause()
        if self.scene.complaint.shape is Shape.ASSERTION or not self.weights:
            self._look_under_test()
        if self.scene.hunks:
            self._look_at_changes()
        self._look_at_runs()
        if not self.weights:
            for file in self.scene.files.values():
                self._add(file, file.statements, 0.3)
        found = [
            Spot(
                file=file,
                statement=node,
                function=file.function_of(node),
                weight=self.weights[node],
                on_path=node in self.frames,
                crash=node is self.crash,
            )
            for node, file in self.files.items()
        ]
        found.sort(key=lambda spot: (-spot.weight, spot.file.path, spot.statement.lineno))
        return tuple(found[:MAX_SPOTS])

    def _add(self, file: SourceFile, nodes: Iterable[ast.stmt], weight: float) -> None:
        for node in nodes:
            self.files[node] = file
            self.weights[node] = max(weight, self.weights.get(node, 0.0))

    def _look_at_path(self) -> None:
        evidence = self.scene.given.evidence
        path = list(evidence.path)
        if evidence.crash is not None and (not path or path[-1] != evidence.crash):
            path.append(evidence.crash)
        for distance, place in enumerate(reversed(path)):
            self._look_at_frame(place, distance)

    def _look_at_frame(self, place: Location, distance: int) -> None:
        file = self.scene.files.get(place.path)
        statement = statement_at(file, place.line) if file else None
        if file is None or statement is None:
            return
        weight = 1.0 if not self.frames else 0.7 * 0.85**distance
        self.crash = self.crash or statement
        self.frames.append(statement)
        self._add(file, [statement], weight)
        self._look_around(file, statement, 0.75 * weight)
        self._look_into(file.own_nodes(statement), 0.55 * weight)

    def _look_around(self, file: SourceFile, statement: ast.stmt, weight: float) -> None:
        """Weigh the function around a statement: first what made the values used there."""
        function = file.function_of(statement)
        scope = ast.walk(function) if function else iter(file.tree.body)
        used = read_names(file.own_nodes(statement))
        for node in scope:
            if isinstance(node, ast.stmt) and node is not function:
                bound = _bound(file, node) & used
                distance = abs(node.lineno - statement.lineno)
                self._add(file, [node], weight if bound else weight * 0.8 * 0.98**distance)
                if bound:
                    self._look_into(file.own_nodes(node), 0.7 * weight)
        if function:
            self._add(file, [function], weight * 0.8)
        owner = file.class_of(statement)
        for node in owner.body if owner else ():
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                self._add(file, _inside(node), 0.6 * weight)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                self._add(file, [node], 0.5 * weight)

    def _look_into(self, nodes: Iterable[ast.AST], weight: float) -> None:
        """Weigh the functions that are called here, their answers first."""
        for node in nodes:
            for found in self._called(node):
                self._add(found.file, _inside(found.node), 0.85 * weight)
                returns = [n for n in _inside(found.node) if isinstance(n, ast.Return)]
                self._add(found.file, [found.node, *returns, found.node.body[-1]], weight)

    def _called(self, node: ast.AST) -> list[FoundFunction]:
        if isinstance(node, ast.Call):
            return self.scene.index.called(node)[:5]
        if isinstance(node, ast.Attribute):
            named = self.scene.index.functions.get(node.attr, [])
            return [found for found in named if found.node.decorator_list][:2]
        return []

    def _look_at_cause(self) -> None:
        for place in (self.scene.given.diagnosis.cause, self.scene.given.diagnosis.crash):
            file = self.scene.files.get(place.path) if place else None
            statement = statement_at(file, place.line) if place and file else None
            if file and statement:
                self.crash = self.crash or statement
                self._add(file, [statement], 0.95)
                self._look_around(file, statement, 0.7)
                self._look_into(file.own_nodes(statement), 0.5)

    def _look_under_test(self) -> None:
        """Weigh what the failed tests call, and what that calls."""
        reached = list(self._tested())
        for found in reached:
            self._add(found.file, [found.node, *_inside(found.node)], 0.7)
        for found in reached:
            self._look_into(ast.walk(found.node), 0.5)

    def _tested(self) -> Iterator[FoundFunction]:
        for file in self.scene.tests.values():
            for name, function in file.functions.items():
                if self._failed(file.path, name):
                    for node in ast.walk(function):
                        yield from self._called(node)

    def _failed(self, path: str, function: str) -> bool:
        alert = self.scene.given.alert
        name = function.rpartition(".")[2]
        named = (test.node_id.partition("[")[0].rpartition("::") for test in alert.failed_tests)
        if any(test == name and place.partition("::")[0] in path for place, _, test in named):
            return True
        frames = (frame for link in alert.exceptions for frame in link.frames)
        return any(f.function == name and f.filename.endswith(path) for f in frames)

    def _look_at_changes(self) -> None:
        """Raise what the changes since the last good state touched, most of all on the path."""
        touched = {hunk.file.functions.get(hunk.unit): hunk.file for hunk in self.scene.hunks}
        for function, file in touched.items():
            if function is not None:
                self._add(file, [function, *_inside(function)], 0.35)
        changed = {
            (hunk.file.path, line)
            for hunk in self.scene.hunks
            for line in range(hunk.first, max(hunk.last, hunk.first) + 1)
        }
        for path, file in self.scene.files.items():
            for node in file.statements:
                if any((path, line) in changed for line in header_lines(node)):
                    self._add(file, [node], 0.35)
                    self.weights[node] = min(1.0, self.weights[node] * CHANGED)

    def _look_at_runs(self) -> None:
        """Where tests were traced, keep to what the failing ones ran, in the ranked functions."""
        spectrum = self.scene.given.spectrum
        if spectrum is None:
            return
        for rank, place in enumerate(self.scene.given.diagnosis.places):
            file = self.scene.files.get(place.path)
            function = file.functions.get(place.function or "") if file else None
            if file and function:
                weight = FIRST_PLACE * PER_PLACE**rank
                self._add(file, [function, *_inside(function)], weight)
        for node, file in self.files.items():
            ran = spectrum.by_path.get(file.path, {})
            seen = [ran[line] for line in header_lines(node) if line in ran]
            if seen:
                self.weights[node] *= EVERYWHERE + (1 - EVERYWHERE) * max(seen)
            elif _is_head(node) or file.function_of(node) is None:
                self.weights[node] *= EVERYWHERE
            else:
                self.weights[node] *= UNSEEN


def _is_head(node: ast.stmt) -> bool:
    """Whether a statement only opens a definition, which ran when the file was loaded."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _inside(function: ast.AST) -> list[ast.stmt]:
    return [n for n in ast.walk(function) if isinstance(n, ast.stmt) and n is not function]


def _bound(file: SourceFile, statement: ast.stmt) -> set[str]:
    own = file.own_nodes(statement)
    bound = {n.id for n in own if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    mutated = {
        last_name(n.func.value)
        for n in own
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    }
    return bound | (mutated if isinstance(statement, ast.Expr) else set())
