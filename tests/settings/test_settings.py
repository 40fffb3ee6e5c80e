"""What an operator gets wrong is said by name, and nothing secret is echoed."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from suture.errors import SettingsError
from suture.policy.model import Policy
from suture.settings import (
    Settings,
    child_environment,
    load_policy,
    load_settings,
    package_client_settings,
    parse_policy,
)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_environment_outranks_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "a.toml", '[gateway]\nport = 1\n[services.shop]\nrepository = "/r"\n')
    monkeypatch.setenv("SUTURE_CONFIG", str(file))
    monkeypatch.setenv("SUTURE_GATEWAY__PORT", "2")
    settings = load_settings()
    assert settings.gateway.port == 2
    assert settings.catalogue()["shop"].repository == "/r"


def test_a_configuration_that_is_no_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUTURE_CONFIG", "/nowhere/suture.toml")
    with pytest.raises(SettingsError, match=r"/nowhere/suture.toml"):
        load_settings()


def test_a_wrong_setting_is_named_and_its_value_is_not_echoed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "a.toml", '[gateway]\nport = "hunter2-secret"\n')
    monkeypatch.setenv("SUTURE_CONFIG", str(file))
    with pytest.raises(SettingsError, match=r"gateway.port") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "a.toml", "gateway = [\n")
    monkeypatch.setenv("SUTURE_CONFIG", str(file))
    with pytest.raises(SettingsError, match=r"a.toml cannot be read"):
        load_settings()


def test_without_a_policy_file_the_safe_defaults_hold() -> None:
    assert load_policy(Settings(policy_file=None)) == Policy()


def test_a_policy_is_read_from_its_file(tmp_path: Path) -> None:
    file = write(tmp_path / "policy.yaml", "budget: {attempts: 1}\n")
    assert load_policy(Settings(policy_file=file)).budget.attempts == 1


def test_a_policy_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_policy(Settings(policy_file=tmp_path / "missing.yaml"))


@pytest.mark.parametrize(
    ("text", "said"), [("budgt: {}", "budgt"), ("a: [", "no YAML"), ("- 1", "whole file")]
)
def test_a_wrong_policy_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        parse_policy(text)


def test_only_settings_of_package_clients_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://localhost/simple")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    found = package_client_settings()
    assert found["PIP_INDEX_URL"] == "http://localhost/simple"
    assert "AWS_SECRET_ACCESS_KEY" not in found


def test_a_child_process_gets_the_environment_with_what_it_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/somewhere")
    found = child_environment(SHOP_DSN="http://localhost/1")
    assert found["SHOP_DSN"] == "http://localhost/1"
    assert found["PATH"] == "/somewhere"


@pytest.mark.parametrize(
    "given",
    [{"fallback_service": "shop"}, {"routes": [{"service": "shop"}]}],
    ids=["fallback", "route"],
)
def test_a_route_to_a_service_that_is_not_there_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"add \[services.shop\]"):
        Settings(**given)
    known = Settings(**given, services={"shop": {"repository": "shop"}})
    assert known.routing().fallback == given.get("fallback_service")
