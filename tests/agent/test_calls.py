import json

import pytest

from suture.agent.arguments import ProposeFix, ReadFile, RunTests, UndoEdits
from suture.agent.calls import Complaint, Fault, tool_specs, validate_call, written_call
from suture.ports.model import ToolCall


def call(name: str, arguments: str) -> ToolCall:
    return ToolCall(call_id="1", name=name, arguments=arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        '{"path": "a.py"}',
        '```json\n{"path": "a.py"}\n```',
        'Here you are: {"path": "a.py"}. Good luck!',
        json.dumps('{"path": "a.py"}'),
        '{"path": "a.py", "why": "because"}',
    ],
)
def test_arguments_are_read_with_what_models_put_around_them(arguments: str) -> None:
    assert validate_call(call("read_file", arguments)) == ReadFile(path="a.py")


def test_no_arguments_are_fine_where_none_are_needed() -> None:
    assert validate_call(call("run_tests", "")) == RunTests()
    assert validate_call(call("undo_edits", "{}")) == UndoEdits()


@pytest.mark.parametrize("arguments", ["{path: a}", "[]", "7", "null", "{" * 5_000, '"text"'])
def test_what_is_no_object_is_complained_about(arguments: str) -> None:
    answer = validate_call(call("read_file", arguments))
    assert isinstance(answer, Complaint)
    assert answer.fault is Fault.BAD_ARGUMENTS


def test_a_complaint_names_the_wrong_argument_and_does_not_repeat_its_value() -> None:
    answer = validate_call(call("propose_fix", '{"title": ["SECRET"]}'))
    assert isinstance(answer, Complaint)
    assert "title" in answer.text
    assert "SECRET" not in answer.text
    assert isinstance(validate_call(call("propose_fix", '{"title": "Mend"}')), ProposeFix)


def test_an_unknown_tool_is_told_apart_and_its_name_is_bounded() -> None:
    answer = validate_call(call("run_shell" * 100, "{}"))
    assert isinstance(answer, Complaint)
    assert answer.fault is Fault.UNKNOWN_TOOL
    assert len(answer.text) < 400


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "search", "arguments": {"text": "total"}}',
        'I search.\n```json\n{"tool": "search", "parameters": {"text": "total"}}\n```',
        '{"name": "search", "arguments": "{\\"text\\": \\"total\\"}"}',
    ],
)
def test_a_call_written_into_the_text_counts(text: str) -> None:
    written = written_call(text)
    assert written is not None
    assert written.name == "search"
    assert json.loads(written.arguments) == {"text": "total"}


@pytest.mark.parametrize("text", ["", "no call", '{"name": 7}', '{"other": 1}'])
def test_prose_is_no_call(text: str) -> None:
    assert written_call(text) is None


def test_each_tool_has_a_description_and_a_schema() -> None:
    for spec in tool_specs():
        assert spec.description
        assert spec.parameters["type"] == "object"


def test_schemas_tell_models_nothing_that_servers_choke_on() -> None:
    for spec in tool_specs():
        text = str(spec.parameters)
        assert "maxLength" not in text
        assert "'title': '" not in text
    propose = next(spec for spec in tool_specs() if spec.name == "propose_fix")
    named = propose.parameters["properties"]
    assert isinstance(named, dict)
    assert set(named) == {"title", "rationale"}
    assert len(tool_specs(compact=True)) < len(tool_specs())
    untried = {spec.name for spec in tool_specs(compact=True, tried=False)}
    assert {spec.name for spec in tool_specs(compact=True)} - untried == {"give_up"}
    assert tool_specs(tried=False) == tool_specs()
