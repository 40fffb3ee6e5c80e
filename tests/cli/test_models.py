"""What the command line says of models before one of them is asked."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from apps.cli.fixing import FixOrder, fix
from apps.cli.main import app
from apps.cli.progress import Progress
from apps.cli.rendering import stderr
from apps.cli.repository import open_repository
from suture.errors import SettingsError
from suture.settings import Settings
from tests.builders.repository import RepositoryBuilder

UNKNOWN = "openai/nobody-knows-it"
TRACEBACK = """Traceback (most recent call last):
  File "bill.py", line 2, in share
    return total / people
ZeroDivisionError: division by zero
"""
PRICES = ("SUTURE_MODEL__INPUT_USD_PER_MILLION", "SUTURE_MODEL__OUTPUT_USD_PER_MILLION")


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUTURE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("SUTURE_POLICY_FILE", str(tmp_path / "policy.yaml"))
    (tmp_path / "policy.yaml").write_text(f"version: 1\nstrategies:\n  models: [{UNKNOWN}]\n")
    return CliRunner()


def models_need(runner: CliRunner) -> dict[str, object]:
    needs = json.loads(runner.invoke(app, ["check", "--json"]).stdout)["needs"]
    (need,) = [need for need in needs if need["name"] == "models"]
    assert isinstance(need, dict)
    return need


def test_checking_names_a_model_whose_price_nobody_knows(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    need = models_need(runner)
    assert not need["ok"]
    assert UNKNOWN in str(need["detail"])
    assert "model.input_usd_per_million" in str(need["detail"])
    for name in PRICES:
        monkeypatch.setenv(name, "0")
    need = models_need(runner)
    assert need["ok"]
    assert need["detail"] == UNKNOWN


def test_checking_a_policy_without_models_says_that_nothing_is_paid(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUTURE_POLICY_FILE")
    need = models_need(runner)
    assert need["ok"]
    assert "patterns only" in str(need["detail"])


async def test_a_fix_by_a_model_whose_price_nobody_knows_is_refused_at_once(
    tmp_path: Path,
) -> None:
    builder = RepositoryBuilder(tmp_path / "bill")
    builder.commit({"bill.py": "def share(total, people):\n    return total / people\n"}, "Share")
    order = FixOrder(
        repository=open_repository(builder.path),
        event=TRACEBACK,
        service="bill",
        model=UNKNOWN,
        keep_state=tmp_path / "state",
    )
    with pytest.raises(SettingsError, match=r"model\.input_usd_per_million"):
        await fix(Settings(), order, Progress(stderr(), ()))
    assert list((tmp_path / "state").iterdir()) == []
