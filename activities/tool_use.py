"""What a model may look at and edit. Whatever it asks for is checked here, not believed."""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from activities.beating import beat
from activities.bench import Bench
from suture.agent.arguments import (
    MAX_LINES,
    AddImport,
    Blame,
    ReadFile,
    ReplaceText,
    RewriteFunction,
    Search,
)
from suture.agent.prompting import fence
from suture.agent.refusals import CannotRewrite
from suture.agent.replacing import replace_text
from suture.agent.rewriting import add_import, rewrite_function
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import Evidence
from suture.domain.patch import CandidateBatch, FileChange
from suture.domain.verification import Reproduction
from suture.localisation.functions import lines_of
from suture.policy.blast_radius import TEST_PLACE, check_patch
from suture.policy.model import BlastRadius

MAX_HITS = 60
MAX_SEARCHED = 3_000
MAX_SHOWN_LINE = 240
MAX_FILE_BYTES = 1 << 20
KEYS = ("*.env", "*.env.*", "*.pem", "*.key", "*.p12", "*id_rsa*")
SECRET_PLACES = (*KEYS, "*secret*", ".git/*")


class Effect(StrEnum):
    """What a call came to."""

    LOOKED = "looked"
    EDITED = "edited"
    COMPLAINED = "complained"
    """The call cannot be carried out as it is; the model is told why."""
    REFUSED = "refused"
    """The model may not have that. It goes on record."""
    PROPOSED = "proposed"
    REPRODUCED = "reproduced"
    CONCLUDED = "concluded"
    GAVE_UP = "gave_up"


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A carried-out call."""

    effect: Effect
    text: str
    batch: CandidateBatch | None = None
    reproduction: Reproduction | None = None
    diagnosis: Diagnosis | None = None


class Refused(Exception):
    """What a model asked for is out of bounds."""


@dataclass(kw_only=True)
class Workplace:
    """The base commit with a model's edits on top. Nothing here runs the repository's code."""

    bench: Bench
    evidence: Evidence
    blast_radius: BlastRadius
    edits: dict[str, str] = field(default_factory=dict)

    @property
    def changes(self) -> tuple[FileChange, ...]:
        """The edits, as changes of the base."""
        return tuple(
            FileChange(path=path, content=text) for path, text in sorted(self.edits.items())
        )

    def original(self, path: str) -> str | None:
        """Return a file as it is on the base."""
        return self.bench.repository.read_file(self.evidence.base_sha, path)

    def read(self, path: str) -> str:
        """Return a file's text with the edits.

        Raises:
            Refused: it may hold secrets.
            CannotRewrite: there is no such text file.
        """
        if path.startswith(("/", "~")) or ".." in path.split("/"):
            raise Refused(f"{path} leaves the repository.")
        if is_secret(path):
            raise Refused(f"{path} may hold secrets: it is not shown.")
        text = self.edits.get(path)
        if text is None and path in self.bench.repository.list_files(self.evidence.base_sha):
            text = self.original(path)
        if text is None:
            raise CannotRewrite(f"There is no text file {path!r}. Try `search`.")
        return text

    def laid_over(self) -> dict[str, str]:
        """Return what lies over the tree when a model has it run: its edits, and no keys.

        What code prints is shown to the model, however it is encoded. Keys among tests stay.
        """
        blank = {
            path: ""
            for path in self.bench.repository.list_files(self.evidence.base_sha)
            if any(fnmatch.fnmatch(path.lower(), place) for place in KEYS)
            and not TEST_PLACE.search(path)
        }
        return blank | {item.path: item.content or "" for item in self.changes}

    def show(self, call: ReadFile) -> Answered:
        """Show numbered lines."""
        lines = lines_of(self.read(call.path))
        last = min(call.last or len(lines), call.first + MAX_LINES - 1, len(lines))
        shown = [f"{number}: {lines[number - 1]}" for number in range(call.first, last + 1)]
        text = "\n".join(shown) or f"It has {len(lines)} lines."
        return Answered(effect=Effect.LOOKED, text=fence(text, call.path, code=True))

    def search(self, call: Search) -> Answered:
        """Show the lines that contain a text."""
        hits: list[str] = []
        with self.bench.repository.checkout(self.evidence.base_sha) as tree:
            for path in self._searched(call.glob):
                beat()
                hits += _hits(path, self.edits.get(path) or _text(tree / path), call.text)
                if len(hits) >= MAX_HITS:
                    break
        found = "\n".join(hits[:MAX_HITS]) or "Nothing was found."
        return Answered(effect=Effect.LOOKED, text=fence(found, "hits", code=True))

    def blame(self, call: Blame) -> Answered:
        """Show who last changed lines."""
        self.read(call.path)
        last = min(call.last or call.first + MAX_LINES, call.first + MAX_LINES)
        length = len(lines_of(self.original(call.path) or ""))
        if call.first > length:
            return Answered(effect=Effect.COMPLAINED, text=f"{call.path} has {length} lines.")
        blamed = self.bench.repository.blame(
            self.evidence.base_sha, call.path, call.first, min(last, length)
        )
        text = "\n".join(f"{item.line} {item.commit} {item.text}" for item in blamed)
        return Answered(effect=Effect.LOOKED, text=fence(text, f"blame {call.path}", code=True))

    def rewrite(self, call: RewriteFunction) -> Answered:
        """Put a new function in an old one's place."""
        old = self._editable(call.path)
        return self._edit(call.path, rewrite_function(call.path, old, call.function, call.source))

    def replace(self, call: ReplaceText) -> Answered:
        """Put one text in another's place."""
        old = self._editable(call.path)
        return self._edit(call.path, replace_text(call.path, old, call.old, call.new))

    def add_import(self, call: AddImport) -> Answered:
        """Add an import."""
        old = self._editable(call.path)
        return self._edit(call.path, add_import(call.path, old, call.statement))

    def violations(self) -> tuple[str, ...]:
        """Return what the policy says against the edits."""
        before = {path: self.original(path) for path in self.edits}
        found = check_patch(self.changes, before, self.blast_radius, None)
        return tuple(violation.message for violation in found)

    def _editable(self, path: str) -> str:
        """Return a file's text if the policy lets any of it be changed, whether it exists or not.

        Raises:
            Refused: it is out of bounds.
            CannotRewrite: there is no such text file.
        """
        found = check_patch((FileChange(path=path, content=""),), {}, self.blast_radius, None)
        if found:
            raise Refused(f"The policy does not allow it: {found[0].message}.")
        return self.read(path)

    def _edit(self, path: str, text: str) -> Answered:
        kept = dict(self.edits)
        self.edits[path] = text
        violations = self.violations()
        if violations:
            self.edits = kept
            raise Refused(f"The policy does not allow it: {'; '.join(violations[:3])}.")
        return Answered(effect=Effect.EDITED, text=f"{path} is edited.")

    def _searched(self, glob: str) -> Iterator[str]:
        paths = self.bench.repository.list_files(self.evidence.base_sha)
        fitting = (path for path in paths if _fits(path, glob))
        for number, path in enumerate(fitting):
            if number >= MAX_SEARCHED:
                return
            if not is_secret(path):
                yield path


def is_secret(path: str) -> bool:
    """Whether a file may hold secrets, by its name."""
    return any(fnmatch.fnmatch(path.lower(), place) for place in SECRET_PLACES)


def _text(file: Path) -> str:
    """Return a file's text; nothing for what is large or no text."""
    if file.is_symlink() or not file.is_file() or file.stat().st_size > MAX_FILE_BYTES:
        return ""
    return file.read_bytes().decode("utf-8", "replace")


def _hits(path: str, text: str, wanted: str) -> list[str]:
    if wanted not in text:
        return []
    return [
        f"{path}:{number}: {line.strip()[:MAX_SHOWN_LINE]}"
        for number, line in enumerate(lines_of(text), 1)
        if wanted in line
    ]


def _fits(path: str, glob: str) -> bool:
    return glob in {"**", "*", ""} or fnmatch.fnmatch(path, glob.removeprefix("**/"))
