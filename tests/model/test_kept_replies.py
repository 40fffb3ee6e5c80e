"""Replies that were paid for are kept, shared where that is wanted, recorded and replayed."""

import threading
import time
from pathlib import Path

import pytest

from integrations.filesystem.replies import DirectoryReplies
from integrations.filesystem.sessions import RecordedModel, RecordingModel
from integrations.litellm.detached import DetachedModel
from integrations.litellm.kept import KeptModel
from suture.agent.requests import content_of, key_of, step_of
from suture.domain.usage import Usage
from suture.errors import ModelRefused, RateLimited, SettingsError, Unreachable
from suture.model_settings import ModelSettings
from suture.ports.model import ChatTurn, ModelReply, ModelRequest, ReplySource, ToolCall
from tests.fakes.model import ScriptedModel
from workers.choosing_model import choose_model

SAID = ChatTurn(role="assistant", content="Well")
OTHER = ChatTurn(role="assistant", content="Else")


def ask(text: str = "Hello", scope: str = "one") -> ModelRequest:
    request = ModelRequest(model="m", turns=(ChatTurn(role="user", content=text),))
    return request.model_copy(update={"key": key_of(request, scope)})


def test_the_same_key_is_answered_once_and_another_anew(tmp_path: Path) -> None:
    inner = ScriptedModel(SAID, OTHER)
    model = KeptModel(inner, DirectoryReplies(tmp_path))
    first, again = model.complete(ask()), model.complete(ask())
    assert (first.source, again.source) == (ReplySource.ASKED, ReplySource.KEPT)
    assert again.usage == first.usage
    assert model.complete(ask(scope="two")).turn == OTHER
    assert len(inner.requests) == 2
    assert not list(tmp_path.rglob("*.lock"))


def test_a_call_without_a_key_is_not_kept(tmp_path: Path) -> None:
    model = KeptModel(ScriptedModel(SAID, OTHER), DirectoryReplies(tmp_path))
    request = ask().model_copy(update={"key": None})
    assert model.complete(request).turn == SAID
    assert model.complete(request).turn == OTHER


def test_a_shared_reply_costs_nothing_again_and_a_cut_off_one_is_not_shared(tmp_path: Path) -> None:
    class CutOff(ScriptedModel):
        def complete(self, request: ModelRequest) -> ModelReply:
            return super().complete(request).model_copy(update={"truncated": True})

    replies = DirectoryReplies(tmp_path)
    cut = KeptModel(CutOff(SAID), replies, shared=True)
    assert cut.complete(ask()).truncated
    model = KeptModel(ScriptedModel(OTHER), replies, shared=True)
    assert model.complete(ask(scope="two")).source is ReplySource.ASKED
    cached = model.complete(ask(scope="three"))
    assert (cached.source, cached.usage, cached.turn) == (ReplySource.CACHED, Usage(), OTHER)


def test_what_failed_is_asked_again(tmp_path: Path) -> None:
    class Failing(ScriptedModel):
        def complete(self, request: ModelRequest) -> ModelReply:
            if not self.requests:
                self.requests.append(request)
                raise Unreachable("Down.")
            return super().complete(request)

    model = KeptModel(Failing(SAID), DirectoryReplies(tmp_path))
    with pytest.raises(Unreachable):
        model.complete(ask())
    assert model.complete(ask()).turn == SAID


def test_whoever_asks_meanwhile_waits_for_the_reply_that_is_on_its_way(tmp_path: Path) -> None:
    asked, answering = threading.Event(), threading.Event()

    class Slow(ScriptedModel):
        def complete(self, request: ModelRequest) -> ModelReply:
            asked.set()
            answering.wait(100)
            return super().complete(request)

    inner = Slow(SAID)
    first = KeptModel(inner, DirectoryReplies(tmp_path))
    thread = threading.Thread(target=first.complete, args=(ask(),))
    thread.start()
    assert asked.wait(100)
    second = KeptModel(ScriptedModel(), DirectoryReplies(tmp_path))
    impatient = ask().model_copy(update={"timeout_seconds": 0.01})
    with pytest.raises(Unreachable, match="on its way"):
        second.complete(impatient)
    answering.set()
    assert second.complete(ask()).source is ReplySource.KEPT
    thread.join()
    assert len(inner.requests) == 1


