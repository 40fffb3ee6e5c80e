"""Tools of a model as activities: each answer is bounded, scrubbed and fenced as data."""

import time
from dataclasses import dataclass

from pydantic import Field
from temporalio import activity

from activities.bench import Bench
from activities.case_files import CaseFiles
from activities.failures import translated
from activities.modelling import call_at, called_in
from activities.new_tests import NewTests
from activities.proof import unpack
from activities.tool_lookups import Lookups
from activities.tool_proposals import Desk
from activities.tool_use import Answered, Effect, Refused, Workplace
from suture.agent.arguments import (
    AddImport,
    Arguments,
    Blame,
    Conclude,
    FindCallers,
    FindDefinition,
    FindTestsReaching,
    GiveUp,
    LastChanges,
    ProposeFix,
    ProposeReproduction,
    ReadFile,
    ReplaceText,
    RewriteFunction,
    RunSnippet,
    RunTests,
    Search,
    UndoEdits,
)
from suture.agent.calls import Complaint, Fault, validate_call
from suture.agent.ending import TOO_SOON, gives_up_untried
from suture.agent.fitting import Window
from suture.agent.prompting import PromptSet, Task, fence, opening_turns, unfenced
from suture.agent.refusals import CannotRewrite
from suture.agent.transcript import Edits, TranscriptNode, load
from suture.canonical import canonical_json
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import Evidence, EvidenceRef
from suture.domain.patch import CandidateBatch
from suture.domain.service import Service
from suture.domain.suspicion import Suspicion
from suture.domain.usage import Usage
from suture.domain.value import Digest, Line, Prose, Value
from suture.domain.verification import Reproduction, SuiteReport
from suture.hostile_text import suspicions
from suture.localisation.functions import lines_of
from suture.policy.model import Policy, SandboxBounds
from suture.ports.artifacts import ArtifactStore
from suture.ports.sandbox import Sandbox
from suture.ports.source import SourceRepositories, SourceRepository
from suture.redaction import scrub
from suture.reproduction.named_tests import CALLABLE
from suture.verdict.suite import BAD

MAX_PLACES = 4
AROUND_LINES = 60
MAX_FAILING = 10
MAX_OUTPUT = 4_000
COMPACT_PLACES = 2
COMPACT_LINES = 25
SNIPPET = "suture_snippet.py"
SNIPPET_RUNNER = "suture_run_snippet.py"
SNIPPET_SECONDS = 30.0
RUN_SNIPPET = f"""import runpy, sys
sys.stderr = sys.stdout
sys.path.insert(0, ".")
try:
    runpy.run_path({SNIPPET!r}, run_name="__main__")
except BaseException:
    import traceback

    traceback.print_exc()
"""


class OpeningRequest(Value):
    """What a conversation opens with."""

    service: Service
    event: Digest
    evidence: EvidenceRef
    diagnosis: Diagnosis
    reproduction: Reproduction
    feedback: Prose = ""
    tried: Prose = ""
    """What was tried before, by patterns and other models."""


class ToolRequest(Value):
    """A call to carry out, and what it works on."""

    service: Service
    policy: Policy
    event: Digest
    evidence: EvidenceRef
    diagnosis: Diagnosis
    reproduction: Reproduction
    rejected_patches: tuple[Digest, ...] = ()
    model: str
    head: Digest
    """The transcript whose newest turn holds the call."""
    number: int = Field(ge=0)
    edits: Digest | None = None


class ToolAnswer(Value):
    """What a call came to. The text for the model is an artifact."""

    effect: Effect
    content: Digest
    edits: Digest | None = None
    batch: CandidateBatch | None = None
    reproduction: Reproduction | None = None
    diagnosis: Diagnosis | None = None
    note: Line = ""
    """For people: why it was refused, or why the model gave up."""
    suspicions: tuple[Suspicion, ...] = ()
    """What in the answer, or in what the model hands in, looks meant to direct its reader."""
    usage: Usage = Usage()


