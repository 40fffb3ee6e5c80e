"""`suture audit` on the record of a real incident, with Temporal's history and without."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from typer.testing import CliRunner, Result

from apps.cli.exits import ExitCode
from apps.cli.histories import Span, fetch_histories
from apps.cli.main import app
from suture.audit.bundle import HISTORY, read_manifest
from suture.audit.events import LedgerEvent
from suture.domain.ledger import LedgerDraft
from suture.settings import Settings, TemporalSettings
from tests.builders import temporal
from tests.builders.incident import Incident
from tests.builders.ports import quiet_port
from tests.cli.reports import KEY, OPENED
from workers.connecting import connect
from workers.parts import build_parts

CHILDREN = 2
"""Of the incident: its repair and its rollout."""
FORGOTTEN = f"{KEY.incident_id}-1"
"""A case on record of which Temporal knows nothing."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A machine with one closed incident, and one that Temporal has forgotten."""

    state: Path
    address: str
    incident: str
    public_key: str

    def audit(self, *arguments: object, address: str = "") -> Result:
        """Run an audit command on it."""
        return self.suture("audit", *arguments, address=address)

    def suture(self, *arguments: object, address: str = "") -> Result:
        """Run a command on it, at a terminal of the usual width."""
        settings = {
            "SUTURE_STATE_DIR": str(self.state),
            "SUTURE_TEMPORAL__ADDRESS": address or self.address,
            "COLUMNS": "80",
        }
        return CliRunner(env=settings).invoke(app, [str(argument) for argument in arguments])


async def finish(incident: Incident) -> None:
    """Take an incident from its alert to the verified recovery."""
    await incident.connect()
    async with incident.at_work():
        await incident.alert()
        await incident.finish_fixed()
    await until_listed(incident)


async def until_listed(incident: Incident) -> None:
    """Wait until Temporal's lists, which lag behind, have it and its children, all of them over."""
    query = f"WorkflowId STARTS_WITH '{incident.key.incident_id}'"
    over: list[bool] = []
    while len(over) <= CHILDREN or not all(over):
        found = incident.client.list_workflows(query)
        over = [one.status is not WorkflowExecutionStatus.RUNNING async for one in found]
        await asyncio.sleep(0.02)


def record_forgotten(state: Path) -> None:
    with closing(build_parts(Settings(state_dir=state))) as parts:
        for name in (LedgerEvent.INCIDENT_OPENED, LedgerEvent.INCIDENT_CLOSED):
            parts.ledger.append(
                LedgerDraft(incident_id=FORGOTTEN, key=name, event=name, actor="suture", at=OPENED)
            )


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    directory = tmp_path_factory.mktemp("archive")
    with temporal.temporal_address() as address:
        incident = Incident(directory, address)
        with closing(incident.parts):
            asyncio.run(finish(incident))
            record_forgotten(directory / "state")
            yield Archive(
                state=directory / "state",
                address=address,
                incident=incident.key.incident_id,
                public_key=incident.parts.ledger.public_key(),
            )


def test_an_export_verifies_with_the_key_and_replays(archive: Archive, tmp_path: Path) -> None:
    exported = archive.audit("export", archive.incident, "--output", tmp_path / "out", "--json")
    assert exported.exit_code == ExitCode.DONE, exported.output
    answer = json.loads(exported.stdout)
    assert (answer["case"], answer["missing_history"]) == (f"{archive.incident}-1", "")
    assert HISTORY in answer["files"]

    bundle = ("--bundle", tmp_path / "out")
    verified = archive.audit("verify", *bundle, "--key", archive.public_key, "--json")
    assert verified.exit_code == ExitCode.DONE
    assert json.loads(verified.stdout) == {"findings": [], "missing_history": ""}
    replayed = archive.audit("replay", *bundle, "--json")
    assert replayed.exit_code == ExitCode.DONE
    workflows = json.loads(replayed.stdout)["workflows"]
    assert {name.partition("/")[0] for name in workflows} > {archive.incident}
    assert set(workflows.values()) == {""}


def test_the_list_has_names_that_can_be_copied(archive: Archive) -> None:
    listed = archive.suture("incidents", "list", "--service", "shop")
    assert listed.exit_code == ExitCode.DONE, listed.output
    assert archive.incident in listed.stdout.split()
    assert "ZeroDivisionError" in listed.stdout


def test_another_key_finds_everything_forged(archive: Archive, tmp_path: Path) -> None:
    archive.audit("export", archive.incident, "--output", tmp_path / "out")
    other = "A" * 43 + "="
    verified = archive.audit("verify", "--bundle", tmp_path / "out", "--key", other)
    assert verified.exit_code == ExitCode.REFUSED
    assert "forged: The manifest is not signed by the key." in verified.stdout


