"""Cookies that cannot be made up, and attempts that are counted."""

from dataclasses import dataclass

import pytest

from apps.console.sessions import SESSION_SECONDS, Sessions
from apps.console.visitors import MAX_ADDRESSES, LoginLimits
from suture.domain.approval import Actor, Role
from suture.errors import RateLimited
from suture.settings import UserSettings

KEY = b"the-decision-key"
ANNA = Actor(id="anna", role=Role.APPROVER, via="console")


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def users(digest: str = "1" * 64, role: Role = Role.APPROVER) -> dict[str, UserSettings]:
    return {"anna": UserSettings(role=role, token_sha256=digest)}


def test_a_session_lasts_half_a_day() -> None:
    clock = Clock()
    sessions = Sessions(KEY, users(), clock)
    cookie = sessions.issue(ANNA)
    clock.now += SESSION_SECONDS - 1
    session = sessions.read(cookie)
    assert session is not None
    assert session.actor == ANNA
    clock.now += 1
    assert sessions.read(cookie) is None


def test_a_session_ends_with_the_login_token_the_user_or_the_key() -> None:
    cookie = Sessions(KEY, users(), Clock()).issue(ANNA)
    assert Sessions(KEY, users("2" * 64), Clock()).read(cookie) is None
    assert Sessions(KEY, {}, Clock()).read(cookie) is None
    assert Sessions(b"another-decision-key", users(), Clock()).read(cookie) is None


def test_a_role_that_was_taken_away_is_gone_from_the_session() -> None:
    cookie = Sessions(KEY, users(), Clock()).issue(ANNA)
    session = Sessions(KEY, users(role=Role.VIEWER), Clock()).read(cookie)
    assert session is not None
    assert session.actor.role is Role.VIEWER


@pytest.mark.parametrize("cookie", ["", ".", "e30=.x", "é.é", "####.x", "\ud800.\ud800"])
def test_nonsense_is_no_session(cookie: str) -> None:
    assert Sessions(KEY, users(), Clock()).read(cookie) is None


def test_any_changed_character_of_a_cookie_ends_it() -> None:
    sessions = Sessions(KEY, users(), Clock())
    cookie = sessions.issue(ANNA)
    for place in range(0, len(cookie), 7):
        letter = "A" if cookie[place] != "A" else "B"
        assert sessions.read(cookie[:place] + letter + cookie[place + 1 :]) is None


def test_attempts_come_back_with_time_and_each_address_has_its_own() -> None:
    clock = Clock()
    limits = LoginLimits(clock)
    for _ in range(10):
        limits.take("10.0.0.1")
    with pytest.raises(RateLimited) as held:
        limits.take("10.0.0.1")
    assert held.value.retry_after_seconds == pytest.approx(6)
    limits.take("10.0.0.2")
    clock.now += 6.1
    limits.take("10.0.0.1")


def test_addresses_are_forgotten_so_that_memory_stays_bounded() -> None:
    limits = LoginLimits(Clock())
    for number in range(MAX_ADDRESSES + 50):
        limits.take(str(number))
    assert len(limits._buckets) == MAX_ADDRESSES
