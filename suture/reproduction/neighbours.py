"""Calls that differ from the reported one in a single value.

One input is a poor judge: a patch that answers it with the right constant looks as good as the
right patch. On inputs where the base works, a patch has no business changing the answer.
"""

import ast
from collections.abc import Iterator

from suture.reproduction.annotations import dotted
from suture.reproduction.layout import ProjectLayout, is_enum
from suture.reproduction.target import Argument, Passing, Target

MAX_NEIGHBOURS = 12


def neighbours_of(target: Target, layout: ProjectLayout) -> tuple[Target, ...]:
    """Return variations of a target, the same ones for the same target."""
    members = _Members(target, layout)
    arguments = list(target.arguments)
    if target.receiver is not None:
        receiver = Argument(name="", expression=target.receiver, passing=Passing.KEYWORD)
        arguments.append(receiver)
    lists = [
        [(position, text) for text in variations(argument.expression.text, members)]
        for position, argument in enumerate(arguments)
    ]
    chosen: list[tuple[int, str]] = []
    for turn in range(max((len(found) for found in lists), default=0)):
        chosen.extend(found[turn] for found in lists if turn < len(found))
    return tuple(_varied(target, position, text) for position, text in chosen[:MAX_NEIGHBOURS])


def _varied(target: Target, position: int, text: str) -> Target:
    if position == len(target.arguments) and target.receiver is not None:
        return target.model_copy(
            update={"receiver": target.receiver.model_copy(update={"text": text})}
        )
    arguments = list(target.arguments)
    old = arguments[position]
    expression = old.expression.model_copy(update={"text": text})
    arguments[position] = old.model_copy(update={"expression": expression})
    return target.model_copy(update={"arguments": tuple(arguments)})


class _Members:
    """Knows the other members of the enumerations that a call uses."""

    def __init__(self, target: Target, layout: ProjectLayout) -> None:
        self._target = target
        self._layout = layout

    def beside(self, owner: str, member: str) -> str | None:
        """Return the member after this one, going round, or None if it has no other."""
        source = self._layout.find_class(owner, self._target.path)
        if source is None or not is_enum(source.node):
            return None
        names = [
            name.id
            for item in source.node.body
            if isinstance(item, ast.Assign)
            for name in item.targets
            if isinstance(name, ast.Name) and not name.id.startswith("_")
        ]
        if member not in names or len(names) == 1:
            return None
        return names[(names.index(member) + 1) % len(names)]


def variations(text: str, members: _Members | None = None) -> list[str]:
    """Return the expression with one of its parts changed, each part in turn."""
    size = sum(1 for _ in ast.walk(ast.parse(text, mode="eval")))
    found: list[str] = []
    for number in range(size):
        for choice in range(2):
            tree = ast.parse(text, mode="eval")
            node = list(ast.walk(tree))[number]
            if _change(node, choice) or (choice == 0 and members and _turn(node, members)):
                found.append(ast.unparse(tree))
        if len(found) >= MAX_NEIGHBOURS:
            break
    return [variation for variation in dict.fromkeys(found) if variation != text]


def _turn(node: ast.AST, members: _Members) -> bool:
    """Put another member of the same enumeration in a member's place."""
    other = None
    if isinstance(node, ast.Attribute):
        other = members.beside(dotted(node.value), node.attr)
        node.attr = other or node.attr
    return other is not None


def _change(node: ast.AST, choice: int) -> bool:
    if isinstance(node, ast.Constant):
        options = list(_other_values(node.value))
        if choice < len(options):
            node.value = options[choice]
            return True
    if isinstance(node, ast.List | ast.Tuple) and node.elts:
        node.elts = [] if choice else node.elts[:-1]
        return True
    if isinstance(node, ast.Dict) and node.keys and choice == 0:
        node.keys, node.values = node.keys[:-1], node.values[:-1]
        return True
    return False


def _other_values(value: object) -> Iterator[bool | float | str]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
        yield 0
    elif isinstance(value, str):
        yield f"{value}x"
        yield ""
