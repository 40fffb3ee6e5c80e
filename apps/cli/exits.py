"""Exit codes, and which error means which."""

from enum import IntEnum

from suture.errors import (
    InvalidInput,
    NotFound,
    SandboxUnavailable,
    SettingsError,
    SutureError,
    Unreachable,
)

HELP = """Exit codes: 0 done; 1 refused, findings or failed; 2 wrong usage or input;
3 no fix found, but a good ticket; 4 the environment is not ready; 130 interrupted."""


class ExitCode(IntEnum):
    """What a command says to the program that started it."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    NO_FIX = 3
    NOT_READY = 4
    INTERRUPTED = 130


def exit_code_of(error: SutureError) -> ExitCode:
    """Return what an error means to the caller."""
    if isinstance(error, InvalidInput | NotFound):
        return ExitCode.USAGE
    if isinstance(error, SettingsError | SandboxUnavailable | Unreachable):
        return ExitCode.NOT_READY
    return ExitCode.REFUSED
