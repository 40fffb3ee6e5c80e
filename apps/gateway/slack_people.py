"""Who somebody in Slack is here."""

from suture.domain.approval import Actor
from suture.errors import NotAuthorised
from suture.settings import Settings


def person_of(settings: Settings, slack_id: str) -> Actor:
    """Return the person who is linked with this id, and with this one alone.

    Raises:
        NotAuthorised: nobody is, or more than one; the text says how to mend it.
    """
    users = settings.users
    linked = [name for name in users if users[name].slack_id == slack_id]
    # Two people with one id would be one person with four eyes.
    if len(linked) == 1:
        return Actor(id=linked[0], role=users[linked[0]].role, via="slack")
    raise NotAuthorised(
        f"Suture does not know you here. Ask for slack_id = {slack_id!r} in your table"
        " under [users], and in nobody else's."
    )
