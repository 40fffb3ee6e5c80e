"""What `suture check` says of a provider."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from apps.cli.readiness import login_needs
from integrations.oidc.probe import Finding, probe
from suture.oidc_settings import OidcSettings
from suture.settings import GatewaySettings, Settings
from tests.fakes.oidc_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider

BACK = "https://suture.example/console/login/oidc/callback"


def settings_for(fake: FakeProvider, secret: str = CLIENT_SECRET) -> OidcSettings:
    return OidcSettings(issuer=fake.issuer, client_id=CLIENT_ID, client_secret=SecretStr(secret))


def look(fake: FakeProvider, secret: str = CLIENT_SECRET, back: str = BACK) -> dict[str, Finding]:
    return {found.name: found for found in probe(settings_for(fake, secret), back)}


def test_a_provider_that_knows_suture_is_ready(fake: FakeProvider) -> None:
    found = look(fake)
    assert [one.ok for one in found.values()] == [True] * 4
    assert found["OpenID provider"].detail == f"{fake.issuer} with 1 usable keys"
    assert found["OpenID redirect URI"].detail == f"register exactly {BACK}"


def test_a_wrong_secret_is_found_without_a_login(fake: FakeProvider) -> None:
    client = look(fake, "wrong")["OpenID client"]
    assert (client.ok, client.detail) == (False, "the provider refuses it")


def test_an_answer_that_says_nothing_about_the_client_accuses_nobody(fake: FakeProvider) -> None:
    fake.canned["/token"] = (400, b"<html>", {})
    assert look(fake)["OpenID client"].ok
    fake.canned["/token"] = (502, b"", {})
    assert not look(fake)["OpenID client"].ok


def test_an_issuer_that_is_none_is_said_with_the_mend(fake: FakeProvider) -> None:
    fake.canned["/.well-known/openid-configuration"] = (404, b"", {})
    (only,) = look(fake).values()
    assert not only.ok
    assert "answers 404" in only.detail
    assert "oidc.issuer" in only.mend


def test_a_provider_without_usable_keys_is_of_no_use(fake: FakeProvider) -> None:
    fake.canned["/jwks"] = (200, b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', {})
    assert not look(fake)["OpenID provider"].ok


@pytest.mark.parametrize(
    ("back", "ok"),
    [("http://suture.example/x", False), ("http://127.0.0.1:8700/x", True), (BACK, True)],
)
def test_people_come_back_by_https_or_on_this_machine(
    fake: FakeProvider,
    back: str,
    ok: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    assert look(fake, back=back)["OpenID redirect URI"].ok is ok


def test_clocks_further_apart_than_the_leeway_are_said(fake: FakeProvider) -> None:
    late = datetime.now(UTC) + timedelta(minutes=5)
    *_, clock = probe(settings_for(fake), BACK, late)
    assert not clock.ok
    assert "NTP" in clock.mend
    fake.canned["/.well-known/openid-configuration"] = (200, _discovery(fake), {"date": "now"})
    assert all(found.ok for found in probe(settings_for(fake), BACK, late) if "clock" in found.name)


def test_check_asks_the_provider_only_where_there_is_one(fake: FakeProvider) -> None:
    gateway = GatewaySettings(public_url="https://suture.example/")
    assert not list(login_needs(Settings(gateway=gateway)))
    needs = list(login_needs(Settings(gateway=gateway, oidc=settings_for(fake))))
    assert f"register exactly {BACK}" in {need.detail for need in needs}


def _discovery(fake: FakeProvider) -> bytes:
    return json.dumps(fake.discovery()).encode()
