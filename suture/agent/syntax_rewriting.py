"""Puts a whole new function in an old one's place in the languages that tree-sitter reads.

The function is found by the syntax tree and not by its text: declarations, methods, and functions
that are values of a name. Everything outside it stays byte for byte, `export` and `const` before it
and comments above it included. Indentation and line ends are the file's own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suture.agent.refusals import UNCHANGED, CannotRewrite
from suture.agent.source_block import unfenced_source
from suture.index.languages import JVM, SCRIPTS, Language
from suture.index.reading import read_functions
from suture.localisation.functions import lines_of
from suture.rewrites.scene import parsed
from suture.secret_forms import MARK

if TYPE_CHECKING:
    from tree_sitter import Node

    from suture.index.symbols import Definition

MAX_NAMES = 30
CLASS, OBJECT, PACKAGE = ("class Suture {\n", "\n}"), ("({\n", "\n})"), ("package suture\n", "")
PLAIN = ("", "")
AROUND: dict[Language, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(SCRIPTS, (PLAIN, CLASS, OBJECT)),
    **dict.fromkeys(JVM, (CLASS, PLAIN)),
    Language.GO: (PACKAGE, PLAIN),
}
"""What a function's source may need around it to be a file of its language."""
STANDING = frozenset({"package_clause", "comment", "line_comment", "block_comment", ";", "{", "}"})
HOLDING = frozenset(
    {"program", "source_file", "class_declaration", "class_body", "export_statement"}
    | {"lexical_declaration", "variable_declaration", "expression_statement", "object"}
    | {"parenthesized_expression", "declaration_list"}
)
"""Nodes that only hold the function of a source."""
TEXTS = frozenset(
    {
        "template_string",
        "string",
        "string_literal",
        "raw_string_literal",
        "multiline_string_literal",
    }
    | {"text_block", "character_literal"}
)
"""Nodes whose further lines must not be moved."""
ANNOTATIONS = frozenset({"annotation", "marker_annotation", "decorator"})
PARAMETERS = frozenset(
    {"formal_parameters", "parameter_list", "function_value_parameters", "type_parameters"}
)
INNER = frozenset({"arrow_function", "function_expression", "generator_function"})


@dataclass(frozen=True)
class _Function:
    """A function in its source. What nodes themselves tell as their text is not to be trusted."""

    node: "Node"
    name: str
    source: bytes

    @property
    def parameters(self) -> tuple[str, ...]:
        """What it takes, receivers included, without white space."""
        inner = next((each for each in self.node.children if each.type in INNER), self.node)
        found = [each for each in inner.children if each.type in PARAMETERS]
        return tuple(self._plain(each) for each in found)

    @property
    def annotations(self) -> tuple[str, ...]:
        """Its annotations, without white space."""
        holders = [self.node, *(each for each in self.node.children if each.type == "modifiers")]
        return tuple(
            self._plain(each)
            for holder in holders
            for each in holder.children
            if each.type in ANNOTATIONS
        )

    @property
    def indent(self) -> str:
        """The white space before the line that it begins on."""
        start = self.source.rfind(b"\n", 0, self.node.start_byte) + 1
        line = self.source[start : self.node.start_byte].decode("utf-8", "replace")
        return line[: len(line) - len(line.lstrip(" \t"))]

    @property
    def lines(self) -> list[str]:
        """Its own lines."""
        own = self.source[self.node.start_byte : self.node.end_byte]
        return lines_of(own.decode("utf-8", "surrogatepass"))

    def _plain(self, node: "Node") -> str:
        text = self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")
        return "".join(text.split()).replace(",)", ")")


def rewrite_by_syntax(path: str, content: str, name: str, source: str, language: Language) -> str:
    """Return the file with the function replaced.

    Raises:
        CannotRewrite: there is no such function, or the source is not exactly one.
    """
    old_bytes = content.encode("utf-8", "surrogatepass")
    given = _given(unfenced_source(source), language, path)
    old = _find(path, old_bytes, name, given)
    _check(old, given, source)
    text = _moved(given, old)
    if b"\r\n" in old_bytes:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    new = text.encode("utf-8", "surrogatepass")
    changed = old_bytes[: old.node.start_byte] + new + old_bytes[old.node.end_byte :]
    return checked(changed, old_bytes, language)


