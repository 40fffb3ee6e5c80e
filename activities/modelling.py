"""Asking models: transcripts go in and out as artifacts, and histories hold their digests."""

from collections.abc import Iterable

from pydantic import Field
from temporalio import activity

from activities.failures import translated
from suture.agent.calls import tool_specs, written_call
from suture.agent.ending import has_tried
from suture.agent.fitting import Window, fitted, length_of
from suture.agent.prompting import verdict_text
from suture.agent.requests import key_of
from suture.agent.transcript import TranscriptNode, last_node, load
from suture.canonical import canonical_json, digest_of
from suture.domain.usage import Usage
from suture.domain.value import Digest, Line, Prose, Value
from suture.domain.verification import TrialReport
from suture.errors import ContextExceeded, ModelRefused
from suture.ports.artifacts import ArtifactStore
from suture.ports.model import (
    ChatTurn,
    Model,
    ModelReply,
    ModelRequest,
    ReplySource,
    ToolCall,
)

MAX_NAME = 60
FITS = 8
"""How often a conversation is made shorter for a model that says it is too long."""
LEAST_CHARACTERS = 2_000


class CallAnswer(Value):
    """What goes back to the model for one of its calls, or, without an id, as a plain message."""

    call_id: str | None
    content: Digest | None = None
    """An artifact with the text."""
    text: Prose = ""
    """The text itself, where it is short."""
    verdict: TrialReport | None = None
    """What the evidence gate made of a proposal; it is put into words for the model."""


class ModelTurn(Value):
    """One more turn of a conversation."""

    model: str
    head: Digest
    """The newest `TranscriptNode`."""
    answers: tuple[CallAnswer, ...] = ()
    max_output_tokens: int = Field(default=4_096, ge=1)
    timeout_seconds: float = Field(default=120.0, gt=0)
    tier: int = Field(default=0, ge=0)
    """Which of the repair's conversations it is: another one is asked anew."""


class CallRef(Value):
    """One call of the newest turn. Its arguments stay in the transcript."""

    number: int = Field(ge=0)
    call_id: str | None
    """None where the model wrote its call into the text; it is then answered by a message."""
    name: str
    fingerprint: Digest
    """Of the name and the arguments: the same call again has the same."""


class ModelAnswer(Value):
    """What histories hold of a model's turn."""

    head: Digest
    """The transcript with the model's turn."""
    prompt: Digest
    """The transcript that the model saw, whole or without what is counted in `left_out`."""
    calls: tuple[CallRef, ...] = ()
    usage: Usage
    truncated: bool = False
    prompts: Line = ""
    """Versions and digest of the prompts that the conversation was opened with."""
    seconds: float = Field(default=0.0, ge=0)
    """How long the model took."""
    source: ReplySource = ReplySource.ASKED
    left_out: int = Field(default=0, ge=0)
    """Characters of the transcript that the model could not be shown."""


