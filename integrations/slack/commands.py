"""The slash command `/suture`: what somebody typed, and what it asks for.

https://docs.slack.dev/interactivity/implementing-slash-commands
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from integrations.slack.interaction import (
    MAX_COMMENT,
    MAX_URL,
    Press,
    id_of,
    name_of,
    text_of,
)
from suture.domain.approval import DecisionKind
from suture.domain.value import Instant, Line, Prose, Value
from suture.errors import InvalidInput
from suture.ports.chat import Ask

COMMAND = "/suture"
MAX_TEXT = 4_000
MIN_HEAD = 12
"""Digits of a head that name it: as many as messages show."""
HEAD = re.compile(rf"[0-9a-f]{{{MIN_HEAD},64}}")
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,199}")
QUOTES = "`'\"<>"
"""What people and clients put around what they paste."""


class Verb(StrEnum):
    """What can be asked for."""

    HELP = "help"
    LIST = "list"
    SHOW = "show"
    APPROVE = "approve"
    REQUEST_CHANGES = "request-changes"
    REJECT = "reject"
    TAKE_OVER = "take-over"


DECIDES = {
    Verb.APPROVE: DecisionKind.APPROVE,
    Verb.REQUEST_CHANGES: DecisionKind.REQUEST_CHANGES,
    Verb.REJECT: DecisionKind.REJECT,
    Verb.TAKE_OVER: DecisionKind.TAKE_OVER,
}


class Asked(Value):
    """Where a command came from, and where its answer goes."""

    slack_id: Line
    """`T123/U456`: team and user, as Slack has authenticated them."""
    response_url: Line = ""
    """Where to answer so that only this person sees it: five times, within half an hour."""


class Words(Value):
    """What was typed of a decision."""

    kind: DecisionKind
    incident: Line
    """Its name, or enough of the beginning of it."""
    head: str = ""
    """The beginning of the head that was shown; needed to approve."""
    comment: Prose = ""


class Typed(Words):
    """A decision that somebody typed. What it is about is looked up when it is delivered.

    Idempotent by `decision_id`.
    """

    decision_id: str
    slack_id: Line
    response_url: Line = ""
    pressed_at: Instant


class Command(Value):
    """A command that was understood."""

    verb: Verb
    asked: Asked
    incident: Line = ""
    complaint: Line = ""
    """What is wrong with it, if it comes to nothing but help."""
    typed: Typed | None = None
    """The decision, if it is one and whole."""


def read_command(form: Mapping[str, object], received_at: Instant) -> Command:
    """Return what somebody typed; what makes no sense asks for help.

    Raises:
        InvalidInput: it does not say who typed it, or is another command.
    """
    if form.get("command") != COMMAND:
        raise InvalidInput(f"This is not the command {COMMAND}.")
    team, user = name_of(form.get("team_id"), "team_id"), name_of(form.get("user_id"), "user_id")
    url = text_of(form.get("response_url"))[:MAX_URL]
    asked = Asked(slack_id=f"{team}/{user}", response_url=url)
    words = text_of(form.get("text"))[:MAX_TEXT].split()
    said = words[0].lower() if words else Verb.HELP
    verb = next((one for one in Verb if one == said.replace("_", "-")), None)
    if verb is None:
        return _help(asked, f"There is no {COMMAND} {said[:40]}.")
    if verb in {Verb.HELP, Verb.LIST}:
        return Command(verb=verb, asked=asked)
    incident, *rest = words[1:] or [""]
    incident = incident.strip(QUOTES)
    if not NAME.fullmatch(incident):
        return _help(asked, f"Say which incident: {COMMAND} {verb} INCIDENT")
    if verb is Verb.SHOW:
        return Command(verb=verb, asked=asked, incident=incident)
    typed = _typed(verb, incident, rest)
    if verb is Verb.REQUEST_CHANGES and not typed.comment:
        return _help(asked, f"Say what is to be changed: {COMMAND} {verb} {incident} WHAT")
    trigger = text_of(form.get("trigger_id"))
    if not trigger:
        raise InvalidInput("The command has no trigger_id.")
    whole = Typed(
        **typed.model_dump(),
        decision_id=id_of(asked.slack_id, trigger, *words),
        slack_id=asked.slack_id,
        response_url=asked.response_url,
        pressed_at=received_at,
    )
    return Command(verb=verb, asked=asked, incident=incident, typed=whole)


def _typed(verb: Verb, incident: str, rest: list[str]) -> Words:
    """Tell a head from words: it has only digits, and enough of them."""
    head = rest[0].strip(QUOTES).lower() if rest else ""
    named = HEAD.fullmatch(head) is not None
    return Words(
        kind=DECIDES[verb],
        incident=incident,
        head=head if named else "",
        comment=" ".join(rest[1:] if named else rest)[:MAX_COMMENT],
    )


def _help(asked: Asked, complaint: str) -> Command:
    return Command(verb=Verb.HELP, asked=asked, complaint=complaint)


def settle(typed: Typed, ask: Ask) -> Press:
    """Return the decision about what is asked now, if that is what was shown.

    Raises:
        InvalidInput: an approval names no head, or it is another one; the text says what to type.
    """
    approves = typed.kind is DecisionKind.APPROVE
    head = ask.target.head_sha if ask.target else ""
    if approves and not head:
        raise InvalidInput("Nothing waits for an approval in this incident.")
    if typed.head and not head.startswith(typed.head):
        raise InvalidInput(f"The head is another one now. {_look(typed, ask.incident_id, head)}")
    if approves and not typed.head:
        raise InvalidInput(f"An approval names the head. {_look(typed, ask.incident_id, head)}")
    return Press(
        decision_id=typed.decision_id,
        kind=typed.kind,
        slack_id=typed.slack_id,
        ask=ask,
        comment=typed.comment,
        response_url=typed.response_url,
        pressed_at=typed.pressed_at,
        typed=True,
    )


def _look(typed: Typed, incident_id: str, head: str) -> str:
    verb = next(verb for verb, kind in DECIDES.items() if kind is typed.kind)
    return f"Look at it, then type: {COMMAND} {verb} {incident_id} {head[:MIN_HEAD]}".rstrip()
