"""How a fix changes what functions answer around the calls that tests make.

A patch may be right for the failing test and wrong beside it. The changed functions are called with
what the tests gave them and with variations of that, on the base, with the fix and, where one is
known, on the last good commit; whoever approves is told what answers differently. The same calls
tell patches apart that pass the same tests, see `suture.verdict.rivals`.
"""

import ast
from collections.abc import Sequence

from pydantic import Field, JsonValue, ValidationError

from suture.domain.value import Line, Value
from suture.localisation.functions import function_nodes, parse_python
from suture.verdict.observation import Observation, Outcome, agree, informative, read_records

MAX_CALLS = 96
"""Recorded calls and variations of them."""
MAX_INPUTS = 24
MAX_DATA = 20_000
MAX_SAID = 4 << 20
MAX_DEPTH = 6
SHOWN = 60
BRACKETS = {"list": ("[", "]"), "tuple": ("(", ")"), "dict": ("{", "}"), "set": ("{", "}")}
SILENT = Observation(outcome=Outcome.UNUSABLE)

Behaviour = tuple[Observation, ...]
"""What each call of an experiment came to, in their order."""


class Difference(Value):
    """One call that the fix makes answer otherwise."""

    call: Line
    before: Line
    after: Line
    was_right: bool = False
    """The last good commit answered as the base does: the fix had no business changing it."""


class Input(Value):
    """Arguments that a test gave a function. Made inside the sandbox, and used there only."""

    module: str = Field(max_length=400)
    name: str = Field(max_length=400)
    data: str = Field(max_length=MAX_DATA)
    """Pickled and in base64; nobody outside the sandbox opens it."""
    shown: str = Field(max_length=40_000)
    variations: tuple[tuple[int | str, int, str], ...] = Field(default=(), max_length=40)
    """Which argument may be changed, the number of the change, and what it is then."""


class Recorded(Value):
    """What tests gave the functions that were asked for."""

    path: tuple[str, ...] = Field(max_length=200)
    """Where modules were looked for."""
    inputs: tuple[Input, ...] = Field(max_length=MAX_INPUTS)


class Call(Value):
    """One call of an experiment."""

    which: int = Field(ge=0)
    """Index of its input."""
    change: tuple[int | str, int] | None = None
    """None: as a test makes it."""
    shown: str


def changed_functions(base: str, patched: str) -> tuple[str, ...]:
    """Return the names of functions and methods that are in both and differ in their bodies."""
    old, new = _functions(base), _functions(patched)
    found = (
        node.name
        for name, node in new.items()
        if name in old and ast.dump(node) != ast.dump(old[name])
        if ast.dump(node.args) == ast.dump(old[name].args)
    )
    return tuple(dict.fromkeys(found))


def _functions(source: str) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = parse_python(source)
    return dict(function_nodes(tree)) if tree else {}


def read_recorded(said: str) -> Recorded | None:
    """Read what the sandbox says of the tests' calls; None for what makes no sense."""
    if len(said) > MAX_SAID:
        return None
    try:
        found = Recorded.model_validate_json(said)
    except ValidationError:
        return None
    return found if found.inputs else None


def calls_of(recorded: Recorded) -> tuple[Call, ...]:
    """Return the calls that tests make, then their variations, a round for each input."""
    inputs = recorded.inputs
    found = [Call(which=number, shown=given.shown[:400]) for number, given in enumerate(inputs)]
    for turn in range(max((len(given.variations) for given in inputs), default=0)):
        for number, given in enumerate(inputs):
            if turn < len(given.variations):
                slot, change, text = given.variations[turn]
                text = f"{given.shown[:280]}, with {text[:100]}"
                found.append(Call(which=number, change=(slot, change), shown=text))
    return tuple(found[:MAX_CALLS])


def read_behaviour(stdout: str, nonce: str, count: int) -> Behaviour | None:
    """Read what the calls came to; what is missing says nothing. None: it cannot be read."""
    records = read_records(stdout, nonce)
    if not records:
        return None
    return tuple(records.get(number, SILENT) for number in range(count))


def differences(
    calls: Sequence[Call], base: Sequence[Behaviour], patched: Behaviour, good: Behaviour | None
) -> tuple[Difference, ...]:
    """Return the calls that answer otherwise with the fix; first those that were right before.

    `base` are at least two runs: what differs between them says nothing.
    """
    found = []
    for number, call in enumerate(calls):
        before, *again = (run[number] for run in base)
        after = patched[number]
        if not all(agree(before, other) for other in again) or not differ(before, after):
            continue
        known = good is not None and agree(good[number], before)
        found.append(
            Difference(
                call=call.shown[:400],
                before=answer_of(before),
                after=answer_of(after),
                was_right=known and before.outcome is Outcome.RETURNED,
            )
        )
    return tuple(sorted(found, key=lambda item: not item.was_right))


def differ(before: Observation, after: Observation) -> bool:
    """Whether two observations of one call visibly differ."""
    if Outcome.UNUSABLE in {before.outcome, after.outcome} or agree(before, after):
        return False
    both = before.outcome is after.outcome is Outcome.RETURNED
    return not both or informative(before) or informative(after)


def answer_of(observation: Observation) -> str:
    """Write what a call came to for people, shortened."""
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
