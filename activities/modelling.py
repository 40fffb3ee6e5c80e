"""Asking models: transcripts go in and out as artifacts, and histories hold their digests."""

from pydantic import Field
from temporalio import activity

from activities.failures import translated
from suture.agent.calls import tool_specs, written_call
from suture.agent.prompting import verdict_text
from suture.agent.transcript import TranscriptNode, last_node, load
from suture.canonical import canonical_json, digest_of
from suture.domain.usage import Usage
from suture.domain.value import Digest, Prose, Value
from suture.domain.verification import TrialReport
from suture.errors import ModelRefused
from suture.ports.artifacts import ArtifactStore
from suture.ports.model import ChatTurn, Model, ModelRequest, ToolCall

MAX_CONVERSATION = 600_000
"""Characters of a conversation. No budget buys a longer one."""
MAX_NAME = 60


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
    """The transcript that the model saw."""
    calls: tuple[CallRef, ...] = ()
    usage: Usage
    truncated: bool = False


class ModelActivities:
    """Talks to models, and to nothing else."""

    def __init__(self, artifacts: ArtifactStore, model: Model) -> None:
        self._artifacts = artifacts
        self._model = model

    @activity.defn(name="ask_model")
    @translated
    def ask_model(self, request: ModelTurn) -> ModelAnswer:
        """Continue a conversation by one turn of the model's. Each execution is paid for."""
        prompt = self._append(request)
        turns = load(prompt, self._artifacts)
        if sum(_size(turn) for turn in turns) > MAX_CONVERSATION:
            raise ModelRefused("The conversation has become too long.")
        reply = self._model.complete(
            ModelRequest(
                model=request.model,
                turns=turns,
                tools=tool_specs(),
                max_output_tokens=request.max_output_tokens,
                timeout_seconds=request.timeout_seconds,
            )
        )
        turn = _with_distinct_ids(reply.turn)
        return ModelAnswer(
            head=self._store(TranscriptNode(previous=prompt, turns=(turn,))),
            prompt=prompt,
            calls=_references(turn),
            usage=reply.usage,
            truncated=reply.truncated,
        )

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


def call_at(head: Digest, number: int, artifacts: ArtifactStore) -> ToolCall:
    """Return a call of the newest turn.

    Raises:
        ModelRefused: there is none.
    """
    calls = calls_of(last_node(head, artifacts).turns[-1])
    if number >= len(calls):
        raise ModelRefused("The model made no such call.")
    return calls[number]


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


def _size(turn: ChatTurn) -> int:
    return len(turn.content) + sum(len(call.arguments) for call in turn.tool_calls)