def test_the_key_to_compare_is_shown_with_the_record_and_by_an_unkeyed_check(
    archive: Archive, tmp_path: Path
) -> None:
    shown = archive.audit("show", archive.incident)
    assert f"Public key of the ledger: {archive.public_key}" in shown.stdout.splitlines()
    answer = json.loads(archive.audit("show", archive.incident, "--json").stdout)
    assert answer["public_key"] == archive.public_key
    assert answer["entries"][-1]["draft"]["event"] == LedgerEvent.INCIDENT_CLOSED
    archive.audit("export", archive.incident, "--output", tmp_path / "out")
    unkeyed = archive.audit("verify", "--bundle", tmp_path / "out")
    assert unkeyed.exit_code == ExitCode.DONE
    assert archive.public_key in unkeyed.stderr


def test_a_history_that_temporal_has_deleted_is_missing_in_so_many_words(
    archive: Archive, tmp_path: Path
) -> None:
    said = "Temporal's history is not whole in this export: Temporal has no history of"
    exported = archive.audit("export", FORGOTTEN, "--output", tmp_path / "out")
    assert exported.exit_code == ExitCode.DONE, exported.output
    assert said in exported.stdout
    verified = archive.audit("verify", "--bundle", tmp_path / "out", "--key", archive.public_key)
    assert verified.exit_code == ExitCode.DONE
    assert said in verified.stdout
    assert "The record verifies." in verified.stdout
    for place in (("--bundle", tmp_path / "out"), (FORGOTTEN,)):
        replayed = archive.audit("replay", *place)
        assert replayed.exit_code == ExitCode.USAGE
        assert "Temporal has no history of" in replayed.stderr


def test_nobody_can_take_the_history_out_of_an_export_unseen(
    archive: Archive, tmp_path: Path
) -> None:
    archive.audit("export", archive.incident, "--output", tmp_path / "out")
    (tmp_path / "out" / HISTORY).unlink()
    verified = archive.audit("verify", "--bundle", tmp_path / "out", "--key", archive.public_key)
    assert verified.exit_code == ExitCode.REFUSED
    assert f"{HISTORY} is missing." in verified.stdout


def test_without_temporal_one_asks_for_an_export_without_history(
    archive: Archive, tmp_path: Path
) -> None:
    nowhere = f"127.0.0.1:{quiet_port()}"
    out = ("--output", tmp_path / "out")
    refused = archive.audit("export", archive.incident, *out, address=nowhere)
    assert refused.exit_code == ExitCode.NOT_READY
    assert "Temporal does not answer at" in refused.stderr
    assert "--without-history" in refused.stderr
    exported = archive.audit(
        "export", archive.incident, *out, "--without-history", "--json", address=nowhere
    )
    assert exported.exit_code == ExitCode.DONE
    missing = json.loads(exported.stdout)["missing_history"]
    manifest = read_manifest({"manifest.json": (tmp_path / "out" / "manifest.json").read_bytes()})
    assert manifest.missing_history == missing == "It was exported with --without-history."


class Forgetful:
    """A real client of a server that has deleted the incident's children."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.list_workflows = client.list_workflows
        self.data_converter = client.data_converter

    def get_workflow_handle(self, name: str, *, run_id: str) -> WorkflowHandle[Any, Any]:
        """Return a handle; a child's names a run that the server does not know."""
        child = name.count("-") > KEY.incident_id.count("-")
        return self._client.get_workflow_handle(name, run_id=str(uuid4()) if child else run_id)


def missing_in(archive: Archive, span: Span | None = None, *, forgetful: bool = False) -> str:
    async def fetched() -> str:
        client = await connect(TemporalSettings(address=archive.address))
        asked = cast("Client", Forgetful(client)) if forgetful else client
        return (await fetch_histories(asked, archive.incident, span)).missing

    return asyncio.run(fetched())


def test_an_occurrence_has_only_its_own_histories(archive: Archive) -> None:
    assert missing_in(archive) == ""
    assert "no history" in missing_in(archive, Span(first=OPENED, last=OPENED))


def test_children_that_temporal_deleted_earlier_are_counted(archive: Archive) -> None:
    said = re.fullmatch(
        r"Temporal no longer has (\d+) of (\d+) histories\.", missing_in(archive, forgetful=True)
    )
    assert said is not None
    assert int(said[1]) == int(said[2]) - 1 > 0
