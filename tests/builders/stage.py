"""A service with a history whose code really runs and really fails."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from integrations.git.source import GitSources
from suture.domain.alert import Alert, AlertKind, AlertSource, ExceptionInfo, Frame
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import Evidence
from suture.domain.rollout import Deployment
from suture.domain.service import Service
from suture.localisation.evidence import Scene, collect_evidence
from suture.localisation.snapshot import Snapshot
from suture.ports.source import SourceRepository
from suture.triage.diagnosis import diagnose
from tests.builders.repository import FIRST_COMMIT_AT, RepositoryBuilder

DEPLOYED_ROOT = "/app/"
FAILED_AT = FIRST_COMMIT_AT + timedelta(days=30)
RECORD = """
import json, sys, traceback
root = sys.argv[1]
sys.path.insert(0, root)
def frames(error):
    summary = traceback.extract_tb(error.__traceback__)
    return [[f.filename, f.name, f.lineno, f.line] for f in summary if f.filename != "<string>"]
def chain(error):
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = chain(cause) if cause else []
    return [*before, [type(error).__name__, str(error), frames(error)]]
try:
    exec(sys.argv[2], {})
except BaseException as error:
    print(json.dumps(chain(error)))
"""


class Stage:
    """Builds commits, lets the code fail and asks what Suture makes of it."""

    def __init__(self, folder: Path) -> None:
        self.builder = RepositoryBuilder(folder / "origin")
        self.service = Service(name="shop", repository=str(self.builder.path))
        self._sources = GitSources(folder / "state")

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "Change") -> str:
        """Commit files and return the SHA."""
        return self.builder.commit(files, message)

    @property
    def repository(self) -> SourceRepository:
        """The up-to-date mirror."""
        repository = self._sources.open(str(self.builder.path))
        repository.refresh()
        return repository

    def snapshot(self) -> Snapshot:
        """The files as they are checked out."""
        return Snapshot(self.repository, self.builder.head())

    def failing(self, statement: str, **changes: object) -> Alert:
        """Run a statement with the repository on the path and report how it failed."""
        ran = subprocess.run(
            [sys.executable, "-I", "-c", RECORD, str(self.builder.path), statement],
            capture_output=True,
            text=True,
            # An interrupt that was caught still ends the interpreter by its signal.
            check=False,
        )
        root = f"{self.builder.path}/"
        chain = tuple(
            ExceptionInfo(
                type=name,
                value=value,
                frames=tuple(_frame(*facts, root=root) for facts in frames),
            )
            for name, value, frames in json.loads(ran.stdout)
        )
        return report(exceptions=chain, **changes)

    def evidence(self, alert: Alert, *deployments: Deployment) -> Evidence:
        """Collect the evidence at the current head."""
        scene = Scene(
            repository=self.repository, service=self.service, deployments=tuple(deployments)
        )
        return collect_evidence(alert, scene)

    def diagnosis(self, alert: Alert, *deployments: Deployment) -> Diagnosis:
        """Diagnose at the current head."""
        return diagnose(alert, self.evidence(alert, *deployments), self.repository)


def report(**changes: object) -> Alert:
    """Return an alert that says nothing but what it is told to."""
    given: dict[str, object] = {
        "alert_id": "e1",
        "source": AlertSource.SENTRY,
        "kind": AlertKind.EXCEPTION,
        "service": "shop",
        "title": "It failed",
        "occurred_at": FAILED_AT,
    }
    return Alert.model_validate({**given, **changes})


def _frame(filename: str, name: str, lineno: int, line: str, *, root: str) -> Frame:
    own = filename.startswith(root)
    return Frame(
        filename=filename.replace(root, DEPLOYED_ROOT),
        function=name,
        lineno=lineno,
        context_line=line,
        in_app=own,
    )
