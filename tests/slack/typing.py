"""Commands as Slack sends them."""

from tests.slack.pressing import ANNA


def typed(text: str, slack_id: str = ANNA, answer_to: str = "", **changes: str) -> dict[str, str]:
    """Return what https://docs.slack.dev/interactivity/implementing-slash-commands documents."""
    team, _, user = slack_id.partition("/")
    return {
        "token": "deprecated",
        "team_id": team,
        "team_domain": "example",
        "channel_id": "C001",
        "channel_name": "incidents",
        "user_id": user,
        "user_name": "anna",
        "command": "/suture",
        "text": text,
        "api_app_id": "A0001",
        "is_enterprise_install": "false",
        "response_url": answer_to,
        "trigger_id": "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        **changes,
    }
