"""Suture's own suite: realistic incidents in five languages, with noisy histories.

`evals/incidents/README.md` describes the cases. Their events are committed as they were captured;
repositories are built from the cases' patches, the same every time.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from evals.case import Case, FunctionName, Judge, Language, Prepared, Release, Truth
from evals.seeded import (
    AlertForm,
    BuiltCase,
    SeededCase,
    build_with_noise,
    event_text,
    list_cases,
    load_case,
)
from evals.suite import IncidentSuite, Threshold
from suture.domain.alert import AlertSource
from suture.errors import InvalidInput

JUDGE_COMMANDS = {
    Language.PYTHON: "python -m pytest -q",
    Language.JAVASCRIPT: "node --test judge.test.js",
    Language.GO: "go test ./...",
    Language.JAVA: "mvn test",
    # Node.js 22 and later run TypeScript; where it is older, the judge does not run.
    Language.TYPESCRIPT: "node --experimental-strip-types --test judge.test.ts",
}
HIDDEN_FOLDER = "hidden_judge"
SOURCE_PATH = "import os, sys\nsys.path.insert(0, os.path.join(os.getcwd(), {root!r}))\n"


def load(path: Path | None) -> IncidentSuite:
    """Return the suite, which is part of Suture.

    Raises:
        InvalidInput: a path was given.
    """
    if path is not None:
        raise InvalidInput("incidents is part of Suture and takes no path.")
    return IncidentSuite(
        name="incidents",
        cases=cases(),
        thresholds=(
            Threshold(metric="file_at_1", least=0.9),
            Threshold(metric="commit_at_1", least=0.8),
            Threshold(metric="right_outcome", least=1.0),
            Threshold(metric="wrong_fix", most=0.0),
        ),
    )


def cases() -> Sequence[Case]:
    """Return all cases, in the order of their names."""
    return tuple(_case(load_case(name)) for name in list_cases())


def _case(seeded: SeededCase) -> Case:
    cause = seeded.root_cause
    labels = [*seeded.traits, "fixable" if seeded.fixable else "not-code"]
    if cause is not None and cause.crash_elsewhere:
        labels.append("crash-elsewhere")
    return Case(
        name=seeded.name,
        language=seeded.language,
        prepare=partial(prepare, seeded),
        group=str(seeded.alert).replace("_", "-"),
        labels=tuple(dict.fromkeys(labels)),
    )


def prepare(seeded: SeededCase, directory: Path) -> Prepared:
    """Build a case in an empty directory."""
    built = build_with_noise(seeded, directory / "repository")
    return Prepared(
        repository=built.path,
        event=event_text(built),
        vendor=AlertSource.ALERTMANAGER if seeded.alert is AlertForm.ALERTMANAGER else None,
        test_command=seeded.test_command,
        releases=tuple(Release(name=name, commit=sha) for name, sha in built.releases),
        truth=_truth(built),
        judge=_judge(seeded) if seeded.fixable else None,
    )


def _truth(built: BuiltCase) -> Truth:
    seeded, cause = built.case, built.case.root_cause
    return Truth(
        wanted=seeded.wanted,
        tolerated=seeded.tolerated,
        categories=seeded.categories,
        cause_files=(cause.path,) if cause else (),
        cause_functions=(FunctionName(path=cause.path, name=cause.function),) if cause else (),
        cause_commits=(built.guilty_sha,) if built.guilty_sha else (),
    )


def _judge(seeded: SeededCase) -> Judge:
    folder = seeded.folder / "judge"
    found = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    if seeded.language is not Language.PYTHON:
        command = seeded.judge_command or JUDGE_COMMANDS[seeded.language]
        return Judge(files=found, test_command=command)
    files = {f"{HIDDEN_FOLDER}/{name}": text for name, text in found.items()}
    files[f"{HIDDEN_FOLDER}/conftest.py"] = SOURCE_PATH.format(root=seeded.source_root)
    node_ids = tuple(name for name in files if name.rpartition("/")[2].startswith("test_"))
    return Judge(files=files, node_ids=node_ids, test_command=JUDGE_COMMANDS[Language.PYTHON])
