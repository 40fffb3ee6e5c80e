"""Sessions by token: `{token: {"user": ..., "expires": ...}}`."""

LIFETIME = 1800


def open_session(sessions, token, user, now):
    """Start a session; opening it again begins its lifetime anew."""
    sessions[token] = {"user": user, "expires": now + LIFETIME}
    return sessions[token]


def user_of(sessions, token, now):
    """Return the user of a live session, or None."""
    session = sessions.get(token)
    if session is None or session["expires"] <= now:
        return None
    return session["user"]


def evict(sessions, now):
    """Remove what has expired; return how many sessions that were."""
    expired = [token for token, session in sessions.items() if session["expires"] <= now]
    for token in expired:
        del sessions[token]
    return len(expired)
