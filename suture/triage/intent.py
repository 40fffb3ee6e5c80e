"""Rules for failures in the service's own code that no patch should touch without a human.

The worst that Suture can do is a wrong fix. So where the crash may be what the code means to do,
or only the echo of something outside, a human decides.
"""

import ast
import re

from suture.domain.diagnosis import Category, Fixability
from suture.domain.evidence import Location, Statement
from suture.localisation.cause import traced_path
from suture.localisation.citations import quote_code
from suture.localisation.flow import calls_in, name_of
from suture.localisation.functions import FunctionNode
from suture.localisation.returns import none_line
from suture.triage.clues import Clues, Finding, find_line, headline_of, seen
from suture.triage.expectations import find_in_tests, stated_error
from suture.triage.infrastructure import GATEWAY, NETWORK, PROVIDER

BROKEN_PROMISES = {"AssertionError", "NotImplementedError"}
OUTAGES = {
    "OSError",
    "IOError",
    "ConnectionError",
    "TimeoutError",
    "URLError",
    "HTTPError",
    "RequestException",
    "Timeout",
    "Exception",
    "BaseException",
}
READERS = {
    "load",
    "loads",
    "safe_load",
    "json",
    "read_text",
    "read_csv",
    "DictReader",
    "read_string",
}
CHANGED_WHILE_WALKED = re.compile(r"changed size during iteration|mutated during iteration")
MUTATORS = {"pop", "popitem", "clear", "update", "setdefault", "remove", "discard", "add"}
NEEDS = Fixability.NEEDS_HUMAN


def bad_input(clues: Clues) -> Finding | None:
    """The service refused something on purpose."""
    if clues.alert.failed_tests or not clues.chain:
        return None
    if not _is_refusal(clues) and stated_error(clues) is None:
        return None
    name = clues.types[-1]
    if clues.changed:
        return None
    stated = stated_error(clues)
    expected = _where_expected(stated.name if stated else name, clues)
    shown = clues.headline
    statements = [seen(shown, "The service says what it refused."), *clues.at_crash()]
    if expected is not None:
        line = clues.base.file(expected.path).line(expected.line)
        cited = quote_code(expected.path, expected.line, line)
        text = f"{expected.path}:{expected.line} expects {name}: it is meant to be raised."
        statements.append(Statement(text=text, citations=(cited,)))
    return Finding(
        category=Category.BAD_INPUT,
        fixability=Fixability.NOT_CODE if expected else NEEDS,
        summary=f"The service refused an input on purpose: {shown[:300]}",
        confidence=0.8 if expected else 0.55,
        statements=tuple(statements),
        next_steps=(
            "Find out who sent the input, and whether they were told what is wrong with it.",
            "If it is a normal answer to bad input, do not report it as an error.",
            "If the input was good, the caller or the rule is wrong: a human must decide which.",
        ),
    )


def swallowed_outage(clues: Clues) -> Finding | None:
    """A missing value that a caught outage left behind."""
    if "NoneType" not in clues.said or clues.alert.failed_tests:
        return None
    swallower = _swallower(clues)
    told = find_line(NETWORK, clues.alert.log) or find_line(GATEWAY, clues.alert.log)
    told = told or find_line(PROVIDER, clues.alert.log)
    if swallower is None and (told is None or clues.changed):
        return None
    statements = [*clues.at_crash()]
    if told is not None:
        statements.insert(0, seen(told, "Shortly before, another system did not answer."))
    if swallower is not None:
        line = clues.base.file(swallower.path).line(swallower.line)
        cited = quote_code(swallower.path, swallower.line, line)
        text = f"{swallower.function} turns an error of another system into None."
        statements.append(Statement(text=text, citations=(cited,)))
    return Finding(
        category=Category.EXTERNAL_SERVICE if told else Category.UNKNOWN,
        fixability=NEEDS,
        summary="A value is missing, most likely because a failure elsewhere was caught.",
        confidence=0.7 if told and swallower else 0.5,
        statements=tuple(statements),
        next_steps=(
            "Check whether the system that the value comes from was down at that time.",
            "Decide what the service should answer without it: that is a choice, not a repair.",
        ),
    )


def outside_data(clues: Clues) -> Finding | None:
    """Data read from a file or another system on the spot has not the shape that was expected."""
    shapes = {"KeyError", "TypeError", "ValueError", "AttributeError", "IndexError"}
    if clues.changed or not shapes.intersection(clues.types[:1]) or clues.alert.failed_tests:
        return None
    readers = [
        call
        for call in (*clues.flow.calls, *clues.flow.earlier_calls)
        if name_of(call) in READERS and isinstance(call.func, ast.Attribute)
    ]
    if not readers or clues.is_deliberate or _is_decoding_error(clues):
        return None
    shown = headline_of(clues.chain[0])
    return Finding(
        category=Category.UNKNOWN,
        fixability=NEEDS,
        summary=f"Data from outside has not the expected shape: {shown[:300]}",
        confidence=0.5,
        statements=(seen(shown, "What the line read lacks this."), *clues.at_crash()),
        next_steps=(
            "Look at the file or answer that was read: is it complete, and of the agreed version?",
            "If its owner changed the format, agree on one before the code follows.",
        ),
    )


def thread_race(clues: Clues) -> Finding | None:
    """Something else changed a collection while this code walked it."""
    line = find_line(CHANGED_WHILE_WALKED, clues.said)
    if line is None or _changes_collections(clues.crash_node):
        return None
    return Finding(
        category=Category.UNKNOWN,
        fixability=NEEDS,
        summary="A collection was changed by something else while it was walked: a race.",
        confidence=0.6,
        statements=(
            seen(line, "The walk met a change that this code does not make."),
            *clues.at_crash(),
        ),
        next_steps=(
            "Find which threads or tasks share the collection, and guard it with a lock.",
            "One call alone will not show it: a test needs both sides at once.",
        ),
    )