class ModelActivities:
    """Talks to models, and to nothing else."""

    def __init__(
        self, artifacts: ArtifactStore, model: Model, window: Window | None = None
    ) -> None:
        self._artifacts = artifacts
        self._model = model
        self._window = window or Window()

    @activity.defn(name="ask_model")
    @translated
    def ask_model(self, request: ModelTurn) -> ModelAnswer:
        """Continue a conversation by one turn of the model's.

        The idempotency key is of the workflow, the tier and the whole conversation: an execution
        that comes after one that was lost is given the reply that was paid for.
        """
        prompt = self._append(request)
        transcript = load(prompt, self._artifacts)
        turns, reply = self._complete(request, transcript.turns)
        turn = _with_distinct_ids(reply.turn)
        return ModelAnswer(
            head=self._store(TranscriptNode(previous=prompt, turns=(turn,))),
            prompt=prompt,
            calls=_references(turn),
            usage=reply.usage,
            truncated=reply.truncated,
            prompts=transcript.prompts,
            seconds=reply.seconds,
            source=reply.source,
            left_out=max(0, length_of(transcript.turns) - length_of(turns)),
        )

    def _complete(
        self, request: ModelTurn, turns: tuple[ChatTurn, ...]
    ) -> tuple[tuple[ChatTurn, ...], ModelReply]:
        """Ask with as much of the conversation as fits; return what was shown, and the reply.

        Raises:
            ContextExceeded: not even the shortest form of it fits.
        """
        window = self._window
        tools, output = (
            tool_specs(compact=window.compact, tried=has_tried(called_in(turns))),
            window.output_tokens(request.max_output_tokens),
        )
        limit = window.characters(output, "".join(spec.model_dump_json() for spec in tools))
        scope = f"{workflow_id()}/{request.tier}"
        for _ in range(FITS):
            shown = fitted(turns, limit)
            asked = ModelRequest(
                model=request.model,
                turns=shown,
                tools=tools,
                max_output_tokens=output,
                timeout_seconds=request.timeout_seconds,
            )
            try:
                keyed = asked.model_copy(update={"key": key_of(asked, scope)})
                return shown, self._model.complete(keyed)
            except ContextExceeded:
                limit = length_of(shown) // 2
                if limit < LEAST_CHARACTERS:
                    break
        raise ContextExceeded(f"Not even a short form of the conversation fits {request.model}.")

    def _append(self, request: ModelTurn) -> Digest:
        if not request.answers:
            return request.head
        turns = tuple(self._turn(answer) for answer in request.answers)
        return self._store(TranscriptNode(previous=request.head, turns=turns))

    def _turn(self, answer: CallAnswer) -> ChatTurn:
        text = self._text(answer)
        if answer.call_id is None:
            return ChatTurn(role="user", content=text)
        return ChatTurn(role="tool", content=text, call_id=answer.call_id)

    def _text(self, answer: CallAnswer) -> str:
        if answer.verdict is not None:
            return verdict_text(answer.verdict)
        stored = answer.content
        return self._artifacts.get(stored).decode() if stored else answer.text

    def _store(self, node: TranscriptNode) -> Digest:
        return self._artifacts.put(canonical_json(node))


def workflow_id() -> str:
    """Return whose activity this is; it stays the same when a run is reset."""
    return (activity.info().workflow_id or "") if activity.in_activity() else ""


def call_at(head: Digest, number: int, artifacts: ArtifactStore) -> ToolCall:
    """Return a call of the newest turn.

    Raises:
        ModelRefused: there is none.
    """
    calls = calls_of(last_node(head, artifacts).turns[-1])
    if number >= len(calls):
        raise ModelRefused("The model made no such call.")
    return calls[number]


def called_in(turns: Iterable[ChatTurn]) -> tuple[str, ...]:
    """Return the tools that a model called in a conversation, oldest first."""
    own = (turn for turn in turns if turn.role == "assistant")
    return tuple(call.name for turn in own for call in calls_of(turn))


def calls_of(turn: ChatTurn) -> tuple[ToolCall, ...]:
    """Return a turn's calls, native ones or else the one written into its text."""
    if turn.tool_calls:
        return turn.tool_calls
    written = written_call(turn.content)
    return (written,) if written else ()


def _references(turn: ChatTurn) -> tuple[CallRef, ...]:
    return tuple(
        CallRef(
            number=number,
            call_id=call.call_id if turn.tool_calls else None,
            name=call.name[:MAX_NAME],
            fingerprint=digest_of([call.name, call.arguments]),
        )
        for number, call in enumerate(calls_of(turn))
    )


def _with_distinct_ids(turn: ChatTurn) -> ChatTurn:
    """Return the turn with ids that tell its calls apart, as providers want them back."""
    ids = {call.call_id for call in turn.tool_calls}
    if len(ids) == len(turn.tool_calls):
        return turn
    calls = tuple(
        call.model_copy(update={"call_id": f"call-{number}"})
        for number, call in enumerate(turn.tool_calls)
    )
    return turn.model_copy(update={"tool_calls": calls})
