"""Stack traces of seeded faults: does one cause become one incident, and no two causes one?

A project is a library of Python's own, copied beside a small service that uses it in many ways.
Each mutant of the library has one fault; what fails of the service shows it in as many stack
traces. All traces of a project are put together and grouped, and B-cubed precision, recall and F1
say how well the groups are the causes (Amigo et al., https://doi.org/10.1007/s10791-008-9066-8).

A fault counts if at least two operations fail with it. A fault that shows a trace, letter by
letter, which another one shows as well is left out: nothing can tell those two apart. So that it
does not become easy, at most a third of a project's faults fail on nothing but the broken line.
The recipe was developed on the first four projects; the others judge it.
"""

import json
import shutil
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files as resources
from pathlib import Path
from typing import NamedTuple

from evals.grouping.mutants import Mutant, make_mutants
from evals.stopping import stoppable
from evals.suite import Item, Measurement, MeasurementSuite, Threshold
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from suture.domain.alert import Alert, Frame
from suture.errors import SutureError
from suture.fingerprint import fingerprint
from suture.ports.sandbox import SandboxJob, SandboxLimits
from suture.traces.stacks import parse_stack

DEVELOPED = ("argparse", "configparser", "tomllib", "pprint")
JUDGING = ("difflib", "ipaddress", "optparse", "plistlib", "statistics")
PACKAGES = {"tomllib": "tomllib/_parser.py"}
"""Of a package, the module that is broken."""
SEED = "1"
MAX_MUTANTS = 120
MAX_CAUSES = 34
MAX_TRACES = 20
"""Of one cause."""
LEAST_TRACES = 2
RUN_SECONDS = 900.0
OPERATION_SECONDS = 2.0
"""Of CPU time."""
OUTPUT_BYTES = 64 << 20
F1 = 0.90
PRECISION = 0.97
SHOWN_LINES = 200
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Seen(NamedTuple):
    """One stack trace and the fault that caused it."""

    cause: str
    operation: str
    alert: Alert