def missing_entry(clues: Clues) -> Finding | None:
    """A table in the code lacks an entry, and only people know what it should be."""
    if clues.types[:1] != ("KeyError",) or clues.changed or clues.alert.failed_tests:
        return None
    key = (clues.decisive.value if clues.decisive else "").strip("'\" ")
    table = _constant_table(clues)
    entries = _entries(table)
    if table is None or not entries or any(_alike(key, entry) for entry in entries):
        return None
    return Finding(
        category=Category.UNKNOWN,
        fixability=NEEDS,
        summary=f"A table in the code has no entry for {key[:100]!r}.",
        confidence=0.6,
        statements=(seen(clues.said, "The event names the missing entry."), *clues.at_crash()),
        next_steps=(
            f"Decide what belongs into the table for {key[:100]!r}, or who refuses it before.",
        ),
    )


def library_failure(clues: Clues) -> Finding | None:
    """Somebody else's code failed deep inside, and nothing here has changed."""
    crash, decisive = clues.evidence.crash, clues.decisive
    if decisive is None or not decisive.frames or clues.changed:
        return None
    foreign = [
        frame.filename
        for frame in decisive.frames[-1:]
        if "site-packages/" in frame.filename or "node_modules/" in frame.filename
    ]
    if not foreign and crash is not None:
        return None
    where = foreign[-1] if foreign else decisive.frames[-1].filename
    return Finding(
        category=Category.UNKNOWN if crash is not None else Category.EXTERNAL_SERVICE,
        fixability=NEEDS,
        summary=f"{decisive.type} was raised inside a library: {decisive.value[:200]}",
        confidence=0.5,
        statements=(
            seen(where, "The last call on the stack is not this repository's."),
            *clues.at_crash(),
        ),
        next_steps=(
            "Look for the library's known defects of its installed version.",
            "Check whether what it was given is what it documents.",
        ),
    )


def _is_refusal(clues: Clues) -> bool:
    """Whether the service raised it itself: at the crash, or by renaming what crashed."""
    if clues.types[-1] in BROKEN_PROMISES:
        return False
    renamed = len(clues.chain) > 1 and clues.types[0] in {
        "KeyError",
        "ValueError",
        "IndexError",
        "LookupError",
    }
    return clues.is_deliberate or renamed


def _where_expected(name: str, clues: Clues) -> Location | None:
    """Return a test or a docstring that says that this exception is meant to be raised."""
    if clues.crash_node is not None and name in (ast.get_docstring(clues.crash_node) or ""):
        return clues.evidence.crash
    return find_in_tests(_expectation(name), clues.base)


def _expectation(name: str) -> re.Pattern[str]:
    """Return how tests say that something is to be raised, in any language."""
    named = re.escape(name)
    return re.compile(
        rf"\b(raises|assertRaises\w*)\(\s*\(?[\w., ]*\b{named}\b"
        rf"|\b(throws|rejects|toThrow\w*)\(.{{0,500}}\b{named}\b"
        rf"|\b(assertThrows\w*|assertFailsWith)[(<].{{0,200}}\b{named}\b"
        rf"|\berrors\.(Is|As)\(\w+, &?[\w.]{{0,100}}\b{named}\b"
    )


def _swallower(clues: Clues) -> Location | None:
    """Return a function that catches an outage, returns None, and feeds the failing line."""
    crashed = traced_path(clues.evidence)[-1:]
    candidates = clues.related.makers | {(each.path, each.function or "") for each in crashed}
    for path, name in sorted(candidates):
        node = clues.base.file(path).node_of(name)
        line = _outage_caught(node) if node is not None and none_line(node) else None
        if line is not None:
            return Location(path=path, line=line, function=name)
    return None


def _outage_caught(node: FunctionNode) -> int | None:
    for each in ast.walk(node):
        if isinstance(each, ast.ExceptHandler) and not _reraises(each):
            caught = ast.walk(each.type) if each.type else ()
            names = {getattr(item, "id", getattr(item, "attr", "")) for item in caught}
            if names & OUTAGES or each.type is None:
                return each.lineno
    return None


def _reraises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(each, ast.Raise) for each in ast.walk(handler))


def _changes_collections(node: FunctionNode | None) -> bool:
    deletes = any(isinstance(each, ast.Delete) for each in ast.walk(node)) if node else False
    stores = any(
        isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Store)
        for each in (ast.walk(node) if node else ())
    )
    called = {name_of(call) for call in calls_in(node)}
    methods = any(
        isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "self"
        for call in calls_in(node)
    )
    return deletes or stores or methods or bool(called & MUTATORS)


def _constant_table(clues: Clues) -> ast.Dict | None:
    """Return the constant dictionary that the failing line looks into."""
    for node in clues.crash_file.tree.body if clues.crash_file.tree else ():
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            if any(f"{name}[" in clues.crash_line for name in names):
                return node.value
    return None


def _entries(table: ast.Dict | None) -> list[str]:
    keys = table.keys if table is not None else []
    return [str(key.value) for key in keys if isinstance(key, ast.Constant)]


def _alike(key: str, entry: str) -> bool:
    """Whether two keys differ only in case, white space or punctuation: then code is at fault."""
    return re.sub(r"\W|_", "", key).lower() == re.sub(r"\W|_", "", entry).lower()


def _is_decoding_error(clues: Clues) -> bool:
    return "UnicodeDecodeError" in clues.types
