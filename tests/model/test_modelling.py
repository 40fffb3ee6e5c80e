import pytest
from temporalio.exceptions import ApplicationError

from activities.modelling import (
    MAX_CONVERSATION,
    CallAnswer,
    ModelActivities,
    ModelTurn,
    call_at,
)
from activities.tool_use import Refused
from activities.tooling import Hand
from suture.agent.arguments import Arguments
from suture.agent.transcript import TranscriptNode, load
from suture.canonical import canonical_json
from suture.domain.value import Digest
from suture.domain.verification import TrialReport
from suture.ports.model import ChatTurn, ToolCall
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
    assert load(answer.prompt, artifacts) == seen
    assert load(answer.head, artifacts) == (*seen, ChatTurn(role="assistant", content="Hm"))


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


def test_a_conversation_beyond_all_bounds_is_not_sent() -> None:
    artifacts, model = FakeArtifacts(), ScriptedModel()
    turn = ModelTurn(model="m", head=opened(artifacts, "x" * (MAX_CONVERSATION + 1)))
    with pytest.raises(ApplicationError, match="too long"):
        ModelActivities(artifacts, model).ask_model(turn)
    assert not model.requests


def test_arguments_of_no_tool_are_refused() -> None:
    with pytest.raises(Refused):
        Hand.do(Hand.__new__(Hand), Arguments())
