"""CiDiff's labelled pairs of logs: which lines of the failed one say why it failed.

https://github.com/labri-progress/cidiff, `data/`: a folder for each pair, with `fail.log`,
`pass.log` and one or two annotators' labels (`groundtruth`, `groundtruth2`): intervals of lines
that state the error (E) or help to understand it (C).

What counts: the lines that every annotator says state the error must be found (recall), and what
is offered should be among what any annotator marked (precision). At most 20 lines are offered, so
of more than 20 that must be found 20 are enough. Lines that say the same count once: build tools
repeat their errors. Lines are counted as the labels count them: a lone carriage return ends one.

Some labels were made on another copy of their log and stand a few lines beside what they mean. A
pair with one annotator, most of whose lines a shift by at most ten makes new against the passing
log, all of them, is read with that shift; the figures `..._as_labelled` are those without it.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from evals.suite import Item, Measurement, MeasurementSuite, Threshold
from suture.errors import InvalidInput
from suture.traces.bounds import without_colours
from suture.traces.cause_lines import MARK, MAX_CAUSE_LINES, find_cause_lines, template
from suture.traces.ci_lines import PREFIX

LABELS = ("groundtruth", "groundtruth2")
LABEL = re.compile(r"^(?P<kind>[EC]) (?P<first>\d{1,7})(?:-(?P<last>\d{1,7}))?$")
LINE_END = re.compile(r"\r\n|\r|\n")
MAX_PAIRS = 10_000
MAX_LOG_BYTES = 8 * 1024 * 1024
MAX_NAME_CHARACTERS = 60
MAX_SHIFT = 10
SURE = 0.75
RECALL = 0.95
PRECISION = 0.80
SHOWN_CHARACTERS = 300


class Truth(NamedTuple):
    """What the annotators marked, by line numbers from 1."""

    must: frozenset[int]
    """All of them say that the line states the error."""
    may: frozenset[int]
    """Any of them marked it."""
    annotators: int

    def moved(self, shift: int, count: int) -> "Truth":
        """Return what is marked, by so many lines further down."""
        return self._replace(
            must=frozenset(number + shift for number in self.must if 0 < number + shift <= count),
            may=frozenset(number + shift for number in self.may if 0 < number + shift <= count),
        )


def load(path: Path | None) -> MeasurementSuite:
    """Return the suite of the labelled pairs below a folder.

    Raises:
        InvalidInput: no labelled pair of logs is there.
    """
    folders = list(_pairs(path)) if path is not None else []
    if not folders or path is None:
        raise InvalidInput("There is no labelled pair: fail.log, pass.log and groundtruth.")
    return MeasurementSuite(
        name="ci-logs",
        items=tuple(
            Item(
                name=_name(folder, path),
                measure=partial(measure, folder),
                group=_group(folder, path),
            )
            for folder in folders
        ),
        thresholds=(
            Threshold(metric="recall", least=RECALL),
            Threshold(metric="precision", least=PRECISION),
        ),
    )


def measure(folder: Path) -> Measurement:
    """Measure the lines that are offered for a pair, with its passing log and without it."""
    failed, passed = _read(folder / "fail.log"), _read(folder / "pass.log")
    lines = LINE_END.split(failed)
    labelled = _truth(folder, len(lines))
    shift = _shift(labelled, lines, passed)
    truth = labelled.moved(shift, len(lines))
    offered = [line.number for line in find_cause_lines(failed, passed)]
    alone = [line.number for line in find_cause_lines(failed)]
    precision, recall = score(offered, truth, lines)
    precision_alone, recall_alone = score(alone, truth, lines)
    precision_as_labelled, recall_as_labelled = score(offered, labelled, lines)
    return Measurement(
        metrics={
            "precision": precision,
            "recall": recall,
            "f1": _mean(precision, recall),
            "f1_alone": _mean(precision_alone, recall_alone),
            "precision_alone": precision_alone,
            "recall_alone": recall_alone,
            "precision_as_labelled": precision_as_labelled,
            "recall_as_labelled": recall_as_labelled,
            "lines": float(len(offered)),
        },
        sections={
            "offered": _shown(offered, lines, truth.may),
            "to be found": _shown(sorted(truth.must)[:MAX_CAUSE_LINES], lines, truth.must),
        },
    )


def score(offered: list[int], truth: Truth, lines: list[str]) -> tuple[float, float]:
    """Return precision and recall of what is offered, by line numbers from 1."""
    said = {number: _said(lines[number - 1]) for number in {*offered, *truth.must, *truth.may}}
    must = {said[number] for number in truth.must} - {""}
    may = {said[number] for number in truth.may} - {""}
    found = must & {said[number] for number in offered}
    good = sum(number in truth.may or said[number] in may for number in offered)
    wanted = min(len(must), MAX_CAUSE_LINES)
    return (
        good / len(offered) if offered else 0.0,
        min(len(found) / wanted, 1.0) if wanted else 1.0,
    )


def _said(line: str) -> str:
    """Return what a line says, without times, colours and the marks of its tool."""
    return " ".join(MARK.sub("", PREFIX.sub("", without_colours(line), count=1)).split())


def _truth(folder: Path, count: int) -> Truth:
    stated: list[set[int]] = []
    marked: set[int] = set()
    for name in LABELS:
        if not (folder / name).is_file():
            continue
        errors: set[int] = set()
        for line in _read(folder / name).split("\n"):
            if match := LABEL.match(line.strip()):
                first = int(match["first"])
                last = min(int(match["last"] or first), count)
                marked.update(range(first, last + 1))
                errors.update(range(first, last + 1) if match["kind"] == "E" else ())
        stated.append(errors)
    # Where no line is stated by all, what one of them says is the best there is.
    must = set.intersection(*stated) or set.union(*stated)
    return Truth(must=frozenset(must), may=frozenset(marked), annotators=len(stated))


def _shift(truth: Truth, lines: list[str], passed: str) -> int:
    """Return by how many lines the only annotator's labels stand beside what they mean."""
    known = {template(_said(line)) for line in LINE_END.split(passed)}

    def new(shift: int) -> float:
        texts = [_said(lines[number - 1]) for number in truth.moved(shift, len(lines)).must]
        told = [text for text in texts if text]
        return sum(template(text) not in known for text in told) / len(told) if told else 0.0

    said = any(_said(lines[number - 1]) for number in truth.must)
    if truth.annotators > 1 or not said or new(0) >= SURE:
        return 0
    shifts = sorted(range(-MAX_SHIFT, MAX_SHIFT + 1), key=abs)
    return next((shift for shift in shifts if new(shift) == 1.0), 0)


def _pairs(path: Path) -> Iterator[Path]:
    found = sorted(path.glob("**/groundtruth"))[:MAX_PAIRS]
    for labels in found:
        folder = labels.parent
        if (folder / "fail.log").is_file() and (folder / "pass.log").is_file():
            yield folder


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MAX_LOG_BYTES).decode("utf-8", "replace")


def _name(folder: Path, path: Path) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", "-".join(folder.relative_to(path).parts[-2:]).lower())
    return name.strip("-")[-MAX_NAME_CHARACTERS:].strip("-")


def _group(folder: Path, path: Path) -> str:
    """Return which part of the data set a pair is from."""
    parts = [part for part in folder.relative_to(path).parts[:-1] if part != "data"]
    return parts[0] if parts else ""


def _mean(precision: float, recall: float) -> float:
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def _shown(numbers: list[int], lines: list[str], good: frozenset[int]) -> str:
    return "\n".join(
        f"{'+' if number in good else '-'} {number}: {_said(lines[number - 1])[:SHOWN_CHARACTERS]}"
        for number in numbers
    )
