"""A model behind litellm, asked once per call.

https://docs.litellm.ai/docs/completion/input and https://docs.litellm.ai/docs/completion/output.
litellm takes seconds to import, so it loads at the first call, in the process that asks models.
"""

import json
import time
from typing import Any

from integrations.litellm.failures import translate
from integrations.litellm.library import load_litellm
from integrations.litellm.prices import Price, price_of
from integrations.litellm.structured import bound_to_calls
from suture.domain.usage import Usage
from suture.errors import ModelRefused
from suture.model_settings import ModelSettings
from suture.ports.model import ChatTurn, ModelReply, ModelRequest, ToolCall, ToolSpec

MAX_CONTENT = 64 << 10
MAX_ARGUMENTS = 128 << 10
MAX_CALLS = 8
MAX_NAME = 128
CHARACTERS_PER_TOKEN = 3
"""Fewer than most texts have, so that an estimate errs upwards."""


class LitellmModel:
    """Implements `suture.ports.model.Model`."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings

    def complete(self, request: ModelRequest) -> ModelReply:
        """Ask once. What comes back is bounded.

        Raises:
            SettingsError: nobody knows the model's price, so it is not asked.
        """
        litellm, price = load_litellm(), price_of(request.model, self._settings)
        started = time.monotonic()
        try:
            answer = litellm.completion(**self._arguments(request))
            plain = answer.model_dump()
        # litellm lets whatever a provider's answer breaks escape, not only its own exceptions.
        except Exception as error:
            raise translate(error, request.model) from error
        seconds = round(time.monotonic() - started, 3)
        turn, truncated = _answered(request.model, plain)
        tokens = _tokens(request, turn, plain.get("usage") or {})
        cost = _cost(request.model, price, tokens, answer)
        usage = Usage(model_calls=1, input_tokens=tokens[0], output_tokens=tokens[1], cost_usd=cost)
        return ModelReply(turn=turn, usage=usage, truncated=truncated, seconds=seconds)

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
        if request.key is not None:
            arguments["extra_headers"] = {"Idempotency-Key": request.key}
        if request.tools and settings.structured is not None:
            messages = arguments["messages"]
            arguments |= bound_to_calls(messages, request.tools, settings.structured)
        elif request.tools:
            arguments["tools"] = [_tool(spec) for spec in request.tools]
        if settings.api_base is not None:
            arguments["api_base"] = settings.api_base
            # A vendor's key from the environment must not travel to somebody else's server.
            arguments["api_key"] = "unset"
        if settings.api_key is not None:
            arguments["api_key"] = settings.api_key.get_secret_value()
        return arguments


def _cost(model: str, price: Price, tokens: tuple[int, int], answer: object) -> float:
    """Return litellm's account, which knows of caches and tiers, or else tokens times price."""
    plain = price.of(*tokens)
    if not price.listed:
        return plain
    try:
        cost = load_litellm().completion_cost(completion_response=answer, model=model)
    # litellm raises bare exceptions for answers that it has no price of.
    except Exception:  # noqa: BLE001 -- see above
        return plain
    return float(cost or 0.0) or plain


def _answered(model: str, plain: dict[str, Any]) -> tuple[ChatTurn, bool]:
    """Return the model's turn, and whether it was cut off."""
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
    return turn, choices[0].get("finish_reason") == "length" or len(calls) > MAX_CALLS


def _tokens(request: ModelRequest, turn: ChatTurn, counted: dict[str, Any]) -> tuple[int, int]:
    """Return input and output tokens; a server that does not count them is estimated."""
    tokens_in = _count(counted.get("prompt_tokens")) or _estimate(*request.turns)
    return tokens_in, _count(counted.get("completion_tokens")) or _estimate(turn)


def _estimate(*turns: ChatTurn) -> int:
    characters = sum(len(turn.model_dump_json()) for turn in turns)
    return -(-characters // CHARACTERS_PER_TOKEN)


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
