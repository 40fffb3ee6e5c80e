from sessions.service import login
from sessions.store import evict


def made(*expiries):
    return {f"t{n}": {"user": "u", "expires": e} for n, e in enumerate(expiries)}


def test_all_expired_sessions_go():
    sessions = made(10, 99, 20, 50, 30)
    assert evict(sessions, 50) == 4
    assert list(sessions) == ["t1"]


def test_the_last_session_may_expire():
    sessions = made(10)
    assert evict(sessions, 50) == 1
    assert sessions == {}


def test_the_callers_dict_is_changed():
    sessions = made(10, 20)
    login(sessions, {"token": "new", "user": "ida"}, 100)
    assert list(sessions) == ["new"]