class ToolActivities:
    """Carries out calls on private copies; only the sandbox runs the repository's code."""

    def __init__(
        self,
        artifacts: ArtifactStore,
        sources: SourceRepositories,
        sandbox: Sandbox,
        window: Window | None = None,
    ) -> None:
        compact = window is not None and window.compact
        self._prompts = PromptSet.COMPACT if compact else PromptSet.FULL
        self._artifacts = artifacts
        self._files = CaseFiles(artifacts, sources)
        self._sandbox = sandbox

    @activity.defn(name="open_conversation")
    @translated
    def open_conversation(self, request: OpeningRequest) -> Digest:
        """Write the system prompt and the task; return the transcript's first node."""
        repository = self._files.repository(request.service)
        alert, evidence = self._files.case(request.event, request.evidence)
        task = Task(
            alert=alert,
            evidence=evidence,
            diagnosis=request.diagnosis,
            reproduction=request.reproduction,
            test=self._test_text(request.reproduction),
            sources=_excerpts(evidence, repository, self._prompts),
            new_test=self._new_test(request, evidence, repository),
            feedback=request.feedback,
            tried=request.tried,
        )
        turns = opening_turns(task, self._prompts)
        node = TranscriptNode(previous=None, turns=turns, prompts=self._prompts.label)
        return self._artifacts.put(canonical_json(node))

    @activity.defn(name="use_tool")
    @translated
    def use_tool(self, request: ToolRequest) -> ToolAnswer:
        """Carry out one call. What the model did wrong is an answer, never an error."""
        call = validate_call(call_at(request.head, request.number, self._artifacts))
        hand = self._hand(request)
        started = time.monotonic()
        answered = _refusal(call) if isinstance(call, Complaint) else _carried_out(hand, call)
        ran = isinstance(call, RunTests | RunSnippet | ProposeReproduction)
        seconds = round(time.monotonic() - started, 3) if ran else 0.0
        edits = Edits(contents=hand.workplace.edits)
        told = answered.effect in {Effect.REFUSED, Effect.GAVE_UP}
        return ToolAnswer(
            effect=answered.effect,
            content=self._artifacts.put(answered.text.encode("utf-8", "replace")),
            edits=self._artifacts.put(canonical_json(edits)) if edits.contents else None,
            batch=answered.batch,
            reproduction=answered.reproduction,
            diagnosis=answered.diagnosis,
            note=" ".join(answered.text.split())[:500] if told else "",
            suspicions=_suspicions(call, answered),
            usage=Usage(sandbox_seconds=seconds),
        )

    def _hand(self, request: ToolRequest) -> "Hand":
        bench = Bench(
            sandbox=self._sandbox,
            repository=self._files.repository(request.service),
            service=request.service,
            bounds=request.policy.sandbox,
        )
        stored = self._artifacts.get(request.edits) if request.edits else None
        edits = dict(Edits.model_validate_json(stored).contents) if stored else {}
        alert, evidence = self._files.case(request.event, request.evidence)
        workplace = Workplace(
            bench=bench,
            evidence=evidence,
            blast_radius=request.policy.blast_radius,
            edits=edits,
        )
        desk = Desk(
            workplace=workplace,
            artifacts=self._artifacts,
            alert=alert,
            model=request.model,
            rejected=request.rejected_patches,
        )
        return Hand(workplace=workplace, desk=desk, request=request)

    def _new_test(
        self, request: OpeningRequest, evidence: Evidence, repository: SourceRepository
    ) -> str:
        """Return how a test of another language than Python would have to be written."""
        if request.reproduction.reproduced:
            return ""
        service, bounds = request.service, SandboxBounds()
        bench = Bench(sandbox=self._sandbox, repository=repository, service=service, bounds=bounds)
        if bench.toolchain(evidence.base_sha).name in CALLABLE:
            return ""
        place = NewTests(bench, self._files.alert(request.event), evidence).place
        return place.hint if place else ""

    def _test_text(self, reproduction: Reproduction) -> str:
        if reproduction.files is None:
            return ""
        proof = unpack(reproduction, self._artifacts)
        return "\n".join(proof.test_files.values())


