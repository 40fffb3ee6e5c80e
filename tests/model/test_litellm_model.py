"""The real litellm against a scripted OpenAI-compatible server."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from integrations.litellm.failures import translate
from integrations.litellm.model import LitellmModel, _cost
from integrations.litellm.prices import Price, price_of
from suture.errors import ModelRefused, RateLimited, SettingsError, Unreachable
from suture.model_settings import ModelSettings, StructuredForm
from suture.ports.model import ChatTurn, Model, ModelRequest, ToolCall, ToolSpec
from tests.fakes.openai_server import Answer, Question, Script, fail, say, serving

MODEL = "openai/scripted"
FREE = {"input_usd_per_million": 0.0, "output_usd_per_million": 0.0}
TOOL = ToolSpec(name="look", description="Look.", parameters={"type": "object", "properties": {}})


def model_at(url: str, **settings: object) -> Model:
    """Return models behind this URL, which are free unless the settings give a price."""
    return LitellmModel(ModelSettings.model_validate({"api_base": url, **FREE, **settings}))


def ask(*turns: ChatTurn, timeout: float = 100.0) -> ModelRequest:
    given = turns or (ChatTurn(role="user", content="Hello"),)
    return ModelRequest(model=MODEL, turns=given, tools=(TOOL,), timeout_seconds=timeout)


def constantly(answer: Answer) -> Script:
    return lambda _question, _number: answer


def test_an_answer_brings_text_tool_calls_and_usage() -> None:
    with serving(constantly(say("Well", ("look", {"at": 1}), tokens=(7, 3)))) as server:
        prices = {"input_usd_per_million": 2.0, "output_usd_per_million": 10.0}
        reply = model_at(server.url, **prices).complete(ask())
    assert reply.turn.content == "Well"
    assert reply.turn.tool_calls == (
        ToolCall(call_id="call_0_look", name="look", arguments='{"at": 1}'),
    )
    assert (reply.usage.model_calls, reply.usage.input_tokens, reply.usage.output_tokens) == (
        1,
        7,
        3,
    )
    assert reply.usage.cost_usd == pytest.approx((7 * 2 + 3 * 10) / 1e6)
    assert not reply.truncated
    assert server.questions[0]["tools"][0]["function"]["name"] == "look"


@pytest.mark.parametrize(
    "model",
    [MODEL, "nobody-knows-it", "ollama/llama3", "huggingface/some/model", "a/b/c", "groq/gpt-4o"],
)
def test_a_model_without_a_known_price_is_not_asked_and_says_how_to_give_one(model: str) -> None:
    unpriced = {"input_usd_per_million": None, "output_usd_per_million": None}
    with serving(constantly(say("Well"))) as server:
        request = ask().model_copy(update={"model": model})
        with pytest.raises(SettingsError, match=r"model\.input_usd_per_million"):
            model_at(server.url, **unpriced).complete(request)
    assert server.calls == 0


def test_a_free_local_model_is_asked_when_the_operator_says_so() -> None:
    with serving(constantly(say("Well"))) as server:
        assert model_at(server.url).complete(ask()).usage.cost_usd == 0.0


def test_a_price_is_given_whole_or_not_at_all() -> None:
    with pytest.raises(ValueError, match="output_usd_per_million"):
        ModelSettings(input_usd_per_million=1.0)


def test_the_operator_s_price_is_for_what_litellm_does_not_know_and_for_their_own_server() -> None:
    said = {"input_usd_per_million": 0.0, "output_usd_per_million": 0.0}
    hosted = ModelSettings.model_validate(said)
    assert price_of("openai/gpt-4o", hosted).listed
    assert price_of("azure/our-deployment", hosted) == Price.model_validate(said)
    own = ModelSettings.model_validate({**said, "api_base": "http://127.0.0.1:1/v1"})
    assert price_of("openai/gpt-4o", own) == Price.model_validate(said)


def test_a_server_that_counts_no_tokens_is_estimated_rather_than_free() -> None:
    uncounted = json.loads(say("Well, well").body)
    del uncounted["usage"]
    prices = {"input_usd_per_million": 1.0, "output_usd_per_million": 1.0}
    with serving(constantly(Answer(body=json.dumps(uncounted)))) as server:
        usage = model_at(server.url, **prices).complete(ask()).usage
    assert usage.input_tokens >= len("Hello") / 3
    assert usage.output_tokens >= len("Well, well") / 3
    assert usage.cost_usd > 0


def test_a_known_model_costs_what_litellm_knows() -> None:
    with serving(constantly(say("Well", tokens=(1_000, 1_000)))) as server:
        request = ask().model_copy(update={"model": "openai/gpt-4o"})
        reply = LitellmModel(ModelSettings(api_base=server.url)).complete(request)
    listed = price_of("openai/gpt-4o", ModelSettings())
    assert reply.usage.cost_usd == pytest.approx(listed.of(1_000, 1_000))


def test_an_answer_that_litellm_cannot_account_for_costs_its_tokens() -> None:
    price = price_of("openai/gpt-4o", ModelSettings())
    assert _cost("openai/gpt-4o", price, (1_000, 0), "no answer") == price.of(1_000, 0) > 0


def test_a_conversation_with_tools_travels_whole() -> None:
    turns = (
        ChatTurn(role="system", content="Be brief"),
        ChatTurn(
            role="assistant",
            tool_calls=(
                ToolCall(call_id="a", name="look", arguments='{"at": 2}'),
                ToolCall(call_id="b", name="look", arguments="no json"),
            ),
        ),
        ChatTurn(role="tool", content="Seen", call_id="a"),
    )
    with serving(constantly(say("Well"))) as server:
        model_at(server.url).complete(ask(*turns))
    sent = server.questions[0]["messages"]
    assert [message["role"] for message in sent] == ["system", "assistant", "tool"]
    assert sent[1]["tool_calls"][0]["function"]["arguments"] == '{"at": 2}'
    assert "unparsable" in sent[1]["tool_calls"][1]["function"]["arguments"]
    assert sent[2]["tool_call_id"] == "a"


def test_only_the_configured_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    with serving(constantly(say("Well"))) as server:
        model_at(server.url).complete(ask())
        model_at(server.url, api_key=SecretStr("sk-configured")).complete(ask())
    assert server.keys == ["Bearer unset", "Bearer sk-configured"]


@pytest.mark.parametrize("form", StructuredForm)
def test_a_server_may_bind_the_answer_to_a_call(form: StructuredForm) -> None:
    shared = TOOL.model_copy(update={"name": "shared", "parameters": {"$defs": {}}})
    request = ask(ChatTurn(role="system", content="Mend it")).model_copy(
        update={"tools": (TOOL, shared)}
    )
    with serving(constantly(say('{"name": "look", "arguments": {}}'))) as server:
        reply = model_at(server.url, structured=form).complete(request)
    assert reply.turn.tool_calls == ()
    question = server.questions[0]
    assert "tools" not in question
    assert "- look: Look." in question["messages"][0]["content"]
    shape = question["response_format"]
    assert shape["type"] == form
    schema = shape["schema"] if "schema" in shape else shape["json_schema"]["schema"]
    assert [each["properties"]["name"] for each in schema["anyOf"]] == [{"const": "look"}]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after_ms": "1500"}, 1.5),
        ({}, None),
        ({"retry_after": "-1"}, None),
    ],
)
def test_a_rate_limit_says_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    with serving(constantly(fail(429, "slow down", **headers))) as server:
        with pytest.raises(RateLimited) as caught:
            model_at(server.url).complete(ask())
        assert server.calls == 1
    assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503])
def test_a_broken_provider_is_asked_once_and_may_be_asked_again(status: int) -> None:
    with serving(constantly(fail(status))) as server:
        with pytest.raises(Unreachable):
            model_at(server.url).complete(ask())
        assert server.calls == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refused_request_is_final_and_shows_no_key(status: int) -> None:
    with serving(constantly(fail(status, "bad key sk-abcdefghijklmnopqrstuvwxyz0123"))) as server:
        with pytest.raises(ModelRefused) as caught:
            model_at(server.url).complete(ask())
        assert server.calls == 1
    assert "sk-abcdefghijklmnop" not in str(caught.value)


def test_a_conversation_that_is_too_long_is_final() -> None:
    message = "This model's maximum context length is 10 tokens"
    with (
        serving(constantly(fail(400, message))) as server,
        pytest.raises(ModelRefused, match="too long"),
    ):
        model_at(server.url).complete(ask())


def test_a_slow_provider_times_out() -> None:
    asked, given_up = threading.Event(), threading.Event()

    def late(_question: Question, _number: int) -> Answer:
        asked.set()
        given_up.wait(60)
        return say("Late")

    with serving(late) as server:
        with pytest.raises(Unreachable):
            model_at(server.url, timeout_seconds=0.2).complete(ask())
        # It may have given up before the server read what it asked.
        assert asked.wait(60)
        assert server.calls == 1
        given_up.set()


def test_nobody_there_is_unreachable() -> None:
    with serving(constantly(say("Well"))) as server:
        url = server.url
    with pytest.raises(Unreachable):
        model_at(url).complete(ask())


@pytest.mark.parametrize("body", ["", "<html>", "[]", "null", '{"choices": []}', '{"choices": 3}'])
def test_nonsense_for_an_answer_is_an_error_of_the_core(body: str) -> None:
    with (
        serving(constantly(Answer(body=body))) as server,
        pytest.raises((ModelRefused, Unreachable)),
    ):
        model_at(server.url).complete(ask())


def test_an_answer_is_bounded() -> None:
    calls = [("look", "x" * 200_000)] * 20
    with serving(constantly(say("y" * 100_000, *calls, finish="length"))) as server:
        reply = model_at(server.url).complete(ask())
    assert len(reply.turn.content) == 64 << 10
    assert len(reply.turn.tool_calls) == 8
    assert all(len(call.arguments) == 128 << 10 for call in reply.turn.tool_calls)
    assert reply.truncated


def test_a_lone_surrogate_does_not_break_what_is_kept() -> None:
    body = say("odd").body.replace('"odd"', '"\\ud800"')
    with serving(constantly(Answer(body=body))) as server:
        reply = model_at(server.url).complete(ask())
    reply.turn.content.encode()


def test_an_error_without_a_status_is_final() -> None:
    assert isinstance(translate(TypeError("odd"), MODEL), ModelRefused)


def test_litellm_loads_only_where_a_model_is_asked() -> None:
    code = (
        "import sys, workers.worker, workflows.incident, integrations.litellm.model;"
        "import suture.agent.calls, suture.agent.prompting;"
        "sys.exit('litellm' in sys.modules or 'openai' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


PARTS = {
    "__init__.py": "from litellm import early, late\nVALUE = 1\n",
    "early.py": "import litellm\n\n\ndef value():\n    return litellm.VALUE\n",
    "late.py": "import sys\n\nsys.begun.set()\nsys.going_on.wait(60)\n",
}
STOPPED = """
import ctypes, sys, threading
from integrations.litellm.library import load_litellm
sys.begun, sys.going_on = threading.Event(), threading.Event()
threading.excepthook = lambda _: None
asking = threading.Thread(target=load_litellm)
asking.start()
assert sys.begun.wait(60)
ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(asking.ident), ctypes.py_object(OSError))
sys.going_on.set()
asking.join()
assert load_litellm().early.value() == 1
"""


def test_an_activity_that_is_stopped_while_litellm_loads_leaves_it_whole(tmp_path: Path) -> None:
    (tmp_path / "litellm").mkdir()
    for name, source in PARTS.items():
        (tmp_path / "litellm" / name).write_text(source)
    path = {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", STOPPED], env=path, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_without_a_url_of_ours_the_provider_s_own_settings_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(constantly(say("Well"))) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.url)
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
        request = ask().model_copy(update={"tools": ()})
        settings = ModelSettings.model_validate(FREE)
        assert LitellmModel(settings).complete(request).turn.content == "Well"
    assert server.keys == ["Bearer sk-of-the-environment"]
    assert "tools" not in server.questions[0]
