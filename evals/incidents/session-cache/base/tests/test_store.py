from sessions.store import LIFETIME, evict, open_session, user_of


def test_a_session_expires():
    sessions = {}
    open_session(sessions, "t1", "ida", 100)
    assert user_of(sessions, "t1", 100 + LIFETIME - 1) == "ida"
    assert user_of(sessions, "t1", 100 + LIFETIME) is None


def test_live_sessions_stay():
    sessions = {}
    open_session(sessions, "t1", "ida", 100)
    assert evict(sessions, 101) == 0
    assert list(sessions) == ["t1"]
