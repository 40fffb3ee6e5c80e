"""What the tools take. A model's JSON becomes one of these, or a complaint about it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from suture.domain.diagnosis import Category
from suture.domain.evidence import CitationKind
from suture.domain.value import CommitSha

MAX_SOURCE = 20_000
MAX_LINES = 400

Path = Annotated[str, StringConstraints(min_length=1, max_length=400)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Source = Annotated[str, StringConstraints(min_length=1, max_length=MAX_SOURCE)]
Text = Annotated[str, StringConstraints(max_length=2_000)]
Number = Annotated[int, Field(ge=1, le=10_000_000)]


class Arguments(BaseModel):
    """Arguments of a tool. Unknown ones are passed over: models like to add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ReadFile(Arguments):
    """Read lines of a file as they stand with your edits. At most 400 lines at once."""

    path: Path
    first: Number = 1
    last: Number | None = None


class Search(Arguments):
    """Find lines that contain a text, letter case regarded, in files that match a glob."""

    text: Short
    glob: Short = "**"


class Blame(Arguments):
    """Show which commit last changed each line, without your edits."""

    path: Path
    first: Number = 1
    last: Number | None = None


class FindDefinition(Arguments):
    """Find where a function, method or class is defined, such as `total` or `Cart.total`.

    With a path, what is nearest to that file comes first. The base is read, without your edits.
    """

    symbol: Short
    path: Path | None = None


class FindCallers(Arguments):
    """Find the places that call a function of a file, in the whole repository.

    A call through an object whose class nobody knows is marked as possible. Without your edits.
    """

    path: Path
    function: Short


class FindTestsReaching(Arguments):
    """Find tests that call a function of a file, directly or through others. Without your edits."""

    path: Path
    function: Short


class LastChanges(Arguments):
    """Show the last commits that changed a file, or one function of it, and the newest's diff."""

    path: Path
    function: Short | None = None


class RunTests(Arguments):
    """Run tests with your edits. Without node ids: the reproduction, or else all tests."""

    node_ids: tuple[Short, ...] = Field(default=(), max_length=20)


class RewriteFunction(Arguments):
    """Replace one whole function or method, named as `function` or `Class.method`.

    Python, JavaScript, TypeScript, Go, Java and Kotlin. Give its complete new source, its first
    line with name and parameters included. Decorators and annotations stay as they are.
    """

    path: Path
    function: Short
    source: Source


class AddImport(Arguments):
    """Add one import statement at the top of a file."""

    path: Path
    statement: Short


class ReplaceText(Arguments):
    """Replace a text that occurs exactly once in a file, of any language, by another.

    Copy the old text from `read_file` without its line numbers, with enough around it.
    """

    path: Path
    old: Source
    new: Annotated[str, StringConstraints(max_length=MAX_SOURCE)]


class RunSnippet(Arguments):
    """Run a few lines of Python against the project with your edits; see what they print."""

    source: Source


class UndoEdits(Arguments):
    """Throw away all your edits and begin again from the base."""


class ProposeFix(Arguments):
    """Hand in your edits as the fix. A harness of its own tests them and answers with a verdict."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    rationale: Text = ""


class ProposeReproduction(Arguments):
    """Propose a test file that calls the project and fails as reported, where none exists yet.

    In the project's own language and runner: pytest, node:test, jest, vitest, mocha, go test,
    JUnit. It must fail on the base with the reported error at the reported place. It may import
    only the runner, plain data modules and the project itself.
    """

    source: Source


class CitationArguments(Arguments):
    """What supports a statement: a code line, a commit or a text of the event."""

    kind: CitationKind
    path: Path | None = None
    line: Number | None = None
    commit: CommitSha | None = None
    quote: Annotated[str, StringConstraints(max_length=300)] = ""


class StatementArguments(Arguments):
    """One claim. Claims whose citations do not exist are dropped."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    citations: tuple[CitationArguments, ...] = Field(min_length=1, max_length=10)


class Conclude(Arguments):
    """Revise the diagnosis: where the fault was made, and what shows it. Optional."""

    summary: Short
    category: Category
    path: Path | None = None
    line: Number | None = None
    statements: tuple[StatementArguments, ...] = Field(min_length=1, max_length=10)
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.5


class GiveUp(Arguments):
    """End without a fix, and say why. Right when no code of this project is at fault."""

    reason: Text
