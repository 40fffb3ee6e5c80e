"""REPAIR: arguments that are swapped, missing or too many."""

import ast
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import last_name, parameter_names
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.similarity import similarity
from suture.patterns.source import Edit


def swapped_arguments(scene: Scene) -> Iterator[Suggestion]:
    """Pass two arguments in the other order.

    Before:
        def divide(total, parts):
            return total / parts
        def share(parts, total):
            return divide(parts, total)
        >>> assert share(2, 10) == 5
    After:
        def divide(total, parts):
            return total / parts
        def share(parts, total):
            return divide(total, parts)
    """
    for spot, node in scene.each(ast.Call):
        names = [name for f in scene.index.called(node)[:1] for name in parameter_names(f.node)]
        for position, (left, right) in enumerate(zip(node.args, node.args[1:], strict=False)):
            file = spot.file
            edits = (
                file.replace(left, file.segment(right)),
                file.replace(right, file.segment(left)),
            )
            expected = names[position : position + 2]
            crossed = [last_name(right), last_name(left)] == expected
            yield Suggestion(
                spot,
                edits,
                f"Swap the arguments in `{file.shown(node)}` of {spot.where}",
                "The arguments stand in another order than the parameters.",
                1.0 if crossed else 0.6,
            )


def missing_argument(scene: Scene) -> Iterator[Suggestion]:
    """Pass an argument that the function needs, from what is in scope.

    Before:
        def price(amount, rate):
            return amount * rate
        def total(amount, rate):
            return price(amount)
        >>> total(2, 3)
    After:
        def price(amount, rate):
            return amount * rate
        def total(amount, rate):
            return price(amount, rate)
    """
    wanted = scene.complaint
    function = wanted.subject.rpartition(".")[2]
    for spot, node in scene.each(ast.Call):
        meant = {last_name(node.func)} & {function, *_owners(scene, wanted.subject)}
        if wanted.shape is Shape.ARGUMENT_MISSING and not meant:
            continue
        given = {last_name(argument) for argument in node.args}
        for name, fit in _offers(scene, spot, node):
            if name not in given:
                yield _with_argument(spot, node, name, fit)


def _owners(scene: Scene, subject: str) -> set[str]:
    owner = subject.rpartition(".")[0]
    return (
        {owner}
        if owner
        else {f.name.partition(".")[0] for f in scene.index.functions.get(subject, [])}
    )


def _offers(scene: Scene, spot: Spot, node: ast.Call) -> list[tuple[str, float]]:
    name = scene.complaint.name
    if not name:
        lacking = [
            parameter
            for f in scene.index.called(node)[:1]
            for parameter in parameter_names(f.node)[len(node.args) :]
        ]
        taken = {keyword.arg for keyword in node.keywords}
        return [(n, 0.8) for n in lacking if n in spot.locals and n not in taken]
    offers = {other: similarity(name, other) for other in spot.scope - {"self", "cls"}}
    owner = spot.file.class_of(spot.statement)
    for member in scene.index.members(owner.name) if owner else ():
        offers[f"self.{member}"] = 0.95 * similarity(name, member)
    for local in spot.locals - {"cls"}:
        if name in scene.index.attributes:
            offers.setdefault(f"{local}.{name}", 0.6)
    ranked = sorted(offers.items(), key=lambda item: (-item[1], item[0]))
    return [(offer, max(0.2, fit)) for offer, fit in ranked[:8]]


def _with_argument(spot: Spot, node: ast.Call, value: str, fit: float) -> Suggestion:
    last: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
    name = value.rpartition(".")[2]
    text = f"{name}={value}" if node.keywords else value
    if last:
        at = max(spot.file.span(argument)[1] for argument in last)
        edit = Edit(at, at, f", {text}")
    else:
        at = spot.file.span(node)[1] - 1
        edit = Edit(at, at, text)
    return Suggestion(
        spot,
        (edit,),
        f"Pass `{value}` to `{last_name(node.func)}` in {spot.where}",
        f"`{last_name(node.func)}` needs `{name}`, which the call leaves out.",
        fit,
    )


def needless_argument(scene: Scene) -> Iterator[Suggestion]:
    """Leave out an argument that the function does not take.

    Before:
        def price(amount):
            return amount * 2
        def total(amount, rate):
            return price(amount, rate)
        >>> total(2, 3)
    After:
        def price(amount):
            return amount * 2
        def total(amount, rate):
            return price(amount)
    """
    keyword_name = scene.complaint.name
    for spot, node in scene.each(ast.Call):
        arguments: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
        arguments.sort(key=spot.file.span)
        for position, argument in enumerate(arguments):
            named = isinstance(argument, ast.keyword) and argument.arg == keyword_name
            start, end = spot.file.span(argument)
            if position:
                start = spot.file.span(arguments[position - 1])[1]
            elif len(arguments) > 1:
                end = spot.file.span(arguments[1])[0]
            yield Suggestion(
                spot,
                (Edit(start, end, ""),),
                f"Drop `{spot.file.shown(argument)}` from `{spot.file.shown(node)}`",
                f"`{last_name(node.func)}` does not take this argument.",
                0.6 if named or not keyword_name else 0.3,
            )


def missing_self_parameter(scene: Scene) -> Iterator[Suggestion]:
    """Take `self` in a method that forgot it.

    Before:
        class Cart:
            def total():
                return 5
        >>> Cart().total()
    After:
        class Cart:
            def total(self):
                return 5
    """
    name = scene.complaint.subject.rpartition(".")[2]
    for found in scene.index.functions.get(name, []):
        node, file = found.node, found.file
        if not isinstance(file.parents[node], ast.ClassDef) or node.decorator_list:
            continue
        text = file.segment(node)
        at = file.span(node)[0] + text.index("(") + 1
        edit = Edit(at, at, "self, " if node.args.args else "self")
        spot = Spot(file, node, node, 0.8)
        yield Suggestion(
            spot,
            (edit,),
            f"Take `self` in {found.name}",
            "The method is called on an object, which is passed first.",
            0.2 if "self" in text[: text.index(")")] else 1.0,
        )


ARITY = frozenset({Shape.ARGUMENT_MISSING, Shape.ARGUMENT_COUNT})
EXTRA = frozenset({Shape.ARGUMENT_COUNT, Shape.ARGUMENT_KEYWORD})
MIXED = frozenset({Shape.ASSERTION, Shape.OPERANDS, Shape.NOT_ITERABLE, Shape.ATTRIBUTE})

PATTERNS = (
    Pattern("arguments.swapped", swapped_arguments, 0.75, MIXED, 0.4),
    Pattern("arguments.missing", missing_argument, 0.95, ARITY, 0.25),
    Pattern("arguments.needless", needless_argument, 0.8, EXTRA, 0.1),
    Pattern("arguments.self", missing_self_parameter, 0.95, frozenset({Shape.ARGUMENT_COUNT})),
)
