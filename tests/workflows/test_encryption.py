"""An incident whose history Temporal cannot read: led, listed, exported and replayed."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from apps.cli.histories import fetch_histories, replay_histories
from apps.cli.incidents import list_incidents
from suture.encryption_settings import EncryptionKey, EncryptionSettings
from tests.builders.incident import Incident
from tests.builders.replay import histories_of, replay
from workers.connecting import connect
from workers.encryption import data_converter

KEY = EncryptionKey(id="k1", secret=SecretStr("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="))
OTHER = EncryptionKey(id="k2", secret=SecretStr("MTAyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="))
TOLD = (
    "ZeroDivisionError",
    "division by zero",
    "suture/",
    "head_sha",
    "patch_digest",
    '"id":"ada"',
)
"""Of the alert's title, the branch, the target and the approver."""


def under(incident: Incident, *keys: EncryptionKey) -> None:
    """Let an incident's processes know these keys."""
    settings = incident.parts.settings
    encryption = EncryptionSettings(keys=keys)
    temporal = settings.temporal.model_copy(update={"encryption": encryption})
    changed = settings.model_copy(update={"temporal": temporal})
    incident.parts = replace(incident.parts, settings=changed)


@pytest.fixture
async def sealed(tmp_path: Path, temporal_address: str) -> AsyncIterator[Incident]:
    incident = Incident(tmp_path, temporal_address)
    under(incident, KEY)
    await incident.connect()
    yield incident
    incident.parts.close()


async def test_an_encrypted_incident_is_led_to_its_end_and_tells_temporal_nothing(
    sealed: Incident,
) -> None:
    name = sealed.key.incident_id
    async with sealed.at_work():
        await sealed.alert()
        await sealed.until_asked()
    under(sealed, OTHER, KEY)
    await sealed.connect()
    async with sealed.at_work():
        described = await sealed.handle.describe()
        assert b"ZeroDivision" not in described.raw_description.SerializeToString()
        await sealed.finish_fixed()

    histories = await histories_of(sealed.client, name)
    kept = b"".join(event.SerializeToString() for one in histories for event in one.events)
    assert [text for text in TOLD if text.encode() in kept] == []
    assert [key for key in (b"k1", b"k2") if b"encryption-key-id\x12\x02" + key in kept] == [
        b"k1",
        b"k2",
    ]
    converter = data_converter(sealed.parts.settings.temporal.encryption)
    assert await replay(histories, converter) == []
    [row] = [one for one in await list_incidents(sealed.client) if one.incident_id == name]
    assert row.title.startswith("ZeroDivisionError")

    exported = await fetch_histories(sealed.client, name)
    assert exported.missing == ""
    assert exported.content is not None
    assert b"binary/encrypted" not in exported.content
    anybody = data_converter(EncryptionSettings())
    assert set((await replay_histories(exported.content, anybody)).values()) == {""}

    under(sealed, OTHER)
    forgetful = await connect(sealed.parts.settings.temporal)
    partly = await fetch_histories(forgetful, name)
    assert "histories stay encrypted. A payload was encrypted with the key 'k1'" in partly.missing
    assert partly.content is not None
    assert (
        json.loads(partly.content)["workflows"].keys()
        == json.loads(exported.content)["workflows"].keys()
    )


async def test_an_incident_that_began_in_clear_goes_on_encrypted(
    tmp_path: Path, temporal_address: str
) -> None:
    incident = Incident(tmp_path, temporal_address)
    await incident.connect()
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
    under(incident, KEY)
    await incident.connect()
    async with incident.at_work():
        await incident.finish_fixed()
    incident.parts.close()