class BCubed(NamedTuple):
    """How well groups are the causes."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def load(path: Path | None) -> MeasurementSuite:  # noqa: ARG001 - all suites are loaded alike
    """Return the suite of all projects."""
    projects = [(name, "developed") for name in DEVELOPED] + [(name, "judging") for name in JUDGING]
    return MeasurementSuite(
        name="grouping",
        items=tuple(
            Item(name=name, measure=partial(measure, name), group=group) for name, group in projects
        ),
        thresholds=(
            Threshold(metric="f1", least=F1),
            Threshold(metric="precision", least=PRECISION),
        ),
    )


def measure(project: str) -> Measurement:
    """Break a project, run its service in the sandbox and group what it prints."""
    mutants = {mutant.name: mutant for mutant in _mutants(project)}
    seen = choose(_tracebacks(project, mutants), mutants)
    truth = [each.cause for each in seen]
    metrics = {"traces": float(len(seen)), "causes": float(len(set(truth)))}
    for name, key in KEYS.items():
        scored = b_cubed(truth, [key(each.alert) for each in seen])
        prefix = f"{name}_" if name else ""
        metrics |= {
            f"{prefix}precision": scored.precision,
            f"{prefix}recall": scored.recall,
            f"{prefix}f1": scored.f1,
        }
    return Measurement(metrics=metrics, sections={"groups": _shown(seen, mutants)})


def b_cubed(truth: Sequence[Hashable], groups: Sequence[Hashable]) -> BCubed:
    """Return B-cubed precision and recall: the mean over all items of what shares their group."""
    if not truth:
        return BCubed(0.0, 0.0)
    causes, sizes = Counter(truth), Counter(groups)
    both = Counter(zip(truth, groups, strict=True))
    pairs = list(zip(truth, groups, strict=True))
    precision = sum(both[pair] / sizes[pair[1]] for pair in pairs) / len(pairs)
    recall = sum(both[pair] / causes[pair[0]] for pair in pairs) / len(pairs)
    return BCubed(precision, recall)


def choose(found: Mapping[str, Mapping[str, str]], mutants: Mapping[str, Mutant]) -> list[Seen]:
    """Return the traces of the faults that count."""
    shown = {name: texts for name, texts in found.items() if len(texts) >= LEAST_TRACES}
    parsed = {name: _parsed(name, texts) for name, texts in shown.items()}
    elsewhere = sum(not _is_plain(parsed[name], mutants[name]) for name in shown)
    known: set[str] = set()
    chosen: list[Seen] = []
    plain = causes = 0
    for name, texts in shown.items():
        is_plain = _is_plain(parsed[name], mutants[name])
        if known & set(texts.values()) or (is_plain and plain >= elsewhere // 2):
            continue
        if causes >= MAX_CAUSES:
            break
        plain, causes = plain + is_plain, causes + 1
        known |= set(texts.values())
        chosen += parsed[name]
    return chosen


def _parsed(name: str, texts: Mapping[str, str]) -> list[Seen]:
    return [
        Seen(name, operation, parse_stack(text, service="shop", received_at=NOW))
        for operation, text in list(texts.items())[:MAX_TRACES]
    ]


def _is_plain(seen: Sequence[Seen], mutant: Mutant) -> bool:
    """Whether all that fails fails on the very line that was broken."""
    tops = [_top(each.alert) for each in seen]
    return all(top is not None and top.lineno == mutant.line for top in tops)


def _top(alert: Alert) -> Frame | None:
    own = [frame for frame in alert.exceptions[-1].frames if frame.in_app]
    return own[-1] if own else None


def _by_stack(alert: Alert) -> Hashable:
    frames = [frame for each in alert.exceptions for frame in each.frames]
    return tuple((frame.filename, frame.function, frame.lineno) for frame in frames)


def _by_function(alert: Alert) -> Hashable:
    top = _top(alert)
    return alert.exceptions[-1].type, top and (top.filename, top.function)


def _by_line(alert: Alert) -> Hashable:
    top = _top(alert)
    return top and (top.filename, top.function, top.context_line)


KEYS: dict[str, Callable[[Alert], Hashable]] = {
    "": fingerprint,
    "stack": _by_stack,
    "function": _by_function,
    "line": _by_line,
}
"""What alerts are grouped by; the others than the fingerprint are there to compare it with."""


def _mutants(project: str) -> list[Mutant]:
    source = (_library() / _module(project)).read_text(encoding="utf-8")
    made = make_mutants(source, f"{project}{SEED}")
    return [mutant for mutant, _ in zip(made, range(MAX_MUTANTS), strict=False)]


def _module(project: str) -> str:
    return PACKAGES.get(project, f"{project}.py")


def _library() -> Path:
    return Path(sysconfig.get_path("stdlib"))


def _tracebacks(project: str, mutants: Mapping[str, Mutant]) -> dict[str, dict[str, str]]:
    plan = {
        "file": _module(project),
        "seconds": OPERATION_SECONDS,
        "mutants": {name: mutant.text for name, mutant in mutants.items()},
    }
    with tempfile.TemporaryDirectory(prefix="suture-grouping-") as folder:
        tree = Path(folder) / "tree"
        _lay_out(project, tree)
        job = SandboxJob(
            tree=tree,
            files={"mutants.json": json.dumps(plan)},
            argv=(f"python{sys.version_info[0]}.{sys.version_info[1]}", "driver.py"),
            collect=("found.json",),
            limits=SandboxLimits(
                wall_seconds=RUN_SECONDS, cpu_seconds=int(RUN_SECONDS), output_bytes=OUTPUT_BYTES
            ),
        )
        result = stoppable(BubblewrapSandbox(Path(folder) / "sandbox")).run(job, _nothing)
    if "found.json" not in result.files:
        raise SutureError(f"The service over {project} did not run: {result.stderr[-500:]}")
    found: dict[str, dict[str, str]] = json.loads(result.files["found.json"])
    return found


def _lay_out(project: str, tree: Path) -> None:
    """Copy the driver, the service and the library that it uses."""
    own = resources("evals.grouping")
    (tree / "app").mkdir(parents=True)
    (tree / "driver.py").write_text((own / "driver.py").read_text())
    (tree / "app" / "service.py").write_text((own / "services" / f"{project}.py").read_text())
    if project in PACKAGES:
        shutil.copytree(_library() / project, tree / "app" / project)
    else:
        shutil.copy(_library() / _module(project), tree / "app")


def _shown(seen: Sequence[Seen], mutants: Mapping[str, Mutant]) -> str:
    """Return the groups that hold several causes, and the causes that became several groups."""
    groups: dict[str, Counter[str]] = {}
    for each in seen:
        groups.setdefault(fingerprint(each.alert), Counter())[each.cause] += 1
    of_cause = Counter(cause for group in groups.values() for cause in group)
    lines = [
        f"merged: {', '.join(f'{cause} ({count})' for cause, count in group.items())}"
        for group in groups.values()
        if len(group) > 1
    ]
    lines += [
        f"split: {cause} of {mutants[cause].function} into {count}"
        for cause, count in of_cause.items()
        if count > 1
    ]
    return "\n".join(lines[:SHOWN_LINES])


def _nothing() -> None:
    """Stand for progress that nobody waits for."""
