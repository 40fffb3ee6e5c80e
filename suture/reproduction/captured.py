"""Calls of other languages than Python, rebuilt from what an alert captured, as tests.

JavaScript: the locals that Sentry keeps of a frame, where every parameter is among them as plain
data. Go: the words of arguments that a panic prints after a function's name, where they decide the
value: whole numbers, and what is empty or nil. Whatever leaves doubt is refused, not guessed.

Sources: https://docs.sentry.io/platforms/javascript/guides/node/configuration/integrations/localvariables/
and https://pkg.go.dev/runtime#hdr-Environment_Variables.
"""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from suture.domain.alert import Alert, Frame
from suture.domain.service import ToolchainName
from suture.domain.value import Value
from suture.index.languages import SCRIPTS, Language
from suture.index.reading import read_functions
from suture.index.symbols import Definition
from suture.reproduction.go_arguments import CannotRebuild, go_arguments
from suture.reproduction.placing import TestPlace
from suture.reproduction.script_calls import ScriptFile, script_test
from suture.reproduction.script_values import script_value
from suture.traces.golang import ARGUMENTS

MAX_CALLS = 5
MAX_REFUSALS = 3


class CaptureScene(Value):
    """What a call is rebuilt in. Paths are relative to the service's root."""

    place: TestPlace
    toolchain: ToolchainName
    path: str
    """The file that crashed."""
    source: str


class CapturedCall(Value):
    """A test that makes one captured call again."""

    source: str
    reason: str


class Captured(Value):
    """What could be rebuilt, and why the rest could not."""

    calls: tuple[CapturedCall, ...] = ()
    refusals: tuple[str, ...] = ()


def captured_calls(alert: Alert, scene: CaptureScene) -> Captured:
    """Return the calls of the file that crashed, innermost first."""
    calls: list[CapturedCall] = []
    refusals: list[str] = []
    for frame in _frames(alert, scene.path):
        try:
            calls.append(_rebuilt(frame, scene))
        except CannotRebuild as refusal:
            refusals.append(str(refusal))
    return Captured(
        calls=tuple(calls[:MAX_CALLS]), refusals=tuple(dict.fromkeys(refusals))[:MAX_REFUSALS]
    )


def _frames(alert: Alert, path: str) -> Iterator[Frame]:
    """Yield the frames that lie in a file, the innermost first, causes before their effects."""
    for error in alert.exceptions:
        for frame in reversed(error.frames):
            name = frame.filename.replace("\\", "/")
            if frame.lineno and (
                f"/{name}".endswith(f"/{path}") or f"/{path}".endswith(f"/{name}")
            ):
                yield frame


def _rebuilt(frame: Frame, scene: CaptureScene) -> CapturedCall:
    raw = scene.source.encode("utf-8", "replace")
    functions = [found for found, _ in read_functions(scene.path, raw)]
    holding = [each for each in functions if each.first <= (frame.lineno or 0) <= each.last]
    if not holding:
        raise CannotRebuild(f"Line {frame.lineno} of {scene.path} is in no function.")
    outer = min(holding, key=lambda each: each.first)
    if outer.owner or len(holding) > 1:
        raise CannotRebuild(f"{holding[-1].name} is no function of the file itself.")
    source = (_go if scene.place.language is Language.GO else _script)(frame, scene, outer)
    reason = f"{outer.name} of {scene.path} is called with the arguments that the alert captured."
    return CapturedCall(source=source, reason=reason)


def _script(frame: Frame, scene: CaptureScene, function: Definition) -> str:
    if scene.place.language not in SCRIPTS:
        raise CannotRebuild("Only calls of JavaScript, TypeScript and Go can be rebuilt.")

    def value_of(name: str) -> str:
        if name not in frame.variables:
            raise CannotRebuild(f"The alert does not say what {name} was in {function.name}.")
        value: JsonValue = frame.variables[name]
        return script_value(value, name)

    file = ScriptFile(
        test=scene.place.path, toolchain=scene.toolchain, path=scene.path, source=scene.source
    )
    return script_test(file, function, value_of)


def _go(frame: Frame, scene: CaptureScene, function: Definition) -> str:
    words = frame.variables.get(ARGUMENTS)
    if not isinstance(words, str):
        raise CannotRebuild(f"The panic does not say what {function.name} was called with.")
    arguments, results = go_arguments(scene.source, function, words)
    package = re.search(r"^package\s+(\w+)", scene.source, re.MULTILINE)
    name = scene.place.node_id.rpartition("::")[2]
    left = f"{', '.join(['_'] * results)} = " if results else ""
    return (
        f'package {package[1] if package else "main"}\n\nimport "testing"\n\n'
        f"func {name}(t *testing.T) {{\n\t{left}{function.name}({', '.join(arguments)})\n}}\n"
    )
