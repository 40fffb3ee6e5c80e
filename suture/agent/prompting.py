"""What a model is told: versioned prompt files, with foreign text scrubbed and fenced as data.

https://jinja.palletsprojects.com/. A prompt's version is in its name, so that transcripts say which
one was used; change a prompt by adding a version.
"""

import re
from enum import StrEnum
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from suture.canonical import sha256
from suture.domain.alert import Alert, ExceptionInfo
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import Evidence
from suture.domain.hypothesis import Hypothesis, HypothesisState
from suture.domain.value import Value
from suture.domain.verification import Reproduction, TrialReport
from suture.ports.model import ChatTurn
from suture.redaction import scrub, scrub_code

VERDICT_PROMPT = "verdict.v1.md.j2"

MAX_FENCED = 12_000
MAX_COMPACT = 3_000
"""Characters of the report, or of one excerpt, that a small model is shown."""
MAX_VARIABLES = 20
MAX_VALUE = 300
MAX_FRAMES = 30
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


class PromptSet(StrEnum):
    """The versions that a conversation opens with."""

    FULL = "system.v3 task.v3"
    COMPACT = "system.compact.v1 task.compact.v2"
    """For models that read little at once, or slowly."""

    @property
    def files(self) -> tuple[str, str]:
        """Names of the system prompt's file and the task's."""
        system, task = self.value.split()
        return f"{system}.md.j2", f"{task}.md.j2"

    @property
    def label(self) -> str:
        """The versions, and the start of a digest that tells whether the files are still those."""
        source = "\n".join(_source(name) for name in (*self.files, VERDICT_PROMPT))
        return f"{self.value} {sha256(source.encode())[:16]}"


class Task(Value):
    """All that the opening of a conversation tells."""

    alert: Alert
    evidence: Evidence
    diagnosis: Diagnosis
    reproduction: Reproduction
    test: str = ""
    """The regression test that shows the fault."""
    sources: dict[str, str]
    """Excerpts of the failing path, by what they are."""
    new_test: str = ""
    """How a test that the model proposes is to be written, where that is not pytest."""
    feedback: str = ""
    tried: str = ""

    @property
    def hypotheses(self) -> str:
        """The causes that compete, a line each."""
        return "\n".join(_line(each) for each in self.diagnosis.hypotheses)

    @property
    def tested_hypotheses(self) -> str:
        """Those that were kept or ruled out."""
        told = {HypothesisState.KEPT, HypothesisState.RULED_OUT}
        return "\n".join(_line(each) for each in self.diagnosis.hypotheses if each.state in told)


def _line(hypothesis: Hypothesis) -> str:
    place = hypothesis.place
    where = f"{place.path}:{place.line}" + (f" in {place.function}" if place.function else "")
    state = hypothesis.state.replace("_", " ")
    return f"{hypothesis.label} {where}, {state}: {hypothesis.claim} {hypothesis.why}".strip()


def opening_turns(task: Task, prompts: PromptSet = PromptSet.FULL) -> tuple[ChatTurn, ...]:
    """Return the system prompt and the task."""
    system, opening = prompts.files
    report = _report(task.alert)
    if prompts is PromptSet.COMPACT:
        report = shortened(report, MAX_COMPACT)
    return (
        ChatTurn(role="system", content=_render(system)),
        ChatTurn(role="user", content=_render(opening, task=task, report=report)),
    )


def verdict_text(report: TrialReport) -> str:
    """Return what a model is told of its proposal."""
    return _render(VERDICT_PROMPT, report=report, verification=report.verification)


def fence(text: object, label: str, *, code: bool = False) -> str:
    """Return foreign text between marks that it cannot forge, since they hold its own digest."""
    plain = CONTROL.sub(" ", str(text))
    plain = scrub_code_lines(plain) if code else scrub(plain)
    plain = shortened(plain, MAX_FENCED)
    mark = sha256(f"{label}\n{plain}".encode("utf-8", "replace"))[:16]
    return f"<data-{mark} what={label!r}>\n{plain}\n</data-{mark}>"


def unfenced(text: str) -> str:
    """Return a fenced text without its marks."""
    return text.split("\n", 1)[-1].rsplit("\n", 1)[0]


def shortened(text: str, characters: int) -> str:
    """Return a text without its middle if it is longer than so many characters."""
    if len(text) <= characters:
        return text
    half = characters // 2
    gap = f"[... {len(text) - characters} characters left out ...]"
    return f"{text[:half]}\n{gap}\n{text[-half:]}"


def scrub_code_lines(text: str) -> str:
    """Return source with its literal secrets replaced, line by line."""
    return "\n".join(scrub_code(line) for line in text.split("\n"))


def _report(alert: Alert) -> str:
    lines = [alert.title, alert.message, *(test.message for test in alert.failed_tests)]
    for error in alert.exceptions:
        lines.extend(_chain_link(error))
    return "\n".join(line for line in lines if line)


def _chain_link(error: ExceptionInfo) -> list[str]:
    lines = [f"{error.type}: {error.value}"]
    for frame in error.frames[-MAX_FRAMES:]:
        lines.append(f"  {frame.filename}:{frame.lineno} in {frame.function}")
        lines.append(f"    {frame.context_line or ''}")
        for name, value in list(frame.variables.items())[:MAX_VARIABLES]:
            lines.append(f"      {name} = {str(value)[:MAX_VALUE]}")
    return lines


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("suture.agent", "prompts"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 -- no HTML is made here
    )
    environment.filters["fence"] = fence
    return environment


@cache
def _source(template: str) -> str:
    environment = _environment()
    loader = environment.loader
    return loader.get_source(environment, template)[0] if loader else ""


def _render(template: str, **values: object) -> str:
    text = _environment().get_template(template).render(**values)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
