"""Writing the probe: the script that makes a call inside the sandbox and says what happened."""

from functools import lru_cache
from importlib.resources import files

from suture.reproduction.arguments import Import
from suture.reproduction.target import Passing, Target, TargetKind

PROBE_PATH = ".suture_probe.py"
"""Where to lay the probe, relative to the service's root. It takes the nonce as its argument."""

ENDING = """
if __name__ == "__main__":
    import sys

    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    os.dup2(2, 1)
    sys.path[:0] = [os.path.join(os.getcwd(), {root!r}), os.getcwd()]
    report({calls}, sys.argv.pop(), channel)
    os._exit(0)
"""


@lru_cache(maxsize=1)
def harness() -> str:
    """Return the harness's source, as it is installed."""
    return (files("suture.reproduction") / "harness.py").read_text(encoding="utf-8")


def write_probe(targets: tuple[Target, ...]) -> str:
    """Return the script that observes the first target and then its neighbours."""
    parts = [harness()]
    names = []
    for number, target in enumerate(targets):
        parts.append(_call(number, target))
        names.append(f"(arguments_{number}, call_{number})")
    calls = f"[{', '.join(names)}]"
    parts.append(ENDING.format(root=targets[0].way.root, calls=calls))
    return "\n\n".join(parts)


def _call(number: int, target: Target) -> str:
    lines = [f"def arguments_{number}():"]
    if target.kind is not TargetKind.MODULE:
        lines.append(f"    import {target.way.module}")
    lines += [f"    {item.statement}" for item in value_imports(target)]
    lines.append("    return {")
    if target.receiver is not None:
        lines.append(f"        'self': {target.receiver.text},")
    lines += [
        f"        {argument.name!r}: {argument.expression.text}," for argument in target.arguments
    ]
    lines += ["    }", "", "", f"def call_{number}(given):"]
    if target.kind is TargetKind.MODULE:
        return "\n".join([*lines, f"    import {target.way.module}"])
    if target.receiver is None:
        lines.append(f"    {callee_import(target).statement}")
    spelled = {argument.name: f"given[{argument.name!r}]" for argument in target.arguments}
    lines.append(f"    return {call_text(target, given_self(target), spelled)}")
    return "\n".join(lines)


def given_self(target: Target) -> str:
    """Return how the probe names the receiver, or nothing for calls without one."""
    return "given['self']" if target.receiver is not None else ""


def value_imports(target: Target) -> tuple[Import, ...]:
    """Return the imports that the arguments need, each once."""
    values = [argument.expression for argument in target.arguments]
    values += [target.receiver] if target.receiver else []
    return tuple(dict.fromkeys(item for value in values for item in value.imports))


def callee_import(target: Target) -> Import:
    """Return the import of the function or class that is called."""
    return Import(module=target.way.module, name=target.name.split(".")[0])


def callee_text(target: Target, receiver: str) -> str:
    """Return what stands before the call's parentheses."""
    owner, _, method = target.name.rpartition(".")
    if receiver:
        return f"{receiver}.{method}"
    return owner if target.kind is TargetKind.CONSTRUCTOR else target.name


def call_text(target: Target, receiver: str, spelled: dict[str, str]) -> str:
    """Return the call's source, with the arguments spelled as given."""
    callee = callee_text(target, receiver)
    if target.kind is TargetKind.PROPERTY:
        return callee
    return f"{callee}({', '.join(passed(target, spelled))})"


def passed(target: Target, spelled: dict[str, str]) -> list[str]:
    """Return each argument as it stands between the parentheses."""
    ways = {
        Passing.KEYWORD: "{name}={text}",
        Passing.POSITION: "{text}",
        Passing.ITEMS: "*{text}",
        Passing.ENTRIES: "**{text}",
    }
    return [
        ways[argument.passing].format(name=argument.name, text=spelled[argument.name])
        for argument in target.arguments
    ]
