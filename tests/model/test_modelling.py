import pytest
from temporalio.exceptions import ApplicationError

from activities.modelling import CallAnswer, ModelActivities, ModelTurn, call_at
from activities.tool_use import Refused
from activities.tooling import Hand
from suture.agent.arguments import Arguments
from suture.agent.calls import COMPACT
from suture.agent.fitting import MAX_CHARACTERS, Window, length_of
from suture.agent.transcript import TranscriptNode, load
from suture.canonical import canonical_json
from suture.domain.value import Digest
from suture.domain.verification import TrialReport
from suture.errors import ContextExceeded
from suture.ports.model import ChatTurn, ModelReply, ModelRequest, ToolCall
from tests.fakes.artifacts import FakeArtifacts
from tests.fakes.model import ScriptedModel


def opened(artifacts: FakeArtifacts, text: str = "Mend it") -> Digest:
    turn = ChatTurn(role="user", content=text)
    return artifacts.put(canonical_json(TranscriptNode(previous=None, turns=(turn,))))


def test_answers_of_every_sort_reach_the_model_in_order() -> None:
    artifacts, model = FakeArtifacts(), ScriptedModel(ChatTurn(role="assistant", content="Hm"))
    answers = (
        CallAnswer(call_id="a", content=artifacts.put(b"from an artifact")),
        CallAnswer(call_id="b", verdict=TrialReport(verification=None, tried=1)),
        CallAnswer(call_id=None, text="Answer with a tool call."),
    )
    turn = ModelTurn(model="m", head=opened(artifacts), answers=answers)
    answer = ModelActivities(artifacts, model).ask_model(turn)
    seen = model.requests[0].turns
    assert [each.role for each in seen] == ["user", "tool", "tool", "user"]
    assert seen[1].content == "from an artifact"
    assert "still red" in seen[2].content
    assert answer.calls == ()
    assert load(answer.prompt, artifacts).turns == seen
    assert load(answer.head, artifacts).turns == (*seen, ChatTurn(role="assistant", content="Hm"))


def test_calls_with_one_id_are_told_apart_and_the_same_call_is_known() -> None:
    artifacts = FakeArtifacts()
    call = ToolCall(call_id="x", name="search", arguments="{}")
    other = call.model_copy(update={"arguments": '{"text": "a"}'})
    model = ScriptedModel(ChatTurn(role="assistant", tool_calls=(call, other, call)))
    turn = ModelTurn(model="m", head=opened(artifacts))
    answer = ModelActivities(artifacts, model).ask_model(turn)
    assert [each.call_id for each in answer.calls] == ["call-0", "call-1", "call-2"]
    prints = [each.fingerprint for each in answer.calls]
    assert prints[0] == prints[2] != prints[1]
    assert call_at(answer.head, 1, artifacts).arguments == other.arguments


def test_a_call_written_as_text_is_answered_by_a_message() -> None:
    artifacts = FakeArtifacts()
    text = '{"name": "search", "arguments": {"text": "a"}}'
    model = ScriptedModel(ChatTurn(role="assistant", content=text))
    turn = ModelTurn(model="m", head=opened(artifacts))
    answer = ModelActivities(artifacts, model).ask_model(turn)
    assert [(each.name, each.call_id) for each in answer.calls] == [("search", None)]
    assert call_at(answer.head, 0, artifacts).arguments == '{"text": "a"}'


class ShortSighted(ScriptedModel):
    """A model that refuses what is longer than so many characters."""

    def __init__(self, characters: int, *turns: ChatTurn) -> None:
        super().__init__(*turns)
        self.characters = characters
        self.refused = 0

    def complete(self, request: ModelRequest) -> ModelReply:
        if length_of(request.turns) > self.characters:
            self.refused += 1
            raise ContextExceeded("Too long.")
        return super().complete(request)


def test_what_a_model_cannot_read_is_left_out_until_it_can_and_that_is_told() -> None:
    artifacts = FakeArtifacts()
    model = ShortSighted(40_000, ChatTurn(role="assistant", content="Hm"))
    text = "x" * (MAX_CHARACTERS + 100)
    answers = (CallAnswer(call_id="a", content=artifacts.put(text.encode())),)
    turn = ModelTurn(model="m", head=opened(artifacts), answers=answers)
    answer = ModelActivities(artifacts, model).ask_model(turn)
    assert model.refused > 1
    assert answer.left_out > MAX_CHARACTERS - 40_000
    assert length_of(model.requests[0].turns) <= 40_000
    assert model.requests[0].turns[0].content == "Mend it"


def test_a_model_that_can_read_nothing_is_left() -> None:
    artifacts, model = FakeArtifacts(), ShortSighted(0)
    turn = ModelTurn(model="m", head=opened(artifacts, "x" * 10_000))
    with pytest.raises(ApplicationError, match="Not even a short form"):
        ModelActivities(artifacts, model).ask_model(turn)
    assert model.refused == 3


def test_a_small_model_is_told_of_few_tools_and_leaves_room_for_its_answer() -> None:
    artifacts, model = FakeArtifacts(), ScriptedModel(ChatTurn(role="assistant", content="Hm"))
    window = Window(context_tokens=4_096)
    turn = ModelTurn(model="m", head=opened(artifacts, "x" * 50_000))
    ModelActivities(artifacts, model, window).ask_model(turn)
    request = model.requests[0]
    # It has tried nothing so far, and is not told that it may give up.
    assert [tool.name for tool in request.tools] == [name for name in COMPACT if name != "give_up"]
    assert request.max_output_tokens == 1_024
    tools = sum(len(spec.model_dump_json()) for spec in request.tools)
    assert (length_of(request.turns) + tools) / 3 <= 4_096 - 1_024


def test_arguments_of_no_tool_are_refused() -> None:
    with pytest.raises(Refused):
        Hand.do(Hand.__new__(Hand), Arguments())