@dataclass(frozen=True, kw_only=True)
class Hand:
    """Does what one valid call says."""

    workplace: Workplace
    desk: Desk
    request: ToolRequest

    @property
    def lookups(self) -> Lookups:
        """What is asked of the code index and the history."""
        return Lookups(self.workplace)

    def do(self, call: Arguments) -> Answered:  # noqa: C901, PLR0911, PLR0912 -- one line per tool
        """Carry it out.

        Raises:
            Refused: the model may not have that.
            CannotRewrite: it cannot be done as it is asked.
        """
        match call:
            case ReadFile():
                return self.workplace.show(call)
            case Search():
                return self.workplace.search(call)
            case Blame():
                return self.workplace.blame(call)
            case FindDefinition():
                return self.lookups.definition(call)
            case FindCallers():
                return self.lookups.callers(call)
            case FindTestsReaching():
                return self.lookups.tests_reaching(call)
            case LastChanges():
                return self.lookups.last_changes(call)
            case RunTests():
                return self._run_tests(call)
            case RunSnippet():
                return self._run_snippet(call)
            case RewriteFunction():
                return self.workplace.rewrite(call)
            case ReplaceText():
                return self.workplace.replace(call)
            case AddImport():
                return self.workplace.add_import(call)
            case UndoEdits():
                self.workplace.edits.clear()
                return Answered(effect=Effect.EDITED, text="The base is as it was.")
            case ProposeFix():
                return self._propose(call)
            case ProposeReproduction():
                return self._reproduce(call)
            case Conclude():
                return self.desk.take_conclusion(call, self.request.diagnosis)
            case GiveUp():
                return self._give_up(call)
        raise Refused("There is no such tool.")

    def _give_up(self, call: GiveUp) -> Answered:
        called = called_in(load(self.request.head, self.desk.artifacts).turns)
        if self.request.reproduction.reproduced and gives_up_untried(called):
            return Answered(effect=Effect.COMPLAINED, text=TOO_SOON)
        return Answered(effect=Effect.GAVE_UP, text=scrub(call.reason))

    def _propose(self, call: ProposeFix) -> Answered:
        if not self.request.reproduction.reproduced:
            text = "Nothing can be judged before the fault is reproduced: `propose_reproduction`."
            return Answered(effect=Effect.COMPLAINED, text=text)
        return self.desk.take_fix(call)

    def _reproduce(self, call: ProposeReproduction) -> Answered:
        if self.request.reproduction.reproduced:
            text = "The fault is reproduced already, and that proof stays."
            return Answered(effect=Effect.REFUSED, text=text)
        return self.desk.take_reproduction(call)

    def _run_snippet(self, call: RunSnippet) -> Answered:
        bench = self.workplace.bench
        files = self.workplace.laid_over()
        with bench.at(self.workplace.evidence.base_sha) as stand:
            files[stand.inside(SNIPPET)] = call.source
            said = stand.run_script(SNIPPET_RUNNER, RUN_SNIPPET, (), files, SNIPPET_SECONDS)
        text = said[-MAX_OUTPUT:].strip() or "It printed nothing."
        return Answered(effect=Effect.LOOKED, text=fence(text, "printed"))

    def _run_tests(self, call: RunTests) -> Answered:
        reproduction = self.request.reproduction
        files = self.workplace.laid_over()
        if reproduction.files is not None:
            files |= unpack(reproduction, self.desk.artifacts).test_files
        nodes = call.node_ids or reproduction.node_ids
        with self.workplace.bench.at(self.workplace.evidence.base_sha) as stand:
            report = stand.run_tests(nodes, files) if nodes else stand.run_suite(files)
        return Answered(effect=Effect.LOOKED, text=fence(_told(report), "test run"))


def _carried_out(hand: Hand, call: Arguments) -> Answered:
    try:
        return hand.do(call)
    except Refused as refusal:
        return Answered(effect=Effect.REFUSED, text=str(refusal))
    except CannotRewrite as problem:
        return Answered(effect=Effect.COMPLAINED, text=str(problem))


def _refusal(complaint: Complaint) -> Answered:
    unknown = complaint.fault is Fault.UNKNOWN_TOOL
    effect = Effect.REFUSED if unknown else Effect.COMPLAINED
    return Answered(effect=effect, text=complaint.text)


def _suspicions(call: Arguments | Complaint, answered: Answered) -> tuple[Suspicion, ...]:
    """Return what is suspicious in what the model is shown, or in what people will read of it."""
    texts: dict[str, str] = {}
    if answered.effect is Effect.LOOKED:
        texts["answer"] = unfenced(answered.text)
    elif isinstance(call, ProposeFix | Conclude | GiveUp):
        texts["handed in"] = call.model_dump_json()
    return suspicions(texts)


def _told(report: SuiteReport) -> str:
    if not report.ran:
        return f"The tests did not run. {report.problem}\n{report.output[-MAX_OUTPUT:]}"
    bad = [case for case in report.cases if case.outcome in BAD]
    lines = [f"{len(report.cases)} tests ran, {len(bad)} failed."]
    lines += [f"{case.node_id}: {case.message[:300]}" for case in bad[:MAX_FAILING]]
    return "\n".join([*lines, report.output[-MAX_OUTPUT:] if bad else ""])


def _excerpts(
    evidence: Evidence, repository: SourceRepository, prompts: PromptSet
) -> dict[str, str]:
    compact = prompts is PromptSet.COMPACT
    count, around = (COMPACT_PLACES, COMPACT_LINES) if compact else (MAX_PLACES, AROUND_LINES)
    places = [*evidence.path, *([evidence.crash] if evidence.crash else [])]
    shown: dict[str, str] = {}
    for place in list(dict.fromkeys(reversed(places)))[:count]:
        lines = lines_of(repository.read_file(evidence.base_sha, place.path) or "")
        first, last = max(1, place.line - around), min(len(lines), place.line + around)
        label = f"{place.path} lines {first} to {last}"
        shown[label] = "\n".join(
            f"{number}: {lines[number - 1]}" for number in range(first, last + 1)
        )
    return shown
