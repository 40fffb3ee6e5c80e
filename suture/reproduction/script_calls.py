"""Writes a test of JavaScript or TypeScript that calls one exported function."""

import json
import posixpath
import re
from collections.abc import Callable

from suture.domain.service import ToolchainName
from suture.domain.value import Value
from suture.index.symbols import Definition
from suture.reproduction.go_arguments import CannotRebuild

PARAMETERS = re.compile(
    r"\(([^()]{0,500})\)\s*(?::[^={]{0,200})?(?:=>|\{)|^\s*[=:]?\s*(?:async\s+)?(\w+)\s*=>"
)
PLAIN = re.compile(r"^(?P<name>[A-Za-z_$][\w$]*)\??(?:\s*[:=].*)?$", re.DOTALL)
TYPED = re.compile(r"\.[cm]?tsx?$")


class ScriptFile(Value):
    """A file whose function is called, and the test that calls it."""

    test: str
    """The test's path; both are relative to the service's root."""
    toolchain: ToolchainName
    path: str
    source: str


def script_test(file: ScriptFile, function: Definition, value_of: Callable[[str], str]) -> str:
    """Return the test.

    Raises:
        CannotRebuild: the function is not exported by name, or takes what has no name.
    """
    path, toolchain, own, source = file.test, file.toolchain, file.path, file.source
    values = [value_of(name) for name in parameters_of(function, source)]
    esm = _is_module_export(function.name, source)
    called = posixpath.relpath(own, posixpath.dirname(path) or ".")
    called = called if called.startswith(".") else f"./{called}"
    if TYPED.search(called) and toolchain is not ToolchainName.NODE:
        called = TYPED.sub("", called)
    runner, test = _runner(toolchain, esm=esm)
    taken = (
        f"import {{ {function.name} }} from '{called}';"
        if esm
        else f"const {{ {function.name} }} = require('{called}');"
    )
    head = [*([] if esm else ["'use strict';"]), *([runner] if runner else []), taken]
    waiting = "await " if _is_async(function, source) else ""
    title = json.dumps(f"{function.name} with what it was called with in production")
    begin = "async () =>" if waiting else "() =>"
    call = f"{waiting}{function.name}({', '.join(values)});"
    return "\n".join([*head, "", f"{test}({title}, {begin} {{", f"  {call}", "});", ""])


def parameters_of(function: Definition, source: str) -> tuple[str, ...]:
    """Return the names of what a function takes.

    Raises:
        CannotRebuild: something it takes has no plain name.
    """
    lines = "\n".join(source.splitlines()[function.first - 1 : function.last])
    found = PARAMETERS.search(lines.partition(function.name)[2])
    if found is None:
        raise CannotRebuild(f"What {function.name} takes cannot be read.")
    given = found.group(1) if found.group(1) is not None else found.group(2)
    parts = [part.strip() for part in given.split(",") if part.strip()]
    names = [PLAIN.match(part) for part in parts]
    if "{" in given or not all(names):
        raise CannotRebuild(f"What {function.name} takes is more than plain names.")
    return tuple(name["name"] for name in names if name is not None)


def _is_module_export(name: str, source: str) -> bool:
    """Whether a file hands out a name by `export`, and not by `exports`.

    Raises:
        CannotRebuild: it does neither.
    """
    word = re.escape(name)
    declared = rf"^export\s+(?:async\s+)?(?:function\*?|const|let|var)\s+{word}\b"
    listed = rf"^export\s*\{{[^}}]{{0,2000}}\b{word}\b(?!\s+as\b)"
    if re.search(declared, source, re.MULTILINE) or re.search(listed, source, re.MULTILINE):
        return True
    common = (
        rf"\bexports\.{word}\s*=",
        rf"\bmodule\.exports\s*=\s*\{{[^}}]{{0,2000}}(?<![\w$.]){word}\b\s*[,}}]",
    )
    if any(re.search(pattern, source) for pattern in common):
        return False
    raise CannotRebuild(f"{name} is not exported by that name, so that no test could call it.")


def _is_async(function: Definition, source: str) -> bool:
    first = source.splitlines()[function.first - 1]
    return re.search(r"\basync\b", first) is not None


def _runner(toolchain: ToolchainName, *, esm: bool) -> tuple[str, str]:
    """Return the line that brings in the runner, if one does, and what it calls a test."""
    if toolchain is ToolchainName.NODE:
        return (
            (
                "import { test } from 'node:test';"
                if esm
                else "const { test } = require('node:test');"
            ),
            "test",
        )
    if toolchain is ToolchainName.VITEST:
        return "import { test } from 'vitest';", "test"
    return "", "it" if toolchain is ToolchainName.MOCHA else "test"
