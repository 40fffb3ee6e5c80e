"""How a fix changes what functions answer around the calls that tests make.

A patch may be right for the failing test and wrong beside it. The changed functions are called with
what the tests gave them and with variations of that, on the base, with the fix and, where one is
known, on the last good commit; whoever approves is told what answers differently.
"""

import ast
import json
from collections.abc import Sequence

from pydantic import JsonValue

from suture.domain.value import Line, Value
from suture.localisation.functions import parse_python
from suture.reproduction.arguments import Expression
from suture.reproduction.layout import ProjectLayout
from suture.reproduction.neighbours import variations
from suture.reproduction.target import Argument, Passing, Target, TargetKind
from suture.verdict.observation import Observation, Outcome, agree, informative

MAX_TARGETS = 24
"""Calls that are compared: what one probe can tell of, besides its first."""
MAX_RECORDED = 10
MAX_TEXT = 2_000
MAX_SAID = 4 << 20
MAX_DEPTH = 6
SHOWN = 60
BRACKETS = {"list": ("[", "]"), "tuple": ("(", ")"), "dict": ("{", "}"), "set": ("{", "}")}


class Difference(Value):
    """One call that the fix makes answer otherwise."""

    call: Line
    before: Line
    after: Line
    was_right: bool = False
    """The last good commit answered as the base does: the fix had no business changing it."""


def changed_functions(base: str, patched: str) -> tuple[str, ...]:
    """Return the functions of a module, no methods, that are in both and differ."""
    old, new = _functions(base), _functions(patched)
    return tuple(
        name
        for name, node in new.items()
        if name in old and ast.dump(node) != ast.dump(old[name])
        if ast.dump(node.args) == ast.dump(old[name].args)
    )


def _functions(source: str) -> dict[str, ast.FunctionDef]:
    tree = parse_python(source)
    body = tree.body if tree else []
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef)}


def read_calls(said: str, layout: ProjectLayout, wanted: Sequence[tuple[str, str]]) -> list[Target]:
    """Return the calls that tests make, and variations of each, as targets of a probe.

    `said` is what the sandbox printed: a JSON list of path, name and the arguments' source text.
    `wanted` are path in the repository and name of the functions that were asked for.
    """
    paths = {(layout.inside(path), name): path for path, name in wanted}
    recorded = []
    for item in _items(said):
        path = paths.get((str(item[0]), str(item[1])))
        target = _target(path, str(item[1]), item[2], layout) if path else None
        if target is not None and target not in recorded:
            recorded.append(target)
    recorded = recorded[:MAX_RECORDED]
    varied = [_varied(target) for target in recorded]
    rounds = max((len(found) for found in varied), default=0)
    more = [found[turn] for turn in range(rounds) for found in varied if turn < len(found)]
    unique = {_shown(target): target for target in (*recorded, *more)}
    return list(unique.values())[:MAX_TARGETS]


def _items(said: str) -> list[list[JsonValue]]:
    try:
        raw = json.loads(said) if len(said) <= MAX_SAID else []
    except (ValueError, RecursionError):
        return []
    found = raw if isinstance(raw, list) else []
    return [item for item in found if isinstance(item, list) and len(item) == 3]  # noqa: PLR2004 (path, name, arguments)


def _target(path: str, name: str, given: JsonValue, layout: ProjectLayout) -> Target | None:
    way = layout.import_path(path)
    node = next((item for item in layout.find_functions(path) if item.name == name), None)
    if way is None or node is None or not isinstance(given, dict):
        return None
    only = {item.arg for item in node.node.args.posonlyargs}
    arguments = []
    for argument, text in given.items():
        if not argument.isidentifier() or not _is_literal(text):
            return None
        passing = Passing.POSITION if argument in only else Passing.KEYWORD
        expression = Expression(text=str(text))
        arguments.append(Argument(name=argument, expression=expression, passing=passing))
    return Target(
        kind=TargetKind.FUNCTION,
        path=path,
        way=way,
        name=name,
        line=node.node.lineno,
        arguments=tuple(arguments),
    )


def _is_literal(text: JsonValue) -> bool:
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        return False
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True


def _varied(target: Target) -> list[Target]:
    found = []
    for position, argument in enumerate(target.arguments):
        for text in variations(argument.expression.text):
            arguments = list(target.arguments)
            expression = Expression(text=text)
            arguments[position] = argument.model_copy(update={"expression": expression})
            found.append(target.model_copy(update={"arguments": tuple(arguments)}))
    return found


def differences(
    targets: Sequence[Target],
    base: Sequence[Observation],
    patched: Observation,
    good: Observation | None,
) -> tuple[Difference, ...]:
    """Return the calls that answer otherwise with the fix; first those that were right before.

    `base` are at least two runs of the same probe: what differs between them says nothing.
    """
    runs = [_rows(run) for run in (*base, patched)]
    right = _rows(good) if good else []
    found = []
    for number, target in enumerate(targets[: min(len(run) for run in runs)]):
        before, *again, after = (run[number] for run in runs)
        if not all(agree(before, other) for other in again) or not _differ(before, after):
            continue
        known = number < len(right) and agree(right[number], before)
        found.append(
            Difference(
                call=_shown(target)[:400],
                before=_answer(before),
                after=_answer(after),
                was_right=known and before.outcome is Outcome.RETURNED,
            )
        )
    return tuple(sorted(found, key=lambda item: not item.was_right))


def _rows(observation: Observation) -> list[Observation]:
    return [observation, *observation.neighbours]


def _differ(before: Observation, after: Observation) -> bool:
    if Outcome.UNUSABLE in {before.outcome, after.outcome} or agree(before, after):
        return False
    both = before.outcome is after.outcome is Outcome.RETURNED
    return not both or informative(before) or informative(after)


def _shown(target: Target) -> str:
    given = ", ".join(f"{item.name}={item.expression.text}" for item in target.arguments)
    return f"{target.name}({given})"


def _answer(observation: Observation) -> str:
    if observation.outcome is Outcome.RAISED:
        text = f"{observation.type}: {observation.message}"
    else:
        text = _value(observation.value)
    text = " ".join(text.split()) or "nothing"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def _value(value: JsonValue, depth: int = 0) -> str:
    """Write a described value for people; see `suture.reproduction.harness.Description`."""
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        return "..."
    if "repr" in value:
        return str(value["repr"])
    rows = next((value[key] for key in ("items", "pairs", "fields") if key in value), [])
    inner = [_row(row, depth + 1) for row in rows[:SHOWN]] if isinstance(rows, list) else []
    name = str(value.get("class", value.get("type", ""))).removeprefix("builtins.")
    opening, closing = BRACKETS.get(name, (f"{name}(", ")"))
    return f"{opening}{', '.join(inner)}{closing}"


def _row(row: JsonValue, depth: int) -> str:
    if isinstance(row, list) and len(row) == 2:  # noqa: PLR2004 (a name or key, and its value)
        key = row[0] if isinstance(row[0], str) else _value(row[0], depth)
        return f"{key}: {_value(row[1], depth)}"
    return _value(row, depth)
