"""The tools that a model is offered, and the check of what it calls them with.

The format of tools is the one of OpenAI's function calling, which litellm translates for others:
https://platform.openai.com/docs/guides/function-calling
"""

import json
import re
from enum import StrEnum
from inspect import cleandoc

from pydantic import JsonValue, ValidationError

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
from suture.agent.ending import GIVE_UP
from suture.domain.value import Value
from suture.errors import InvalidInput
from suture.hostile_json import parse_json
from suture.ports.model import ToolCall, ToolSpec

KINDS: dict[str, type[Arguments]] = {
    "read_file": ReadFile,
    "search": Search,
    "blame": Blame,
    "find_definition": FindDefinition,
    "find_callers": FindCallers,
    "find_tests_reaching": FindTestsReaching,
    "last_changes": LastChanges,
    "run_tests": RunTests,
    "run_snippet": RunSnippet,
    "rewrite_function": RewriteFunction,
    "replace_text": ReplaceText,
    "add_import": AddImport,
    "undo_edits": UndoEdits,
    "propose_fix": ProposeFix,
    "propose_reproduction": ProposeReproduction,
    "conclude": Conclude,
    GIVE_UP: GiveUp,
}
COMPACT = (
    "read_file",
    "search",
    "run_tests",
    "rewrite_function",
    "replace_text",
    "propose_fix",
    "propose_reproduction",
    GIVE_UP,
)
"""What a small model is told of; it may call the others all the same."""
FENCED = re.compile(r"```[a-zA-Z]{0,20}[ \t]*\n(.*?)```", re.DOTALL)
NAMED = frozenset({"properties", "$defs"})
"""Where a schema's keys are names of ours."""
UNTOLD = frozenset({"title", "maxLength"})
WRITTEN_ID = "written"
MAX_PROBLEMS = 3
MAX_TEXT = 64 << 10
MAX_SHOWN_NAME = 60


class Fault(StrEnum):
    """What is wrong with a call."""

    UNKNOWN_TOOL = "unknown_tool"
    """No such tool is offered. It goes on record as a refusal."""
    BAD_ARGUMENTS = "bad_arguments"


class Complaint(Value):
    """Why a call cannot be carried out, in words that the model can act on."""

    fault: Fault
    text: str


def tool_specs(*, compact: bool = False, tried: bool = True) -> tuple[ToolSpec, ...]:
    """Return every tool, or the few for small models, with the JSON Schema of its arguments.

    A small model that has not `tried` anything is not told that it may give up: told so, it does.
    """
    names = COMPACT if compact else tuple(KINDS)
    left_out = {GIVE_UP} if compact and not tried else set()
    return tuple(_spec(name, KINDS[name]) for name in names if name not in left_out)


def validate_call(call: ToolCall) -> Arguments | Complaint:
    """Return the typed arguments, or what the model should be told."""
    kind = KINDS.get(call.name)
    if kind is None:
        known = ", ".join(KINDS)
        text = f"There is no tool {call.name[:MAX_SHOWN_NAME]!r}. The tools are: {known}."
        return Complaint(fault=Fault.UNKNOWN_TOOL, text=text)
    given = _read(call.arguments)
    if given is None:
        text = f"The arguments of {call.name} are no JSON object."
        return Complaint(fault=Fault.BAD_ARGUMENTS, text=text)
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)[:MAX_PROBLEMS]
        )
        text = f"The arguments of {call.name} are wrong: {problems}."
        return Complaint(fault=Fault.BAD_ARGUMENTS, text=text)


def written_call(content: str) -> ToolCall | None:
    """Return the call that a model without native tools wrote as JSON into its text.

    It looks like `{"name": "search", "arguments": {"text": "total"}}`, fenced or among prose.
    """
    given = _read(content)
    if given is None:
        return None
    name = given.get("name", given.get("tool"))
    arguments = given.get("arguments", given.get("parameters", {}))
    if not isinstance(name, str):
        return None
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolCall(call_id=WRITTEN_ID, name=name, arguments=text)


def _read(text: str) -> dict[str, JsonValue] | None:
    """Read an object, tolerating code fences, prose around it and JSON inside a JSON text."""
    bounded = text[:MAX_TEXT]
    found = FENCED.search(bounded)
    first, last = bounded.find("{"), bounded.rfind("}")
    attempts = [bounded or "{}", found.group(1) if found else "", bounded[first : last + 1]]
    for attempt in attempts:
        value = _parsed(attempt)
        if isinstance(value, str):
            value = _parsed(value)
        if isinstance(value, dict):
            return value
    return None


def _parsed(text: str) -> JsonValue:
    try:
        return parse_json(text.encode("utf-8", "replace"))
    except InvalidInput:
        return None


def _spec(name: str, kind: type[Arguments]) -> ToolSpec:
    schema = kind.model_json_schema()
    schema.pop("description", None)
    return ToolSpec(name=name, description=cleandoc(kind.__doc__ or ""), parameters=_plain(schema))


def _plain(schema: JsonValue) -> JsonValue:
    """Return a schema without what is not for the model.

    Titles say nothing. Lengths are checked here: servers that bind answers to the schema unroll
    them, and llama.cpp's dies of some thousands.
    """
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _plain(item) for name, item in value.items()}
        if key in NAMED and isinstance(value, dict)
        else _plain(value)
        for key, value in schema.items()
        if key not in UNTOLD
    }
