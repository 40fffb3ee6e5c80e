"""The command line from outside: help, usage, exit codes, and what it does not load."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from apps.cli.edge import told
from apps.cli.exits import ExitCode, exit_code_of
from apps.cli.main import app
from apps.decisions import token_digest
from suture import errors

COMMANDS = (
    "fix --help",
    "demo --help",
    "up --help",
    "check --help",
    "route --help",
    "gateway --help",
    "worker --help",
    "incidents list --help",
    "incidents show --help",
    "incidents watch --help",
    "approve --help",
    "reject --help",
    "request-changes --help",
    "takeover --help",
    "token --help",
    "audit show --help",
    "audit export --help",
    "audit verify --help",
    "audit replay --help",
)


def test_the_version_is_told() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.output) == (0, f"suture {version('suture')}\n")


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUTURE_STATE_DIR", str(tmp_path / "state"))
    return CliRunner()


def test_asking_for_help_loads_nothing_heavy() -> None:
    heavy = ("temporalio", "litellm", "sqlalchemy", "fastapi", "workers", "pydantic_settings")
    code = f"import sys, apps.cli.main; print([n for n in {heavy!r} if n in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(runner: CliRunner, command: str) -> None:
    result = runner.invoke(app, command.split())
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_the_help_documents_the_exit_codes(runner: CliRunner) -> None:
    assert "4 the environment is not ready" in " ".join(
        runner.invoke(app, ["--help"]).output.split()
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InvalidInput("x"), ExitCode.USAGE),
        (errors.NotFound("x"), ExitCode.USAGE),
        (errors.SettingsError("x"), ExitCode.NOT_READY),
        (errors.SandboxUnavailable("x"), ExitCode.NOT_READY),
        (errors.Unreachable("x"), ExitCode.NOT_READY),
        (errors.NotAuthorised("x"), ExitCode.REFUSED),
        (errors.Conflict("x"), ExitCode.REFUSED),
    ],
)
def test_each_error_has_its_exit_code(error: errors.SutureError, code: ExitCode) -> None:
    assert exit_code_of(error) is code


def test_a_wrong_option_is_wrong_usage(runner: CliRunner) -> None:
    assert runner.invoke(app, ["fix", "--nonsense"]).exit_code == ExitCode.USAGE


def test_a_directory_that_is_no_repository_is_told_in_one_line(
    runner: CliRunner, tmp_path: Path
) -> None:
    result = runner.invoke(app, ["fix", "--repo", str(tmp_path), "--event", "x"])
    assert result.exit_code == ExitCode.USAGE
    assert result.stderr.startswith("suture: ")
    assert "Traceback" not in result.stderr


def test_deciding_needs_a_login_token(runner: CliRunner) -> None:
    result = runner.invoke(app, ["approve", "incident-v1-shop-0123456789abcdef"])
    assert result.exit_code == ExitCode.REFUSED
    assert "SUTURE_TOKEN" in result.stderr


def test_a_token_that_nobody_has_is_refused(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUTURE_TOKEN", "guessed")
    result = runner.invoke(app, ["approve", "incident-v1-shop-0123456789abcdef"])
    assert result.exit_code == ExitCode.REFUSED
    assert "Nobody has this login token" in result.stderr


def test_a_new_token_comes_with_its_digest(runner: CliRunner) -> None:
    lines = runner.invoke(app, ["token"]).output.splitlines()
    token = lines[0].rpartition(": ")[2]
    assert f'token_sha256 = "{token_digest(token)}"' in lines


def test_a_record_that_does_not_exist_is_told(runner: CliRunner) -> None:
    result = runner.invoke(app, ["audit", "show", "incident-v1-shop-0123456789abcdef"])
    assert result.exit_code == ExitCode.USAGE
    assert "Nothing is on record" in result.stderr


def test_verifying_needs_an_incident_or_an_export(runner: CliRunner) -> None:
    assert runner.invoke(app, ["audit", "verify"]).exit_code == ExitCode.USAGE


def test_an_empty_directory_is_no_export(runner: CliRunner, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    result = runner.invoke(app, ["audit", "verify", "--bundle", str(empty)])
    assert result.exit_code == ExitCode.USAGE


def test_a_wrong_setting_is_told_and_the_environment_not_ready(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUTURE_GATEWAY__PORT", "no port")
    result = runner.invoke(app, ["check", "--json"])
    assert result.exit_code == ExitCode.NOT_READY
    assert "gateway.port" in result.stderr


def test_checking_says_what_is_there_as_json(runner: CliRunner) -> None:
    result = runner.invoke(app, ["check", "--json"])
    answer = json.loads(result.stdout)
    names = {need["name"]: need for need in answer["needs"]}
    assert result.exit_code == (ExitCode.DONE if answer["ready"] else ExitCode.NOT_READY)
    assert names["git"]["ok"]
    assert not names["users"]["required"]


def test_ctrl_c_has_its_own_exit_code() -> None:
    @told
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(Exception, match=str(int(ExitCode.INTERRUPTED))):
        interrupted()
