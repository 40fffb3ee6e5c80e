from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.cli.readiness import Need, github_needs
from integrations.git.source import GitSources
from integrations.github.code_host import GitHubCodeHost
from integrations.github.news import READERS
from integrations.github.probe import BY_APP, TRACKER, probe
from integrations.github.sources import GitHubSources, web_url
from integrations.github.tracker import GitHubTracker
from integrations.local.code_host import LocalCodeHost
from suture.errors import SettingsError
from suture.settings import Settings
from tests.builders.github import GitHubWorkshop, app_key, settings_for
from tests.fakes.github_server import REPOSITORY, TOKEN
from tests.vendors.deliveries import documented
from workers.parts import build_parts

SERVICES = {"shop": {"repository": REPOSITORY}}


def chosen(shop: GitHubWorkshop, **changed: object) -> Settings:
    facts = {"code_host": "github", "tracker": "github", "services": SERVICES}
    github = settings_for(shop.github.url)
    state = shop.shop.path.parent / "state"
    return Settings.model_validate({**facts, "github": github, "state_dir": state, **changed})


def needs(settings: Settings) -> list[Need]:
    return list(github_needs(settings))


def test_a_token_that_can_push_is_ready(shop: GitHubWorkshop) -> None:
    repository, clock = needs(chosen(shop))
    assert repository.ok
    assert "contents: write" in repository.detail
    assert "issues: write" in repository.detail
    assert "statuses: write" in repository.detail
    assert "checks" not in repository.detail
    assert clock.ok
    assert not any(called.startswith("POST") for called in shop.github.log)


def test_an_app_is_asked_for_each_permission(shop: GitHubWorkshop) -> None:
    key = app_key(shop.shop.path.parent)
    app = {"app_id": 3, "installation_id": 7, "private_key_file": key}
    github = settings_for(shop.github.url, token=None, **app)
    assert all(need.ok for need in needs(chosen(shop, github=github)))
    assert {"issues": "write", "metadata": "read"} in shop.github.tokens
    for wanted in ({"checks": "write"}, {"statuses": "read"}, {"actions": "read"}):
        assert {**wanted, "metadata": "read"} in shop.github.tokens
    shop.github.faults = [("access_tokens$", "422")]
    refused = needs(chosen(shop, github=github))[0]
    assert (refused.ok, "permissions" in refused.mend) == (False, True)


@pytest.mark.parametrize("status", ["401", "404", "500"])
def test_what_is_wrong_is_told_with_its_mend(shop: GitHubWorkshop, status: str) -> None:
    shop.github.faults = [("^GET", status)]
    need = needs(chosen(shop))[0]
    assert not need.ok
    assert status in need.detail
    assert need.mend
    assert TOKEN not in need.detail


def test_the_manifest_asks_for_what_is_needed_and_nothing_else() -> None:
    [manifest] = documented("docs/how-to/use-github.md")
    needed: dict[str, str] = {"deployments": "read"}
    for grants in (*BY_APP, *TRACKER):
        needed |= {name: level for name, level in grants.items() if needed.get(name) != "write"}
    assert manifest["default_permissions"] == dict(sorted(needed.items()))
    assert set(manifest["default_events"]) == READERS.keys()


def test_a_token_that_can_only_read_is_told(shop: GitHubWorkshop) -> None:
    shop.github.writable = False
    assert "cannot be written" in needs(chosen(shop))[0].detail


def test_a_wrong_clock_is_told(shop: GitHubWorkshop) -> None:
    then = datetime(2020, 1, 1, tzinfo=UTC)
    *_, clock = probe(settings_for(shop.github.url), (REPOSITORY,), (), now=then)
    assert not clock.ok


def test_missing_settings_are_told(shop: GitHubWorkshop) -> None:
    assert not needs(chosen(shop, github=None))[0].ok
    assert not needs(chosen(shop, services={}))[0].ok
    assert needs(Settings()) == []
    with pytest.raises(SettingsError, match="github"):
        build_parts(chosen(shop, github=None))


def test_settings_choose_github(shop: GitHubWorkshop) -> None:
    parts = build_parts(chosen(shop))
    assert isinstance(parts.code_host, GitHubCodeHost)
    assert isinstance(parts.tracker, GitHubTracker)
    assert isinstance(parts.sources, GitHubSources)
    assert isinstance(parts.embedded.code_host, LocalCodeHost)
    parts.close()


def test_git_gets_the_credential_for_this_github_alone(
    shop: GitHubWorkshop, tmp_path: Path
) -> None:
    sources = GitHubSources(settings_for("https://git.acme.invalid/api/v3"), GitSources(tmp_path))
    meant = f"https://x-access-token:{TOKEN}@git.acme.invalid/acme/shop.git"
    for url in ("acme/shop", "https://git.acme.invalid/acme/shop.git"):
        assert sources.with_credential(url) == meant
    for url in (
        "https://git.acme.invalid.evil.invalid/acme/shop",
        "http://git.acme.invalid/acme/shop",
        "git@git.acme.invalid:acme/shop.git",
        str(shop.shop.path),
    ):
        assert sources.with_credential(url) == url
    assert sources.open(str(shop.shop.path)).resolve("main") == shop.base


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://git.acme.invalid/api/v3/", "https://git.acme.invalid"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
    ],
)
def test_where_git_finds_it_follows_from_the_api(api: str, web: str) -> None:
    assert web_url(settings_for(api)) == web
