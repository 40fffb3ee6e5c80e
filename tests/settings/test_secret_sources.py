"""Secrets come from files and commands wherever a setting is a secret, and no error shows them."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import SecretStr

from apps.secret_commands import run_secret_command
from suture.errors import SettingsError
from suture.secret_sources import CommandRunner, no_commands, resolve_secrets
from suture.settings import Settings, load_settings

VALUE = "c0rrect-h0rse"
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUTURE_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


def load(toml: str, run: CommandRunner = no_commands) -> Settings:
    Path("suture.toml").write_text(toml, encoding="utf-8")
    return load_settings(run)


def printing(code: str) -> str:
    """Return a TOML table whose command runs this program."""
    return f"{{ command = ['{sys.executable}', '-I', '-S', '-c', '''{code}'''] }}"


def plain(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_file_holds_a_secret_with_or_without_a_newline(end: str) -> None:
    Path("x").write_bytes(f"{VALUE} \n{end}".encode() if end else VALUE.encode())
    settings = load('token = { file = "x" }')
    assert plain(settings.token) == (f"{VALUE} \n" if end else VALUE)


def test_every_secret_may_be_elsewhere_however_deep_it_stands() -> None:
    Path("x").write_text(VALUE)
    Path("key").write_text(KEY + "\n")
    settings = load("""
        decision_key = { file = "x" }
        [temporal]
        api_key = { file = "x" }
        encryption.keys = [{ id = "a", secret = { file = "key" } }]
        [webhooks.sentry]
        secrets = ["other", { file = "x" }]
        [services.shop]
        repository = "/r"
        ingest_key = { file = "x" }
    """)
    assert plain(settings.decision_key) == VALUE
    assert plain(settings.temporal.api_key) == VALUE
    assert settings.temporal.encryption.keys[0].material() == b"01234567890123456789012345678901"
    assert settings.webhooks["sentry"].known() == ("other", VALUE)
    assert plain(settings.services["shop"].ingest_key) == VALUE


def test_tables_that_are_no_secrets_stay_what_they_are() -> None:
    toml = '[[routes]]\nservice = "shop"\nlabels = { file = "x" }\n[services.shop]\nrepository="/r"'
    with pytest.raises(SettingsError, match=r"routes\.0\.labels: Extra inputs"):
        load(toml)


def test_a_secret_is_known_by_its_type_alone() -> None:
    def read(table: Mapping[str, object], place: str) -> str:
        return f"{place}={table['file']}"

    given = {"a": {"file": "x"}}
    kind = dict[str, Annotated[SecretStr, "marked"] | None]
    assert resolve_secrets(kind, given, read) == {"a": "a=x"}
    assert resolve_secrets(str | None, given, read) == given
    assert resolve_secrets(SecretStr, [given], read) == [given]


def test_a_command_prints_a_secret() -> None:
    settings = load("token = " + printing(f"print('{VALUE}')"), run_secret_command)
    assert plain(settings.token) == VALUE


def test_the_environment_outranks_a_command_which_then_does_not_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUTURE_TOKEN", VALUE)
    assert plain(load('token = { command = ["false"] }').token) == VALUE


def test_a_variable_may_name_the_file_of_a_secret_in_a_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("x").write_text(VALUE)
    monkeypatch.setenv("SUTURE_TEMPORAL__API_KEY__FILE", "x")
    assert plain(load("").temporal.api_key) == VALUE


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ('{ file = "missing" }', "missing: No such file"),
        ('{ file = "." }', ".: Is a directory"),
        ('{ file = "pipe" }', "nothing in it"),
        ('{ file = "empty" }', "nothing in it"),
        ('{ file = "huge" }', "larger than 64 KiB"),
        ('{ file = "binary" }', "no UTF-8"),
        ('{ file = "x", command = ["y"] }', "a secret is a text"),
        ("{ command = [] }", "a secret is a text"),
        ('{ command = ["a", 1] }', "a secret is a text"),
        ('{ command = "vault" }', "a secret is a text"),
        ("{ }", "a secret is a text"),
        ('{ command = ["vault"] }', "'vault' is not run here"),
    ],
)
def test_what_leads_to_no_secret_is_said_by_the_name_of_the_setting(
    reference: str, said: str
) -> None:
    Path("empty").write_text("\n")
    Path("huge").write_text(VALUE * 10_000)
    Path("binary").write_bytes(b"\xff" + VALUE.encode())
    os.mkfifo("pipe")
    with pytest.raises(SettingsError, match=r"secret temporal\.api_key cannot be read") as caught:
        load(f"[temporal]\napi_key = {reference}")
    assert said in str(caught.value)
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (f"import sys; print('{VALUE}'); sys.exit('{VALUE}')", "ended with status 1"),
        ("pass", "nothing in it"),
        (f"print('{VALUE}' * 10_000)", "larger than 64 KiB"),
    ],
)
def test_a_command_that_fails_is_named_and_what_it_said_is_not(code: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(f"token = {printing(code)}", run_secret_command)
    assert said in str(caught.value)
    assert VALUE not in repr(caught.value)


def test_a_command_that_does_not_exist_is_named() -> None:
    with pytest.raises(SettingsError, match="'no-such-program' cannot be run: No such file"):
        run_secret_command(("no-such-program", VALUE))


def test_a_command_that_takes_too_long_ends_with_all_that_it_started() -> None:
    child = "import os, time; os.fork(); time.sleep(60)"
    with pytest.raises(SettingsError, match=r"took longer than 0\.3 seconds"):
        run_secret_command((sys.executable, "-I", "-S", "-c", child), 0.3)


@pytest.mark.parametrize("secret", ["short", "*" * 44, KEY[:-4]])
def test_a_key_of_another_length_is_refused_without_showing_it(secret: str) -> None:
    with pytest.raises(SettingsError, match="32 bytes in base64") as caught:
        load(f'[temporal.encryption]\nkeys = [{{ id = "a", secret = "{secret}" }}]')
    assert secret not in str(caught.value)


def test_two_keys_need_two_ids() -> None:
    key = f'{{ id = "a", secret = "{KEY}" }}'
    with pytest.raises(SettingsError, match="two keys have the same id"):
        load(f"[temporal.encryption]\nkeys = [{key}, {key}]")
