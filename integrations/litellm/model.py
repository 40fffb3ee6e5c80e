"""A model behind litellm, asked once per call.

https://docs.litellm.ai/docs/completion/input and https://docs.litellm.ai/docs/completion/output.
litellm takes seconds to import, so it loads at the first call, in the process that asks models.
"""

import json
from threading import Lock
from typing import Any

import structlog

from integrations.litellm.failures import translate
from suture.domain.usage import Usage
from suture.errors import ModelRefused
from suture.ports.model import ChatTurn, ModelReply, ModelRequest, ToolCall, ToolSpec
from suture.settings import ModelSettings, quiet_litellm

MAX_CONTENT = 64 << 10
MAX_ARGUMENTS = 128 << 10
MAX_CALLS = 8
MAX_NAME = 128
MILLION = 1_000_000

log = structlog.get_logger()
_loading = Lock()


class LitellmModel:
    """Implements `suture.ports.model.Model`."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings

    def complete(self, request: ModelRequest) -> ModelReply:
        """Ask once. What comes back is bounded; prices that nobody knows count as zero."""
        litellm = _load()
        try:
            answer = litellm.completion(**self._arguments(request))
            plain = answer.model_dump()
        # litellm lets whatever a provider's answer breaks escape, not only its own exceptions.
        except Exception as error:
            raise translate(error, request.model) from error
        return self._reply(request.model, plain, answer)

    def _arguments(self, request: ModelRequest) -> dict[str, Any]:
        settings = self._settings
        timeout = min(request.timeout_seconds, settings.timeout_seconds)
        arguments: dict[str, Any] = {
            "model": request.model,
            "messages": [_message(turn) for turn in request.turns],
            "max_tokens": request.max_output_tokens,
            "timeout": timeout,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
            "caching": False,
        }
        if request.tools:
            arguments["tools"] = [_tool(spec) for spec in request.tools]
        if settings.api_base is not None:
            arguments["api_base"] = settings.api_base
            # A vendor's key from the environment must not travel to somebody else's server.
            arguments["api_key"] = "unset"
        if settings.api_key is not None:
            arguments["api_key"] = settings.api_key.get_secret_value()
        return arguments

    def _reply(self, model: str, plain: dict[str, Any], answer: object) -> ModelReply:
        choices = plain.get("choices") or [{}]
        message = choices[0].get("message")
        if not isinstance(message, dict):
            raise ModelRefused(f"{model} sent an answer without a message.")
        calls = [call for call in message.get("tool_calls") or () if isinstance(call, dict)]
        turn = ChatTurn(
            role="assistant",
            content=_text(message.get("content"))[:MAX_CONTENT],
            tool_calls=tuple(_call(call, number) for number, call in enumerate(calls[:MAX_CALLS])),
        )
        cut = choices[0].get("finish_reason") == "length" or len(calls) > MAX_CALLS
        return ModelReply(turn=turn, usage=self._usage(model, plain, answer), truncated=cut)

    def _usage(self, model: str, plain: dict[str, Any], answer: object) -> Usage:
        counted = plain.get("usage") or {}
        tokens_in = _count(counted.get("prompt_tokens"))
        tokens_out = _count(counted.get("completion_tokens"))
        return Usage(
            model_calls=1,
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            cost_usd=self._cost(model, tokens_in, tokens_out, answer),
        )

    def _cost(self, model: str, tokens_in: int, tokens_out: int, answer: object) -> float:
        settings = self._settings
        if (
            settings.input_usd_per_million is not None
            or settings.output_usd_per_million is not None
        ):
            price_in = settings.input_usd_per_million or 0.0
            price_out = settings.output_usd_per_million or 0.0
            return (tokens_in * price_in + tokens_out * price_out) / MILLION
        try:
            cost = _load().completion_cost(completion_response=answer, model=model)
        # litellm raises bare exceptions for models that it has no price of.
        except Exception as error:  # noqa: BLE001 -- see above
            log.warning("model_price.unknown", model=model, reason=type(error).__name__)
            return 0.0
        return max(0.0, float(cost or 0.0))


def _load() -> Any:  # noqa: ANN401 -- litellm's functions are untyped
    with _loading:
        quiet_litellm()
        import litellm  # noqa: PLC0415 -- takes seconds

        litellm.suppress_debug_info = True
        litellm.telemetry = False
        return litellm


def _message(turn: ChatTurn) -> dict[str, Any]:
    message: dict[str, Any] = {"role": turn.role, "content": turn.content}
    if turn.call_id is not None:
        message["tool_call_id"] = turn.call_id
    if turn.tool_calls:
        message["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": _object(call.arguments)},
            }
            for call in turn.tool_calls
        ]
    return message


def _object(arguments: str) -> str:
    """Return arguments that other providers' converters can parse: broken ones as an object."""
    try:
        parsed = json.loads(arguments)
    except (ValueError, RecursionError):
        parsed = None
    return arguments if isinstance(parsed, dict) else json.dumps({"unparsable": arguments[:2_000]})


def _tool(spec: ToolSpec) -> dict[str, Any]:
    return {"type": "function", "function": spec.model_dump()}


def _call(call: dict[str, Any], number: int) -> ToolCall:
    function = call.get("function")
    given = function if isinstance(function, dict) else {}
    return ToolCall(
        call_id=_text(call.get("id"))[:MAX_NAME] or f"call-{number}",
        name=_text(given.get("name"))[:MAX_NAME],
        arguments=_text(given.get("arguments"))[:MAX_ARGUMENTS],
    )


def _text(value: object) -> str:
    # Lone surrogates, as escapes in JSON can make, fit into no artifact and no payload.
    text = value if isinstance(value, str) else ""
    return text.encode("utf-8", "replace").decode("utf-8")


def _count(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
