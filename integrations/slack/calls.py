"""Calls of Slack's Web API, whose failures become Suture's errors. Nothing is repeated here."""

import http.client
import logging
import re
from collections.abc import Callable
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from suture.errors import (
    NotAuthorised,
    NotFound,
    PermanentError,
    RateLimited,
    SutureError,
    Unreachable,
)
from suture.slack_settings import SlackSettings

QUIET = "suture.slack"
"""What slack_sdk logs to: it would log bodies, and with them what was said."""
SERVER_ERROR = 500
TOO_MANY = 429
RETRY_AFTER_SECONDS = 30.0
MAX_RETRY_AFTER_SECONDS = 3_600.0
CODE = re.compile(r"[a-z][a-z0-9_]{0,60}")
LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded"}
MISSING = {"channel_not_found", "message_not_found", "thread_not_found"}
BROKEN = {
    "fatal_error",
    "internal_error",
    "service_unavailable",
    "team_added_to_org",
    "request_timeout",
}
FORBIDDEN = {
    "access_denied",
    "account_inactive",
    "ekm_access_denied",
    "invalid_auth",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "not_in_channel",
    "org_login_required",
    "restricted_action",
    "token_expired",
    "token_revoked",
}


def open_client(settings: SlackSettings) -> WebClient:
    """Return a client that calls once: by itself, slack_sdk repeats what may have succeeded."""
    quiet = logging.getLogger(QUIET)
    quiet.setLevel(logging.CRITICAL)
    return WebClient(
        token=settings.bot_token.get_secret_value(),
        base_url=settings.api_url,
        timeout=max(1, round(settings.timeout_seconds)),
        retry_handlers=[],
        logger=quiet,
    )


def call(method: Callable[..., Any], **arguments: object) -> dict[str, Any]:
    """Call once and return what Slack answered; fails as `respond` does."""
    return dict(respond(method, **arguments).data)


def respond(method: Callable[..., Any], **arguments: object) -> Any:  # noqa: ANN401 -- slack_sdk's response, which it types loosely
    """Call once and return Slack's response with its headers.

    Raises:
        RateLimited: with the time that Slack asked for.
        Unreachable: no answer, or none that Slack itself would give: it may have done it.
        NotFound, NotAuthorised, PermanentError: Slack's error code says so.
    """
    try:
        return method(**arguments)
    except SlackApiError as error:
        # Its text repeats what was sent.
        raise _refusal(error.response) from None
    except (OSError, http.client.HTTPException, SlackClientError, ValueError) as error:
        raise Unreachable(f"Slack does not answer: {type(error).__name__}.") from None


def retry_after(given: str) -> float:
    """Return the seconds that a header asks for, within an hour."""
    try:
        seconds = float(given)
    except ValueError:
        return RETRY_AFTER_SECONDS
    return min(max(seconds, 1.0), MAX_RETRY_AFTER_SECONDS)


def _refusal(response: Any) -> SutureError:  # noqa: ANN401 -- slack_sdk types it as a dictionary, too
    status, headers = response.status_code, response.headers
    data = response.data if isinstance(response.data, dict) else {}
    code = str(data.get("error", ""))
    if status == TOO_MANY or code in LIMITED:
        wanted = next((headers[name] for name in headers if name.lower() == "retry-after"), "")
        return RateLimited("Slack asks for patience.", retry_after_seconds=retry_after(wanted))
    if status >= SERVER_ERROR or code in BROKEN or not CODE.fullmatch(code):
        return Unreachable(f"Slack is broken just now: status {status}.")
    needed = str(data.get("needed", ""))[:100]
    for codes, kind in ((MISSING, NotFound), (FORBIDDEN, NotAuthorised)):
        if code in codes:
            return kind(f"Slack says {code}{f', needed: {needed}' if needed else ''}.")
    return PermanentError(f"Slack says {code}.")
