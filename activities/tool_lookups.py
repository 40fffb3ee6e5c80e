"""What a model may ask of the code index and of the history: at the base, without its edits."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from activities.beating import beat
from activities.tool_use import MAX_SHOWN_LINE, Answered, Effect, Workplace, is_secret
from suture.agent.arguments import FindCallers, FindDefinition, FindTestsReaching, LastChanges
from suture.agent.prompting import fence, shortened
from suture.agent.refusals import CannotRewrite
from suture.index.questions import CodeQuestions, Place
from suture.index.symbols import Definition
from suture.localisation.functions import lines_of
from suture.ports.code_index import CodeIndex
from suture.ports.source import Commit

MAX_SHOWN = 40
MAX_NAMED = 30
MAX_COMMITS = 10
MAX_DIFF = 4_000
NONE = "Nothing was found."


@dataclass
class Lookups:
    """Answers, each bounded; nothing here runs the repository's code."""

    workplace: Workplace

    @cached_property
    def _index(self) -> CodeIndex:
        return self.workplace.bench.repository.code_index()

    @property
    def _questions(self) -> CodeQuestions:
        return CodeQuestions(self._index, self.workplace.evidence.base_sha)

    def definition(self, call: FindDefinition) -> Answered:
        """Show where something is defined."""
        if call.path is not None:
            self.workplace.read(call.path)
        beat()
        found = self._questions.definitions(call.symbol, call.path or "")
        return _answered((self._shown(each) for each in _open(found)), f"definitions {call.symbol}")

    def callers(self, call: FindCallers) -> Answered:
        """Show who calls a function."""
        place = self._place(call.path, call.function)
        beat()
        lines = (
            f"{each.path}:{each.line} in {each.function.name if each.function else 'the file'}: "
            f"{self._line(each.path, each.line)}{'' if each.sure else '  [possible]'}"
            for each in self._questions.callers(place)
            if not is_secret(each.path)
        )
        return _answered(lines, f"callers of {call.function}")

    def tests_reaching(self, call: FindTestsReaching) -> Answered:
        """Show which tests call a function."""
        place = self._place(call.path, call.function)
        beat()
        lines = (
            f"{each.path}:{each.test.first} {each.test.name}"
            + "".join(f" > {step.definition.name}" for step in each.through)
            + ("" if each.sure else "  [possible]")
            for each in self._questions.tests_reaching(place)
            if not is_secret(each.path)
        )
        return _answered(lines, f"tests reaching {call.function}")

    def last_changes(self, call: LastChanges) -> Answered:
        """Show the commits that last changed a file or a function, newest first."""
        self.workplace.read(call.path)
        base, repository = self.workplace.evidence.base_sha, self.workplace.bench.repository
        beat()
        commits = repository.log(base, paths=(call.path,), limit=MAX_COMMITS)
        if call.function is not None:
            span = self._place(call.path, call.function).definition
            wanted = self._blamed(call.path, span)
            commits = tuple(each for each in commits if each.sha in wanted)
        lines = [
            f"{each.sha[:12]} {each.committed_at.date()} {each.author}: {each.summary}"
            for each in commits
        ]
        text = "\n".join([*lines, self._diff(call.path, commits)]).strip() or NONE
        label = f"changes of {call.path}"
        return Answered(effect=Effect.LOOKED, text=fence(text, label, code=True))

    def _blamed(self, path: str, span: Definition) -> frozenset[str]:
        base, repository = self.workplace.evidence.base_sha, self.workplace.bench.repository
        blamed = repository.blame(base, path, span.first, span.last)
        return frozenset(each.commit for each in blamed)

    def _diff(self, path: str, commits: tuple[Commit, ...]) -> str:
        """Return what the newest of these changed in the file, where it has a parent."""
        newest = next((each for each in commits if each.parents), None)
        if newest is None:
            return ""
        beat()
        diff = self.workplace.bench.repository.diff(newest.parents[0], newest.sha, (path,))
        return f"\n{newest.sha[:12]}:\n{shortened(diff, MAX_DIFF)}"

    def _place(self, path: str, function: str) -> Place:
        """Return a function of a file by its name or the end of it.

        Raises:
            Refused: the file is not shown.
            CannotRewrite: the file, or the function in it, does not exist.
        """
        self.workplace.read(path)
        symbols = self._index.symbols(self.workplace.evidence.base_sha, (path,)).get(path)
        known = symbols.definitions if symbols else ()
        exact = [each for each in known if each.name == function]
        found = exact or [each for each in known if f".{each.name}".endswith(f".{function}")]
        if not found:
            names = ", ".join(each.name for each in known[:MAX_NAMED]) or "none that can be read"
            raise CannotRewrite(f"{path} does not define {function!r} on the base. It has: {names}")
        return Place(path=path, definition=found[-1])

    def _shown(self, place: Place) -> str:
        span = place.definition
        first = self._line(place.path, span.first)
        return f"{place.path}:{span.first}-{span.last} {span.kind} {span.name}: {first}"

    def _line(self, path: str, number: int) -> str:
        lines = lines_of(self.workplace.original(path) or "")
        return lines[number - 1].strip()[:MAX_SHOWN_LINE] if number <= len(lines) else ""


def _open(places: Iterable[Place]) -> Iterable[Place]:
    return (each for each in places if not is_secret(each.path))


def _answered(lines: Iterable[str], label: str) -> Answered:
    """Return the first lines, and that there are more."""
    shown = list(lines)
    more = [f"... and {len(shown) - MAX_SHOWN} more"] if len(shown) > MAX_SHOWN else []
    text = "\n".join([*shown[:MAX_SHOWN], *more]) or NONE
    return Answered(effect=Effect.LOOKED, text=fence(text, label, code=True))