def checked(changed: bytes, before: bytes, language: Language) -> str:
    """Return a changed file as text.

    Raises:
        CannotRewrite: nothing is changed, or it no longer parses.
    """
    if changed == before:
        raise CannotRewrite(UNCHANGED)
    was, tree = parsed(language, before), parsed(language, changed)
    was_whole = was is not None and not was.root_node.has_error
    if tree is None or (was_whole and tree.root_node.has_error):
        raise CannotRewrite("The file would no longer parse.")
    return changed.decode("utf-8", "surrogatepass")


def _given(source: str, language: Language, path: str) -> _Function:
    """Read a source as exactly one function, with what its language needs around it."""
    for before, after in AROUND[language]:
        whole = f"{before}{source}{after}".encode("utf-8", "surrogatepass")
        tree = parsed(language, whole)
        if tree is None or tree.root_node.has_error:
            continue
        found = read_functions(path, whole)
        outer = [(each, node) for each, node in found if not _is_inside(node, found)]
        if len(outer) == 1 and _is_alone(outer[0][1]):
            return _Function(node=outer[0][1], name=outer[0][0].simple, source=whole)
    raise CannotRewrite(
        "The source must be exactly one whole function that parses, in the form that the file "
        "has it: a declaration, a method, or a name with its function."
    )


def _is_inside(node: "Node", found: "Sequence[tuple[Definition, Node]]") -> bool:
    return any(
        other.start_byte <= node.start_byte
        and node.end_byte <= other.end_byte
        and (other.start_byte, other.end_byte) != (node.start_byte, node.end_byte)
        for _, other in found
    )


def _is_alone(node: "Node") -> bool:
    """Whether nothing but comments stands beside a function in its source."""
    at: Node = node
    while at.parent is not None:
        parent = at.parent
        if parent.type not in HOLDING:
            return False
        wrapped = parent.type in {
            "lexical_declaration",
            "variable_declaration",
            "class_declaration",
        }
        beside = [
            each
            for each in parent.named_children
            if each != at and each.type not in STANDING and each.type not in ANNOTATIONS
        ]
        if beside and not (wrapped and all(each.type.endswith("identifier") for each in beside)):
            return False
        at = parent
    return True


def _find(path: str, content: bytes, name: str, given: _Function) -> _Function:
    known = read_functions(path, content)
    found = [_Function(node, each.simple, content) for each, node in known if each.name == name]
    if not found:
        names = ", ".join(dict.fromkeys(each.name for each, _ in known[:MAX_NAMES]))
        raise CannotRewrite(f"{path} has no function {name!r}. It has: {names or 'none'}.")
    if given.name != found[0].name:
        raise CannotRewrite(f"The source defines {given.name!r} instead of {found[0].name!r}.")
    if len(found) > 1:
        # Overloads are told apart by what they take.
        found = [each for each in found if each.parameters == given.parameters]
    if len(found) != 1:
        raise CannotRewrite(f"{path} has several functions named {name!r}.")
    return found[0]


def _check(old: _Function, new: _Function, source: str) -> None:
    if new.node.type != old.node.type:
        form = old.node.type.replace("_", " ")
        raise CannotRewrite(f"It is a {form}: give it in the same form.")
    if new.parameters != old.parameters:
        taken = " ".join(old.parameters) or "()"
        raise CannotRewrite(f"Callers rely on what it takes: keep the parameters {taken}.")
    if new.annotations != old.annotations:
        kept = " ".join(old.annotations) or "none"
        raise CannotRewrite(f"Annotations stay as they are. They are: {kept}.")
    if MARK in source:
        raise CannotRewrite(f"{MARK} stands for a secret and is no code: do not rewrite that line.")


def _moved(given: _Function, old: _Function) -> str:
    """Return the new function's text at the old one's indentation."""
    fixed = set(_inside_texts(given.node))
    first, *rest = given.lines
    row = given.node.start_point[0]
    moved = [
        line if row + number in fixed else _shifted(line, given.indent, old.indent)
        for number, line in enumerate(rest, 1)
    ]
    return "\n".join([first, *moved])


def _shifted(line: str, was: str, wanted: str) -> str:
    if not line.strip():
        return ""
    return wanted + line[len(was) :] if line.startswith(was) else line


def _inside_texts(node: "Node") -> Iterator[int]:
    """Yield the rows that begin inside a text of several lines."""
    pending = [node]
    while pending:
        each = pending.pop()
        if each.type in TEXTS:
            yield from range(each.start_point[0] + 1, each.end_point[0] + 1)
        else:
            pending.extend(each.children)
