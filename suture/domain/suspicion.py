"""What looks like an attempt to direct whoever reads it."""

from enum import StrEnum

from suture.domain.value import Line, Value


class Trick(StrEnum):
    """What a text tries."""

    INSTRUCTION = "instruction"
    """It tells its reader to forget the rules, or to be somebody else."""
    ROLE = "role"
    """It pretends to be the system, the user, a tool's result or the end of quoted data."""
    TOOL_CALL = "tool_call"
    """It holds a call of a tool, to be repeated."""
    APPROVAL = "approval"
    """It claims or asks for consent."""
    COMMAND = "command"
    """It asks to run or to install something."""
    SECRETS = "secrets"
    """It asks to send or to show secrets."""
    TESTS = "tests"
    """It asks to weaken tests, CI or policy."""
    LINK = "link"
    """It holds an image or a link that would carry data away when it is shown."""
    UNSEEN = "unseen"
    """It holds characters that readers cannot see, or that look like others."""
    ENCODED = "encoded"
    """It holds one of these in base64."""


class Suspicion(Value):
    """One place that looks like an attempt."""

    place: Line
    """Where: `message`, `commit 0123`, a path."""
    trick: Trick
    quote: Line
    """What was found there, scrubbed, with what cannot be seen made visible."""

    def __str__(self) -> str:
        return f"{self.place}: {self.trick}: {self.quote}"
