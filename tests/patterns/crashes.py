"""Runs small buggy programs, and turns what they really raise into scenes."""

import inspect
import textwrap
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from suture.domain.alert import Alert, AlertKind, AlertSource, ExceptionInfo, FailedTest, Frame
from suture.domain.diagnosis import Category, Diagnosis, Fixability
from suture.domain.evidence import Evidence, Location
from suture.patterns import FixScene

APP = "shop/app.py"
TEST = "tests/test_app.py"


@dataclass(frozen=True)
class Example:
    """A program that goes wrong when it is driven, and how it should read."""

    before: str
    driver: str
    after: str
    good: str = ""
    """How it read when all was well, where that matters."""
    path: str = APP
    more: Mapping[str, str] = field(default_factory=dict)

    def styled(self, change: Callable[[str], str]) -> "Example":
        """Return the same program written in another style."""
        return Example(
            change(self.before), self.driver, change(self.after), change(self.good), self.path
        )


def example_of(function: Callable[..., Any]) -> Example:
    """Read `Good:`, `Before:`, `>>>` and `After:` from a pattern's docstring."""
    return read_example(inspect.getdoc(function) or "")


def read_example(text: str) -> Example:
    """Read an example as docstrings have it."""
    parts: dict[str, list[str]] = {"": []}
    current = ""
    for line in textwrap.dedent(text).splitlines():
        if line in {"Good:", "Before:", "After:"}:
            current = line
            parts[current] = []
        else:
            parts[current].append(line)
    before = [line for line in parts["Before:"] if not line.lstrip().startswith(">>>")]
    driver = [line.lstrip()[4:] for line in parts["Before:"] if line.lstrip().startswith(">>>")]
    return Example(
        before=_text(before),
        driver="\n".join(driver),
        after=_text(parts["After:"]),
        good=_text(parts.get("Good:", [])),
    )


def _text(lines: list[str]) -> str:
    text = textwrap.dedent("\n".join(lines)).strip("\n")
    return text + "\n" if text else ""


def scene_of(example: Example) -> FixScene:
    """Run the program, and describe what it raised."""
    raised = raise_from(example)
    frames = traceback.extract_tb(raised.__traceback__)
    inside = [f for f in frames if f.filename == example.path]
    path = tuple(Location(path=f.filename, line=f.lineno or 1, function=f.name) for f in inside)
    failed = isinstance(raised, AssertionError) and not inside
    test = "def test_it():\n" + textwrap.indent(example.driver, "    ") + "\n"
    return FixScene(
        alert=_alert(raised, [f for f in frames if f.filename in {example.path, TEST}], failed),
        evidence=Evidence(base_sha="a" * 40, crash=path[-1] if path else None, path=path),
        diagnosis=Diagnosis(
            category=Category.CODE_DEFECT,
            fixability=Fixability.FIXABLE,
            summary="It fails",
            crash=path[-1] if path else None,
            confidence=0.5,
        ),
        sources={example.path: example.before, TEST: test, **example.more},
        last_good={example.path: example.good} if example.good else {},
    )


def raise_from(example: Example) -> BaseException:
    """Run the program until it raises."""
    names: dict[str, Any] = {"__name__": "shop.app"}
    exec(compile(example.before.removeprefix("\ufeff"), example.path, "exec"), names)  # noqa: S102 - our own examples
    try:
        exec(compile(example.driver, TEST, "exec"), names)  # noqa: S102 - the same
    except Exception as raised:  # noqa: BLE001 - whatever it is, it is the subject
        return raised
    raise LookupError(f"nothing was raised by {example.driver}")


def _alert(raised: BaseException, frames: list[traceback.FrameSummary], failed: bool) -> Alert:  # noqa: FBT001
    info = ExceptionInfo(
        type=type(raised).__name__,
        value=str(raised),
        frames=tuple(
            Frame(filename=f.filename, function=f.name, lineno=f.lineno, context_line=f.line)
            for f in frames
        ),
    )
    return Alert(
        alert_id="1",
        source=AlertSource.CI_LOG if failed else AlertSource.SENTRY,
        kind=AlertKind.TEST_FAILURE if failed else AlertKind.EXCEPTION,
        service="shop",
        title="It fails",
        occurred_at=datetime(2026, 1, 5, tzinfo=UTC),
        exceptions=() if failed else (info,),
        failed_tests=(FailedTest(node_id=f"{TEST}::test_it", message="assert"),) if failed else (),
    )
