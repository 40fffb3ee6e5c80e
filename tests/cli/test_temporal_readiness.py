"""What `suture check` says of Temporal."""

from pathlib import Path

import pytest

from apps.cli.readiness import _temporal
from suture.settings import Settings, TemporalSettings
from suture.temporal_settings import TemporalCertificates


@pytest.mark.parametrize(
    ("settings", "ok", "said"),
    [
        (TemporalSettings(address="127.0.0.1:1"), True, "`suture up` will start it"),
        (TemporalSettings(address="0.0.0.0:1"), False, "does not answer at 0.0.0.0:1"),
        (TemporalSettings(address="nowhere"), False, "must be host:port"),
        (
            TemporalSettings(certificates=TemporalCertificates(authority_file=Path("/none.pem"))),
            False,
            "The certificate /none.pem cannot be read",
        ),
    ],
    ids=["none here yet", "none elsewhere", "no address", "no certificate"],
)
async def test_whatever_is_wrong_with_the_way_there_is_said(
    settings: TemporalSettings,
    ok: bool,  # noqa: FBT001 -- a parameter of the test
    said: str,
    tmp_path: Path,
) -> None:
    need = await _temporal(Settings(state_dir=tmp_path, temporal=settings))
    assert need.ok is ok
    assert said in need.detail