def test_the_first_reply_under_a_key_stays_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    replies, key = DirectoryReplies(tmp_path), content_of(ask())
    replies.keep(key, ModelReply(turn=SAID, usage=Usage()))
    replies.keep(key, ModelReply(turn=OTHER, usage=Usage()))
    kept = replies.find(key)
    assert kept is not None
    assert kept.turn == SAID
    next(tmp_path.rglob("*.json")).write_text("{")
    assert replies.find(key) is None


def test_a_directory_that_cannot_be_used_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    replies, key = DirectoryReplies(tmp_path / "file"), content_of(ask())
    with pytest.raises(Unreachable):
        replies.find(key)
    with pytest.raises(Unreachable), replies.exclusively(key, 1.0):
        pass
    replies = DirectoryReplies(tmp_path)
    (tmp_path / key[:2]).mkdir()
    (tmp_path / key[:2] / f"{key[2:]}.lock").mkdir()
    with pytest.raises(Unreachable):
        replies.keep(key, ModelReply(turn=SAID, usage=Usage()))


def talk(text: str, *said: ChatTurn) -> ModelRequest:
    return ModelRequest(model="m", turns=(ChatTurn(role="user", content=text), *said))


def test_a_recorded_session_is_had_again_without_anybody(tmp_path: Path) -> None:
    path = tmp_path / "sessions" / "one.jsonl"
    recording = RecordingModel(ScriptedModel(SAID, OTHER), path)
    recording.complete(talk("Mend 0123abc at 0.52 s"))
    recording.complete(talk("Mend 0123abc at 0.52 s", SAID))
    replayed = RecordedModel(path)
    first = replayed.complete(talk("Mend 99ff000 at 12 s"))
    assert (first.turn, first.source) == (SAID, ReplySource.RECORDED)
    assert replayed.complete(talk("Mend 99ff000 at 12 s", SAID)).turn == OTHER
    with pytest.raises(ModelRefused, match="Record it anew"):
        replayed.complete(talk("Mend something else"))


def test_a_step_is_known_by_model_task_and_what_was_said() -> None:
    call = ToolCall(call_id="1", name="look", arguments="{}")
    said = ChatTurn(role="assistant", tool_calls=(call,))
    steps = {
        step_of(talk("a")),
        step_of(talk("b")),
        step_of(talk("a", SAID)),
        step_of(talk("a", said)),
        step_of(talk("a").model_copy(update={"model": "n"})),
        step_of(ModelRequest(model="m", turns=())),
    }
    assert len(steps) == 6


def test_what_is_no_session_says_which_setting_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"model\.replay"):
        RecordedModel(tmp_path / "nowhere").complete(ask())
    (tmp_path / "file").write_text("no json\n")
    with pytest.raises(SettingsError, match=r"model\.replay"):
        RecordedModel(tmp_path / "file").complete(ask())
    with pytest.raises(SettingsError, match=r"model\.record"):
        RecordingModel(ScriptedModel(SAID), tmp_path).complete(ask())


def test_the_settings_choose() -> None:
    here = Path("here")
    assert isinstance(choose_model(ModelSettings(), here), DetachedModel)
    assert isinstance(choose_model(ModelSettings(detached=False), here), KeptModel)
    assert isinstance(choose_model(ModelSettings(record=here), here), RecordingModel)
    assert isinstance(choose_model(ModelSettings(replay=here), here), RecordedModel)


class Answering:
    def complete(self, request: ModelRequest) -> ModelReply:
        if request.model == "busy":
            raise RateLimited("Patience.", retry_after_seconds=3.0)
        if request.model == "dies":
            raise SystemExit(1)
        time.sleep(0.01)
        return ModelReply(turn=SAID, usage=Usage())


@pytest.mark.timeout(400)
@pytest.mark.filterwarnings("ignore:This process")
def test_a_child_s_reply_and_its_errors_reach_the_worker() -> None:
    model = DetachedModel(Answering)
    assert model.complete(ask()).turn == SAID
    with pytest.raises(RateLimited) as caught:
        model.complete(ask().model_copy(update={"model": "busy"}))
    assert caught.value.retry_after_seconds == 3.0
    with pytest.raises(Unreachable, match="died"):
        model.complete(ask().model_copy(update={"model": "dies"}))
