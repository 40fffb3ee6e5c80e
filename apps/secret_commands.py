"""Runs the commands that print secrets: those of Vault, pass, cloud vendors and the like."""

import contextlib
import os
import signal
import subprocess

from suture.errors import SettingsError

SECONDS = 30.0


def run_secret_command(command: tuple[str, ...], seconds: float = SECONDS) -> bytes:
    """Run a program of the operator's, without a shell, and return what it prints.

    What it complains of is not kept, because it may quote the secret.

    Raises:
        SettingsError: it cannot start, fails, or takes too long.
    """
    program = command[0]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # A group of its own, so that what it started can be ended with it.
            start_new_session=True,
        )
    except OSError as error:
        raise SettingsError(f"{program!r} cannot be run: {error.strerror}.") from None
    with process:
        try:
            printed, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise SettingsError(f"{program!r} took longer than {seconds:g} seconds.") from None
    if process.returncode:
        raise SettingsError(
            f"{program!r} ended with status {process.returncode}. Run it by hand to see why."
        )
    return printed
