from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apps.cli.readiness import Need, gitlab_needs
from integrations.git.source import GitSources
from integrations.gitlab.code_host import GitLabCodeHost
from integrations.gitlab.probe import _clock, probe
from integrations.gitlab.sources import GitLabSources
from integrations.gitlab.tracker import GitLabTracker
from integrations.local.code_host import LocalCodeHost
from suture.errors import SettingsError
from suture.settings import Settings
from tests.builders.gitlab import GitLabWorkshop, settings_for
from tests.fakes.gitlab_server import PROJECT, TOKEN
from workers.parts import build_parts

SERVICES = {"shop": {"repository": PROJECT}}


def chosen(shop: GitLabWorkshop, **changed: object) -> Settings:
    facts = {"code_host": "gitlab", "tracker": "gitlab", "services": SERVICES}
    gitlab = settings_for(shop.gitlab.url)
    state = shop.shop.path.parent / "state"
    return Settings.model_validate({**facts, "gitlab": gitlab, "state_dir": state, **changed})


def needs(settings: Settings) -> list[Need]:
    return list(gitlab_needs(settings))


def failing(settings: Settings) -> list[str]:
    return [need.name for need in needs(settings) if not need.ok]


def test_a_token_with_its_scopes_and_role_is_ready(shop: GitLabWorkshop) -> None:
    found = needs(chosen(shop))
    assert [need.ok for need in found] == [True] * 4
    assert "18.5.1-ee" in found[0].detail
    assert "never expires" in found[2].detail
    assert all(called.startswith("GET") for called in shop.gitlab.log)


def test_what_is_missing_is_told(shop: GitLabWorkshop) -> None:
    shop.gitlab.version = "15.5.9"
    shop.gitlab.scopes = ["api"]
    shop.gitlab.access = 20
    assert failing(chosen(shop)) == ["GitLab", "GitLab token", f"GitLab project {PROJECT}"]
    shop.gitlab.version = "15.6.0-pre"
    assert failing(chosen(shop, code_host="local")) == []


def test_what_a_project_cannot_do_is_told(shop: GitLabWorkshop) -> None:
    train = settings_for(shop.gitlab.url, merge_when="train")
    for wrong in (
        {"archived": True},
        {"issues_access_level": "disabled"},
        {"merge_requests_access_level": "disabled"},
        {"merge_trains_enabled": False},
    ):
        shop.gitlab.project = wrong
        assert failing(chosen(shop, gitlab=train)) == [f"GitLab project {PROJECT}"]
    assert failing(chosen(shop)) == []
    own = settings_for(shop.gitlab.url, issues_project="acme/incidents")
    assert failing(chosen(shop, gitlab=own)) == ["GitLab project acme/incidents"]


def test_a_token_that_soon_expires_is_told(shop: GitLabWorkshop) -> None:
    today = datetime.now(UTC).date()
    for days, names in ((3, ["GitLab token"]), (90, [])):
        shop.gitlab.expires = (today + timedelta(days=days)).isoformat()
        assert failing(chosen(shop)) == names


@pytest.mark.parametrize(
    ("path", "status"),
    [("/metadata", "401"), ("/metadata", "500"), ("/self", "403"), ("/projects/", "404")],
)
def test_what_is_wrong_is_told_with_its_mend(shop: GitLabWorkshop, path: str, status: str) -> None:
    shop.gitlab.faults = [(path, status)]
    (need,) = (need for need in needs(chosen(shop)) if not need.ok)
    assert status in need.detail
    assert need.mend
    assert TOKEN not in need.detail


def test_a_wrong_clock_is_told(shop: GitLabWorkshop) -> None:
    then = datetime(2020, 1, 1, tzinfo=UTC)
    found = list(probe(settings_for(shop.gitlab.url), (PROJECT,), (), now=then))
    assert [one.name for one in found if not one.ok] == ["clock against GitLab's"]
    assert _clock("yesterday", then).ok


def test_missing_settings_are_told(shop: GitLabWorkshop, tmp_path: Path) -> None:
    assert not needs(chosen(shop, gitlab=None))[0].ok
    assert failing(chosen(shop, services={})) == ["GitLab projects"]
    assert failing(chosen(shop, gitlab=settings_for("http://127.0.0.1:9"))) == ["GitLab"]
    wrong = settings_for(shop.gitlab.url, ca_file=tmp_path / "missing.pem")
    assert failing(chosen(shop, gitlab=wrong)) == ["GitLab"]
    assert needs(Settings()) == []
    with pytest.raises(SettingsError, match="gitlab"):
        build_parts(chosen(shop, gitlab=None))


def test_settings_choose_gitlab(shop: GitLabWorkshop) -> None:
    parts = build_parts(chosen(shop))
    assert isinstance(parts.code_host, GitLabCodeHost)
    assert isinstance(parts.tracker, GitLabTracker)
    assert isinstance(parts.sources, GitLabSources)
    assert isinstance(parts.embedded.code_host, LocalCodeHost)
    assert parts.sources.open(PROJECT).resolve("main") == shop.base
    parts.code_host.ensure_branch(
        shop.shop.branch_request(repository=PROJECT, branch="suture/case-9")
    )
    mirrors = list((shop.shop.path.parent / "state" / "sources" / "mirrors").glob("*.git"))
    assert len(mirrors) == 1
    parts.close()


def test_git_gets_the_credential_for_this_gitlab_alone(
    shop: GitLabWorkshop, tmp_path: Path
) -> None:
    settings = settings_for("https://git.acme.invalid/gitlab/")
    sources = GitLabSources(settings, GitSources(tmp_path))
    meant = f"https://suture:{TOKEN}@git.acme.invalid/gitlab/acme/platform/shop.git"
    for url in (PROJECT, f"https://git.acme.invalid/gitlab/{PROJECT}.git"):
        assert sources.with_credential(url) == meant
    for url in (
        "https://git.acme.invalid.evil.invalid/gitlab/acme/shop",
        "http://git.acme.invalid/gitlab/acme/shop",
        "git@git.acme.invalid:acme/shop.git",
        str(shop.shop.path),
    ):
        assert sources.with_credential(url) == url
    assert sources.open(str(shop.shop.path)).resolve("main") == shop.base
