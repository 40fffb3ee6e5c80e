"""Answers that a server binds to the JSON of one tool call, for models without native tool calls.

https://platform.openai.com/docs/guides/structured-outputs: llama.cpp, Ollama and vLLM turn the
schema into a grammar, so that even a small model's answer is a call.
"""

from collections.abc import Sequence
from typing import Any

from suture.model_settings import StructuredForm
from suture.ports.model import ToolSpec


def bound_to_calls(
    messages: list[dict[str, Any]], tools: Sequence[ToolSpec], form: StructuredForm
) -> dict[str, Any]:
    """Return the messages with the tools told in the first, and the format of the answer."""
    told = [f"- {tool.name}: {tool.description} Arguments: {tool.parameters}" for tool in tools]
    first = {**messages[0], "content": "\n".join([messages[0]["content"], "", "Tools:", *told])}
    schema = _schema(tools)
    shape: dict[str, Any] = {"type": "json_object", "schema": schema}
    if form is StructuredForm.JSON_SCHEMA:
        shape = {"type": "json_schema", "json_schema": {"name": "call", "schema": schema}}
    return {"messages": [first, *messages[1:]], "response_format": shape}


def _schema(tools: Sequence[ToolSpec]) -> dict[str, Any]:
    calls = [
        {
            "type": "object",
            "properties": {"name": {"const": tool.name}, "arguments": tool.parameters},
            "required": ["name", "arguments"],
        }
        for tool in tools
        # References point at the whole schema's top: they are lost inside another.
        if "$defs" not in tool.parameters
    ]
    return {"anyOf": calls}
