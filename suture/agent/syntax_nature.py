"""What sort of change a patch is, in the languages that tree-sitter reads.

The same rules as `suture.agent.nature` has for Python: what visibly swallows the error, answers
with a made-up value or behaves for tests alone never counts as a fix; what answers an odd case
early with nothing is a guard.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from suture.domain.patch import PatchNature
from suture.index.languages import Language
from suture.rewrites.scene import SourceText

if TYPE_CHECKING:
    from tree_sitter import Node

Mark = tuple[PatchNature, str]

MAX_NODES = 20_000
"""Nodes of one handler or branch that are looked at."""
HANDLERS = frozenset({"catch_clause", "catch_block"})
RAISING = frozenset({"throw_statement", "throw_expression"})
RETURNS = frozenset({"return_statement", "return_expression"})
LEAVING = frozenset({"continue_statement", "break_statement"})
BRANCHES = frozenset({"if_statement", "if_expression", "switch_case", "expression_case"})
TERNARIES = frozenset({"ternary_expression", "conditional_expression"})
BLOCKS = frozenset({"statement_block", "block", "statement_list", "else_clause"})
BODIES = frozenset({"statement_block", "block", "constructor_body"})
FUNCTIONS = frozenset(
    {"function_declaration", "function_expression", "arrow_function", "method_definition"}
    | {"method_declaration", "func_literal", "function_body", "generator_function_declaration"}
)
COMMENTS = frozenset({"comment", "line_comment", "block_comment", "multiline_comment"})
EMPTY = frozenset(
    {"null", "undefined", "nil", "None", "0", "0.0", "1", "-1", '""', "''", "``", "true", "false"}
    | {"[]", "{}", "0L", "0f", "0.0f"}
)
LITERAL = re.compile(r"-?[\d.][\w.]*|\"[^\"]*\"|'[^']*'|`[^`$]*`|\[\]|\{\}")
CALLS = frozenset({"call_expression", "method_invocation"})
CATCHING_CALLS = frozenset({"recover", "runCatching", "catch"})
DEFAULTS = frozenset({"??", "?:", "||"})
SNOOPING = re.compile(
    r"JEST_WORKER_ID|VITEST|NODE_TEST_CONTEXT|testing\.Testing|NODE_ENV|npm_lifecycle_event"
    r"|surefire|org\.junit|getStackTrace|runtime\.Caller"
)


def nature_by_syntax(path: str, before: str, after: str, language: Language) -> PatchNature:
    """Return the worst thing that the change adds to one file."""
    added = _marks(SourceText(path, after, language)) - _marks(SourceText(path, before, language))
    if any(nature is PatchNature.HIDES_ERROR for nature, _ in added):
        return PatchNature.HIDES_ERROR
    return PatchNature.GUARD if added else PatchNature.REPAIR


def _marks(file: SourceText) -> Counter[Mark]:
    found: Counter[Mark] = Counter()
    for node in file.nodes:
        found.update((nature, node.type) for nature in _of_node(node, file))
    found[PatchNature.HIDES_ERROR, "snooping"] += len(SNOOPING.findall(file.text))
    return found


def _of_node(node: "Node", file: SourceText) -> Iterator[PatchNature]:
    if node.type in HANDLERS:
        if not any(each.type in RAISING for each in islice(_within(node), MAX_NODES)):
            yield PatchNature.HIDES_ERROR
    elif node.type in CALLS:
        if _called(node, file) in CATCHING_CALLS:
            yield PatchNature.HIDES_ERROR
    elif node.type in OF_NODE:
        yield from OF_NODE[node.type](node, file)
    elif node.type in {"optional_chain", "?."}:
        yield PatchNature.GUARD


def _called(node: "Node", file: SourceText) -> str:
    function = node.child_by_field_name("function") or node.child_by_field_name("name")
    if function is None and node.children:
        function = node.children[0]
    return file.text_of(function).rpartition(".")[2] if function is not None else ""


def _of_branch(node: "Node", file: SourceText) -> Iterator[PatchNature]:
    """Yield what each branch does at its own level."""
    condition = node.child_by_field_name("condition") or _parts(node)[0]
    for statement in _own_statements(node):
        if statement.type in LEAVING:
            yield PatchNature.GUARD
        elif statement.type in RETURNS:
            answer = _answer(statement, file)
            if _is_constant(answer):
                yield _weight(answer, file.text_of(condition))


def _of_body(node: "Node", file: SourceText) -> Iterator[PatchNature]:
    """A constant answer at a function's own level makes everything after it up."""
    if node.parent is None or node.parent.type not in FUNCTIONS:
        return
    statements = _own_statements(node)
    *before, last = [each for each in statements if each.type not in COMMENTS] or [node]
    yield from (PatchNature.HIDES_ERROR for each in before if each.type in RETURNS)
    if last.type in RETURNS and _is_constant(_answer(last, file)):
        yield PatchNature.GUARD if before else PatchNature.HIDES_ERROR


def _answer(statement: "Node", file: SourceText) -> str:
    parts = _parts(statement)
    return file.text_of(parts[0]) if parts else ""


def _parts(node: "Node") -> list["Node"]:
    return [each for each in node.named_children if each.type not in COMMENTS]


def _own_statements(node: "Node") -> list["Node"]:
    """Return the statements below a node that no further branch holds, in order."""
    found: list[Node] = []
    pending = list(reversed(node.named_children))
    while pending:
        each = pending.pop()
        if each.type in BLOCKS:
            pending.extend(reversed(each.named_children))
        else:
            found.append(each)
    return found


def _of_ternary(node: "Node", file: SourceText) -> Iterator[PatchNature]:
    test, *ends = _parts(node)
    for end in ends:
        if _is_constant(file.text_of(end)):
            yield _weight(file.text_of(end), file.text_of(test))


def _of_default(node: "Node", file: SourceText) -> Iterator[PatchNature]:
    """Yield a guard for a default: `name ?? ''`, `name || 0`, `name ?: 0`."""
    operators = {each.type for each in node.children} & DEFAULTS
    parts = _parts(node)
    if operators and parts and ("||" not in operators or _is_constant(file.text_of(parts[-1]))):
        yield PatchNature.GUARD


def _weight(answer: str, test: str) -> PatchNature:
    """A telling constant for one telling input is a memorised answer, not a rule."""
    compared = any(found not in EMPTY for found in LITERAL.findall(test))
    return PatchNature.HIDES_ERROR if answer not in EMPTY and compared else PatchNature.GUARD


def _is_constant(text: str) -> bool:
    return not text or text in EMPTY or LITERAL.fullmatch(text) is not None


def _within(node: "Node") -> Iterator["Node"]:
    pending = [node]
    while pending:
        each = pending.pop()
        yield each
        pending.extend(each.children)


OF_NODE: dict[str, Callable[["Node", SourceText], Iterator[PatchNature]]] = {
    **dict.fromkeys(BRANCHES, _of_branch),
    **dict.fromkeys(TERNARIES, _of_ternary),
    **dict.fromkeys(BODIES, _of_body),
    "binary_expression": _of_default,
    "elvis_expression": _of_default,
}
