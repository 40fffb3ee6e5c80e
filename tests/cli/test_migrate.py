"""What a job makes before a new version starts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
    RemoveSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from typer.testing import CliRunner

from apps.cli.exits import ExitCode
from apps.cli.main import app
from suture.errors import SettingsError
from suture.settings import Settings, TemporalSettings
from suture.temporal_settings import TemporalCertificates
from tests.builders.temporal import temporal_address
from workers.connecting import connect
from workers.engine import embedded_in_memory, ensure_search_attributes
from workflows.chronicle import SEARCH_ATTRIBUTES

NAMES = [key.name for key in SEARCH_ATTRIBUTES]


@pytest.fixture
def address() -> Iterator[str]:
    with temporal_address() as reached:
        yield reached


async def known(client: Client) -> set[str]:
    request = ListSearchAttributesRequest(namespace=client.namespace)
    listed = await client.operator_service.list_search_attributes(request)
    return set(listed.custom_attributes)


@dataclass
class Guarded:
    """A Temporal whose search attributes are somebody else's to add, as in Temporal Cloud."""

    client: Client

    @property
    def namespace(self) -> str:
        return self.client.namespace

    @property
    def operator_service(self) -> "Guarded":
        return self

    async def add_search_attributes(self, request: AddSearchAttributesRequest) -> None:
        raise RPCError(f"not for you: {len(request.search_attributes)}", _DENIED, b"")

    async def count_workflows(self, query: str) -> object:
        return await self.client.count_workflows(query)


_DENIED = RPCStatusCode.PERMISSION_DENIED


async def test_search_attributes_of_somebody_elses_are_enough_if_they_are_there(
    address: str,
) -> None:
    client = await connect(TemporalSettings(address=address))
    guarded: Any = Guarded(client)
    await ensure_search_attributes(client)
    await ensure_search_attributes(guarded)
    request = RemoveSearchAttributesRequest(namespace=client.namespace, search_attributes=NAMES)
    await client.operator_service.remove_search_attributes(request)
    with pytest.raises(SettingsError, match=f"Add {NAMES[0]}"):
        await ensure_search_attributes(guarded)


def test_tables_and_search_attributes_are_made_as_often_as_it_runs(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUTURE_TEMPORAL__ADDRESS", address)
    for _ in range(2):
        result = CliRunner().invoke(app, ["migrate"])
        assert result.exit_code == ExitCode.DONE, result.output
        assert "as this version needs them" in result.stdout
    engine = create_engine(f"sqlite:///{tmp_path}/.suture/suture.db")
    assert inspect(engine).get_table_names()
    engine.dispose()


def test_a_temporal_that_is_away_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUTURE_TEMPORAL__ADDRESS", "127.0.0.1:1")
    result = CliRunner().invoke(app, ["migrate"])
    assert result.exit_code == ExitCode.NOT_READY
    assert "Temporal does not answer" in result.stderr


async def test_a_server_of_ones_own_needs_no_certificates(tmp_path: Path) -> None:
    certificates = TemporalCertificates(authority_file=tmp_path / "none.pem")
    settings = Settings(
        state_dir=tmp_path, temporal=TemporalSettings(tls=True, certificates=certificates)
    )
    async with embedded_in_memory(settings) as engine:
        assert set(NAMES) <= await known(engine.client)
