"""Makes two tests of one that only calls: one tells what the last call answers, one expects it.

The call is found by syntax: the last statement of the test's body, if that is a call. Answers must
be plain data, so that the one that was good can be written into a test.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suture.index.languages import SCRIPTS, Language
from suture.rewrites.scene import SourceText

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_ANSWER = 1_200
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
NOTHING = frozenset({"null", "[]interface {}{}", "[]interface {}{interface {}(nil)}"})
PLAIN = """\
const plain = (value) => value === null || ['boolean', 'string'].includes(typeof value)
  || (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0))
  || (Array.isArray(value) ? value.every(plain)
    : typeof value === 'object' && Object.getPrototypeOf(Object.getPrototypeOf(value)) === null
      && Object.values(value).every(plain));
"""
SHOW = 'func(values ...any) string { return fmt.Sprintf("%#v", values) }'


@dataclass(frozen=True)
class _Call:
    """The last call of a test."""

    start: int
    end: int
    text: str
    """The call itself, `await` included."""
    body: str
    """What stands for the tests' handle, `t` in Go."""


def telling(path: str, source: str, language: Language, nonce: str) -> str | None:
    """Return a test that fails with the last call's answer between two nonces; None: it cannot."""
    write = TELLING.get(language)
    call = _last_call(SourceText(path, source, language))
    return write(source, call, nonce) if write and call else None


def told(message: str, nonce: str) -> str | None:
    """Return the answer that such a test failed with; None if it holds nothing to compare."""
    found = re.search(f"{nonce}(.*?){nonce}", message, re.DOTALL)
    answer = found.group(1) if found else ""
    unusable = answer in NOTHING or len(answer) > MAX_ANSWER or ADDRESS.search(answer)
    return None if not answer or unusable else answer


def expecting(path: str, source: str, language: Language, answer: str) -> str | None:
    """Return a test that passes only if the last call gives this answer."""
    write = EXPECTING.get(language)
    call = _last_call(SourceText(path, source, language))
    return write(source, call, answer) if write and call else None


def _tell_script(source: str, call: _Call, nonce: str) -> str:
    mark = json.dumps(nonce)
    body = (
        f"{{ {PLAIN} const told = {call.text};\n"
        f"throw new Error({mark} + (plain(told) ? JSON.stringify(told) : '') + {mark}); }}"
    )
    return _replaced(source, call, body)


def _expect_script(source: str, call: _Call, answer: str) -> str:
    changed = _replaced(source, call, f"assert.deepStrictEqual({call.text}, {_literal(answer)});")
    modules = re.search(r"^import\s", source, re.MULTILINE) is not None
    line = (
        "import assert from 'node:assert';" if modules else "const assert = require('node:assert');"
    )
    start = re.search(r"^(?:import\s|(?:const|let|var)\s.*require\()", changed, re.MULTILINE)
    at = start.start() if start else 0
    return f"{changed[:at]}{line}\n{changed[at:]}"


def _literal(answer: str) -> str:
    """Return JSON as JavaScript, for which two separators end lines."""
    return answer.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _tell_go(source: str, call: _Call, nonce: str) -> str:
    mark = json.dumps(nonce)
    body = f"{call.body}.Fatal({mark} + {SHOW}({call.text}) + {mark})"
    return _with_fmt(_replaced(source, call, body))


def _expect_go(source: str, call: _Call, answer: str) -> str:
    want = json.dumps(answer, ensure_ascii=False)
    body = (
        f"got := {SHOW}({call.text})\n"
        f"\tif want := {want}; got != want {{\n"
        f'\t\t{call.body}.Errorf("got %s, want %s", got, want)\n\t}}'
    )
    return _with_fmt(_replaced(source, call, body))


def _with_fmt(source: str) -> str:
    return re.sub(
        r"^(package \w+[^\n]*\n)", r'\1\nimport "fmt"\n', source, count=1, flags=re.MULTILINE
    )


def _replaced(source: str, call: _Call, text: str) -> str:
    raw = source.encode("utf-8", "surrogatepass")
    put = text.encode("utf-8", "surrogatepass")
    return (raw[: call.start] + put + raw[call.end :]).decode("utf-8", "surrogatepass")


def _last_call(file: SourceText) -> _Call | None:
    if file.language is Language.GO:
        return _go_call(file)
    return _script_call(file) if file.language in SCRIPTS else None


def _script_call(file: SourceText) -> _Call | None:
    """Return the call of `test('...', () => { ...; call(); })`, or of an arrow's expression."""
    for node in file.nodes:
        function = node.child_by_field_name("function") if node.type == "call_expression" else None
        if function is None or file.text_of(function) not in {"test", "it"}:
            continue
        arguments = node.child_by_field_name("arguments")
        given = arguments.named_children if arguments is not None else []
        body = given[-1].child_by_field_name("body") if given else None
        last = _last(body) if body is not None and body.type == "statement_block" else None
        if last is None or last.type != "expression_statement":
            return None
        value = last.named_children[0]
        called = value.named_children[0] if value.type == "await_expression" else value
        if called.type not in {"call_expression", "new_expression"}:
            return None
        return _Call(last.start_byte, last.end_byte, file.text_of(value), "")
    return None


def _go_call(file: SourceText) -> _Call | None:
    for node in file.nodes:
        name = node.child_by_field_name("name") if node.type == "function_declaration" else None
        if name is None or not file.text_of(name).startswith("Test"):
            continue
        handle = next(_identifiers(node.child_by_field_name("parameters"), file), "")
        body = node.child_by_field_name("body")
        last = _last(body) if body is not None else None
        value = _go_value(last) if last is not None else None
        if last is None or value is None or not handle:
            return None
        return _Call(last.start_byte, last.end_byte, file.text_of(value), handle)
    return None


def _go_value(statement: "Node") -> "Node | None":
    """Return the call of `f(x)` or `_ = f(x)`."""
    node: Node | None = statement
    if statement.type == "assignment_statement":
        right = statement.child_by_field_name("right")
        node = (
            right.named_children[0] if right is not None and right.named_child_count == 1 else None
        )
    elif statement.type == "expression_statement":
        node = statement.named_children[0]
    return node if node is not None and node.type == "call_expression" else None


def _identifiers(node: "Node | None", file: SourceText) -> Iterator[str]:
    pending = [node] if node is not None else []
    while pending:
        each = pending.pop(0)
        if each.type == "identifier":
            yield file.text_of(each)
        pending.extend(each.named_children)


def _last(body: "Node") -> "Node | None":
    inner = body.named_children
    if len(inner) == 1 and inner[0].type == "statement_list":
        inner = inner[0].named_children
    statements = [each for each in inner if each.type != "comment"]
    return statements[-1] if statements else None


Write = Callable[[str, _Call, str], str]
TELLING: dict[Language, Write] = {**dict.fromkeys(SCRIPTS, _tell_script), Language.GO: _tell_go}
EXPECTING: dict[Language, Write] = {
    **dict.fromkeys(SCRIPTS, _expect_script),
    Language.GO: _expect_go,
}
