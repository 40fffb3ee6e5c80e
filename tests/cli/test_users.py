"""Who may log in, and what a login is worth."""

from pathlib import Path

import pytest

from apps.decisions import Intent, authenticate, build_decision, token_digest
from apps.users import admin_token_file, make_first_user, new_token, with_first_user
from suture.domain.approval import Actor, DecisionKind, Role
from suture.errors import InvalidInput, NotAuthorised, SettingsError
from suture.settings import Settings, UserSettings
from tests.cli.reports import make_report

TOKEN = "the-token-of-ana"


def settings(tmp_path: Path, name: str = "ana") -> Settings:
    user = UserSettings(role=Role.APPROVER, token_sha256=token_digest(TOKEN))
    return Settings(state_dir=tmp_path, users={name: user})


def test_a_token_names_its_owner_with_their_role(tmp_path: Path) -> None:
    actor = authenticate(settings(tmp_path), TOKEN, "console")
    assert actor == Actor(id="ana", role=Role.APPROVER, via="console")


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + " ", "x" * 5_000, "\ud800"])
def test_any_other_token_is_nobodys(tmp_path: Path, token: str) -> None:
    with pytest.raises(NotAuthorised):
        authenticate(settings(tmp_path), token, "cli")


def test_a_user_whose_id_is_no_name_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Ana Ng"):
        authenticate(settings(tmp_path, "Ana Ng"), TOKEN, "cli")


def test_the_first_start_makes_one_administrator_for_the_operator_only(tmp_path: Path) -> None:
    empty = Settings(state_dir=tmp_path)
    assert make_first_user(empty)
    assert not make_first_user(empty)
    path = admin_token_file(empty)
    assert path.stat().st_mode & 0o777 == 0o600
    token = path.read_text().strip()
    assert authenticate(with_first_user(empty), token, "cli").role is Role.ADMIN


def test_named_users_need_no_first_one(tmp_path: Path) -> None:
    own = settings(tmp_path)
    assert not make_first_user(own)
    assert with_first_user(own) is own


def test_tokens_differ() -> None:
    assert new_token() != new_token()


def test_nothing_can_be_approved_while_nothing_waits() -> None:
    actor = Actor(id="ana", role=Role.APPROVER, via="cli")
    with pytest.raises(InvalidInput):
        build_decision(make_report(), Intent(actor=actor, kind=DecisionKind.APPROVE))


def test_a_decision_carries_what_the_person_saw_and_the_edges_id() -> None:
    actor = Actor(id="ana", role=Role.APPROVER, via="cli")
    report = make_report(waits=True)
    intent = Intent(actor=actor, kind=DecisionKind.APPROVE, decision_id="click-1")
    decision = build_decision(report, intent)
    assert (decision.target, decision.decision_id) == (report.target, "click-1")
