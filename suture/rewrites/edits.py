"""Small edits by syntax, the same for every language that has a grammar here.

Priors follow how often people make such single-statement fixes, see `suture.patterns.catalogue`.
"""

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from suture.domain.patch import PatchNature
from suture.index.languages import SCRIPTS, Language
from suture.rewrites.scene import SourceText

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_NAMES = 400
CLOSE = 0.75
"""Likeness of two names from which the one may be a slip for the other."""
MAX_DIGITS = 9
MIN_NAME = 3
"""Letters; shorter names are all alike."""
MAX_ALIKE = 4
IDENTIFIERS = frozenset(
    {"identifier", "property_identifier", "field_identifier", "simple_identifier"}
)
NUMBERS = frozenset({"number", "int_literal", "decimal_integer_literal", "number_literal"})
CALLS = frozenset({"call_expression", "method_invocation"})
INDEXES = frozenset({"subscript_expression", "index_expression", "array_access"})
CONDITIONS = frozenset({"if_statement", "while_statement", "ternary_expression", "if_expression"})
SWAPS: dict[str, tuple[str, ...]] = {
    "<": ("<=", ">", ">="),
    "<=": ("<", ">=", ">"),
    ">": (">=", "<", "<="),
    ">=": (">", "<=", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "===": ("!==",),
    "!==": ("===",),
    "&&": ("||",),
    "||": ("&&",),
    "??": ("||",),
    "+": ("-",),
    "-": ("+",),
    "+=": ("-=", "="),
    "-=": ("+=", "="),
    "*=": ("+=",),
    "++": ("--",),
    "--": ("++",),
}
"""What people confuse; a nullish `||` is a matter of its own."""
COMPARED = frozenset({"<", "<=", ">", ">=", "==", "!=", "===", "!=="})
RIVALS = (
    ("floor", "ceil", "round", "trunc"),
    ("Floor", "Ceil", "Round", "Trunc"),
    ("min", "max"),
    ("Min", "Max"),
    ("push", "unshift"),
    ("pop", "shift"),
    ("indexOf", "lastIndexOf"),
    ("Index", "LastIndex"),
    ("some", "every"),
    ("anyMatch", "allMatch", "noneMatch"),
    ("find", "filter"),
    ("findFirst", "findAny"),
    ("startsWith", "endsWith", "includes"),
    ("HasPrefix", "HasSuffix", "Contains"),
    ("toLowerCase", "toUpperCase"),
    ("ToLower", "ToUpper"),
    ("Before", "After"),
    ("isBefore", "isAfter"),
    ("slice", "splice"),
    ("keys", "values", "entries"),
    ("map", "flatMap", "filter"),
    ("trimStart", "trimEnd", "trim"),
    ("TrimLeft", "TrimRight", "TrimPrefix", "TrimSuffix"),
    ("setDate", "setUTCDate"),
    ("getDate", "getUTCDate", "getDay"),
    ("getHours", "getUTCHours"),
    ("getMonth", "getUTCMonth"),
    ("getFullYear", "getUTCFullYear"),
    ("Add", "Sub"),
    ("plus", "minus"),
    ("true", "false"),
)


GROUP_OF = {name: group for group in RIVALS for name in group}


@dataclass(frozen=True)
class Rewrite:
    """One possible edit of a file."""

    start: int
    end: int
    """Bytes of the file that are replaced."""
    text: str
    line: int
    pattern: str
    title: str
    prior: float
    nature: PatchNature = PatchNature.REPAIR


@dataclass(frozen=True)
class Slip:
    """One class of slip, and how often it is what is wrong relative to the others."""

    pattern: str
    title: str
    prior: float
    nature: PatchNature = PatchNature.REPAIR

    def mend(self, node: "Node", text: str, last: "Node | None" = None) -> Rewrite:
        """Put a text in the place of a node, or of all from it to the last one."""
        return Rewrite(
            start=node.start_byte,
            end=(last or node).end_byte,
            text=text,
            line=node.start_point[0] + 1,
            pattern=self.pattern,
            title=self.title.format(text=" ".join(text.split())[:60]),
            prior=self.prior,
            nature=self.nature,
        )


SWAPPED = Slip("slips.operator", "Use the operator {text}", 0.9)
NULLISH = Slip("slips.nullish", "Keep values that are false", 0.7)
TURNED = Slip("slips.operand_order", "Turn the operands around: {text}", 0.5)
DROPPED = Slip("slips.operand", "Ask for {text} only", 0.4)
FRACTION = Slip("slips.fraction", "Divide without rounding: {text}", 0.3)
NUMBER = Slip("slips.number", "Use {text}", 0.45)
INDEX = Slip("slips.index", "Move the index by one: {text}", 0.4)
LENGTH = Slip("slips.length", "Mind the last item: {text}", 0.5)
NEGATED = Slip("slips.negation", "Ask for the opposite: {text}", 0.55)
RIVAL = Slip("slips.rival_name", "Use {text}", 0.6)
ALIKE = Slip("slips.close_name", "Use {text}", 0.55)
SHADOWED = Slip("slips.shadowed_name", "Keep the outer variable", 0.6)
ARGUMENTS = Slip("slips.argument_order", "Turn the arguments around: {text}", 0.45)
AWAIT = Slip("slips.await", "Wait for the promise", 0.6)
COMPARATOR = Slip("slips.comparator", "Sort numbers as numbers", 0.7)
RETURN = Slip("slips.return", "Return the value", 0.5)
OPTIONAL = Slip("slips.optional", "Do without what may be missing: {text}", 0.4, PatchNature.GUARD)

SLIPS = (
    SWAPPED,
    NULLISH,
    TURNED,
    DROPPED,
    FRACTION,
    NUMBER,
    INDEX,
    LENGTH,
    NEGATED,
    RIVAL,
    ALIKE,
    SHADOWED,
    ARGUMENTS,
    AWAIT,
    COMPARATOR,
    RETURN,
    OPTIONAL,
)
"""All of them: what a test alone proves only while no other one passes it, too."""

Suggest = Callable[[SourceText], Iterator[Rewrite]]


def operators(file: SourceText) -> Iterator[Rewrite]:
    """Use the operator that was meant."""
    for node in file.nodes:
        parent = node.parent
        if node.is_named or parent is None or node.type not in SWAPS:
            continue
        if "expression" not in parent.type and "statement" not in parent.type:
            continue
        for other in SWAPS[node.type]:
            yield SWAPPED.mend(node, other)
        if node.type == "||" and file.language in SCRIPTS:
            yield NULLISH.mend(node, "??")


def operands(file: SourceText) -> Iterator[Rewrite]:
    """Turn operands around, or leave one of them out."""
    for node in file.nodes:
        parts = node.children
        if "binary" not in node.type or len(parts) != 3:  # noqa: PLR2004 -- left, operator, right
            continue
        one, sign, other = (file.text_of(part) for part in parts)
        if sign in {"-", "/", "%"}:
            yield TURNED.mend(node, f"{other} {sign} {one}")
        if sign in {"&&", "||", "+", "-", "??"}:
            yield DROPPED.mend(node, one)
        if sign in {"&&", "||"}:
            yield DROPPED.mend(node, other)
        if sign == "/" and file.language is Language.GO:
            yield FRACTION.mend(node, f"float64({one}) / float64({other})")
        if sign == "/" and file.language is Language.JAVA:
            yield FRACTION.mend(node, f"(double) {one} / {other}")


def numbers(file: SourceText) -> Iterator[Rewrite]:
    """Move a number by one."""
    for node in file.nodes:
        text = file.text_of(node) if node.type in NUMBERS and not _is_compared(node) else ""
        if text.isdecimal() and len(text) <= MAX_DIGITS:
            yield NUMBER.mend(node, str(int(text) + 1))
            if int(text):
                yield NUMBER.mend(node, str(int(text) - 1))


def bounds(file: SourceText) -> Iterator[Rewrite]:
    """Move an index or a length by one."""
    for node in file.nodes:
        index = node.child_by_field_name("index") if node.type in INDEXES else None
        if index is not None and not file.text_of(index).startswith(('"', "'", "`")):
            yield INDEX.mend(index, f"{file.text_of(index)} - 1")
            yield INDEX.mend(index, f"{file.text_of(index)} + 1")
        elif _is_length(node, file) and not _is_compared(node):
            yield LENGTH.mend(node, f"{file.text_of(node)} - 1")
            yield LENGTH.mend(node, f"{file.text_of(node)} + 1")


def _is_compared(node: "Node") -> bool:
    """Whether another comparison says the same as a bound that is moved by one."""
    parent = node.parent
    return parent is not None and any(part.type in COMPARED for part in parent.children)


def _is_length(node: "Node", file: SourceText) -> bool:
    if node.type in {"member_expression", "field_access"}:
        return file.text_of(node).endswith(".length")
    if node.type in CALLS:
        text = file.text_of(node)
        return text.startswith("len(") or text.endswith((".size()", ".length()"))
    return False


def conditions(file: SourceText) -> Iterator[Rewrite]:
    """Ask for the opposite."""
    for node in file.nodes:
        if node.type == "unary_expression" and file.text_of(node).startswith("!"):
            yield NEGATED.mend(node, file.text_of(node)[1:])
        condition = node.child_by_field_name("condition") if node.type in CONDITIONS else None
        if condition is not None and not _is_comparison(condition):
            text = file.text_of(condition)
            yield NEGATED.mend(condition, f"(!{text})" if text.startswith("(") else f"!({text})")


def _is_comparison(node: "Node") -> bool:
    """Whether a condition is a plain comparison, whose opposite is another operator."""
    inside = node.named_children[:1] if node.type == "parenthesized_expression" else [node]
    return any(part.type in COMPARED for inner in inside for part in inner.children)


def rivals(file: SourceText) -> Iterator[Rewrite]:
    """Call the function that does nearly the same."""
    for node in file.nodes:
        text = file.text_of(node) if node.is_named and not node.child_count else ""
        for other in GROUP_OF.get(text, ()):
            if other != text:
                yield RIVAL.mend(node, other)


def names(file: SourceText) -> Iterator[Rewrite]:
    """Use another name of the file that is nearly the same."""
    leaves = [node for node in file.nodes if node.type in IDENTIFIERS]
    known = list(dict.fromkeys(file.text_of(node) for node in leaves))[:MAX_NAMES]
    alike = {
        name: [other for other in known if other != name and _is_close(name, other)][:MAX_ALIKE]
        for name in known
    }
    for node in leaves:
        for other in alike.get(file.text_of(node), ()):
            yield ALIKE.mend(node, other)


def _is_close(one: str, other: str) -> bool:
    shorter, longer = sorted((len(one), len(other)))
    if shorter < MIN_NAME or longer - shorter > max(2, shorter // 2):
        return False
    return difflib.SequenceMatcher(None, one, other).ratio() >= CLOSE


def arguments(file: SourceText) -> Iterator[Rewrite]:
    """Turn two arguments of a call around."""
    for node in file.nodes:
        given = node.child_by_field_name("arguments") if node.type in CALLS else None
        for one, other in pairwise(given.named_children if given is not None else ()):
            between = file.bytes[one.end_byte : other.start_byte].decode("utf-8", "replace")
            text = f"{file.text_of(other)}{between}{file.text_of(one)}"
            yield ARGUMENTS.mend(one, text, other)


def promises(file: SourceText) -> Iterator[Rewrite]:
    """Wait for what an asynchronous function is given."""
    calls = (node for node in file.nodes if node.type == "call_expression")
    for node in calls if file.language in SCRIPTS else ():
        parent = node.parent
        if parent is None or parent.type == "await_expression" or not _is_in_async(node, file):
            continue
        yield AWAIT.mend(node, f"await {file.text_of(node)}")
        if parent.type == "member_expression":
            yield AWAIT.mend(node, f"(await {file.text_of(node)})")


def scripts(file: SourceText) -> Iterator[Rewrite]:
    """Mind what is missing, sort numbers as numbers, return a value."""
    for node in file.nodes if file.language in SCRIPTS else ():
        if node.type == "call_expression" and file.text_of(node).endswith(".sort()"):
            text = file.text_of(node).removesuffix("()")
            yield COMPARATOR.mend(node, f"{text}((a, b) => a - b)")
        elif node.type == "member_expression":
            yield from _optional(node, file)
        elif node.type == "expression_statement" and _is_last(node):
            yield RETURN.mend(node, f"return {file.text_of(node)}")


def _optional(node: "Node", file: SourceText) -> Iterator[Rewrite]:
    of, name = node.child_by_field_name("object"), node.child_by_field_name("property")
    known = of is not None and name is not None and of.type not in {"this", "super"}
    if of is not None and name is not None and known and "?." not in file.text_of(node):
        yield OPTIONAL.mend(node, f"{file.text_of(of)}?.{file.text_of(name)}")


def _is_in_async(node: "Node", file: SourceText) -> bool:
    around = node.parent
    while around is not None and not _is_function(around):
        around = around.parent
    return around is not None and file.text_of(around).startswith(("async", "static async"))


def _is_function(node: "Node") -> bool:
    return "function" in node.type or "method" in node.type


def _is_last(node: "Node") -> bool:
    block = node.parent
    if block is None or block.type != "statement_block" or block.parent is None:
        return False
    return _is_function(block.parent) and block.named_children[-1] == node


def golang(file: SourceText) -> Iterator[Rewrite]:
    """Assign to the variable that is there, instead of hiding it behind a new one."""
    for node in file.nodes if file.language is Language.GO else ():
        if node.type == ":=":
            yield SHADOWED.mend(node, "=")


FAMILIES: tuple[Suggest, ...] = (
    operators,
    operands,
    numbers,
    bounds,
    conditions,
    rivals,
    names,
    arguments,
    promises,
    scripts,
    golang,
)


def suggest(file: SourceText) -> Iterator[Rewrite]:
    """Yield all edits of a file."""
    return chain.from_iterable(family(file) for family in FAMILIES)
