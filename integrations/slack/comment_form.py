"""The form that asks what is to be changed: https://docs.slack.dev/surfaces/modals."""

from typing import Any

from integrations.slack.calls import call, open_client
from integrations.slack.interaction import (
    COMMENT_ACTION,
    COMMENT_BLOCK,
    FORM,
    MAX_COMMENT,
    Press,
)
from suture.slack_settings import SlackSettings

TIMEOUT_SECONDS = 2.0
"""Slack opens forms within three seconds of the press, and wants its answer by then, too."""


def open_form(settings: SlackSettings, trigger_id: str, press: Press) -> None:
    """Ask whoever pressed for a comment; what they send carries the press along.

    Raises:
        SutureError: Slack did not open it.
    """
    quick = settings.model_copy(update={"timeout_seconds": TIMEOUT_SECONDS})
    call(open_client(quick).views_open, trigger_id=trigger_id, view=comment_form(press))


def comment_form(press: Press) -> dict[str, Any]:
    """Return the form's view."""
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": press.model_dump_json(),
        "title": _plain("Request changes"),
        "submit": _plain("Request"),
        "close": _plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": COMMENT_BLOCK,
                "label": _plain("What is to be changed?"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": COMMENT_ACTION,
                    "multiline": True,
                    "max_length": MAX_COMMENT,
                },
            }
        ],
    }


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}
