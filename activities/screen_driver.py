"""What runs inside the sandbox to sort out candidates: standard library only, Python 3.8 and later.

One process has pytest and the standard library imported, and forks for each candidate. Nothing of
the project and of its libraries is imported before the fork, so each candidate meets them fresh.
`activities.screening` lays this text into the tree and reads what it prints.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import signal
import sys
import tempfile
import time
from typing import Any, BinaryIO, Callable, Dict  # noqa: UP035 (3.8 runs it)

GREEN, RED, SLOW, UNSURE = "green", "red", "slow", "unsure"
SHORTEST_LOOK = 0.001
LONGEST_LOOK = 0.004

Content = Any
"""A file's text; None where it goes; or how many characters stay at both ends of what."""
Files = Dict[str, Content]  # noqa: UP006 (3.8 runs it)


def whole(base: str, content: Content) -> str:
    """Return a file's new text."""
    if isinstance(content, str):
        return content
    before, after, middle = content
    return base[:before] + str(middle) + base[len(base) - after :]


def lay(files: Files) -> None:
    """Make files say this."""
    for path, said in files.items():
        content = None if said is None else whole(read(path) or "", said)
        if content is None:
            with contextlib.suppress(OSError):
                os.remove(path)  # noqa: PTH107 (a relative name is all there is)
            continue
        folder = os.path.dirname(path)  # noqa: PTH120 (as above)
        if folder:
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103 (as above)
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:  # noqa: PTH123 (as above)
            file.write(content)


def read(path: str) -> str | None:
    """Return a file's text, or None if there is none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:  # noqa: PTH123 (as above)
            return file.read()
    except OSError:
        return None


def warm(plan: dict[str, Any]) -> None:
    """Import what every candidate needs, whatever it changes."""
    for name in plan["modules"]:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def become_candidate(plan: dict[str, Any], nonce: str, output: BinaryIO) -> None:
    """Run probe or tests in this process, which is a candidate's own; never return."""
    code = 1
    try:
        os.setsid()
        for number in (1, 2):
            os.dup2(output.fileno(), number)
        if plan["probe"]:
            sys.argv = [plan["probe"], nonce]
            runpy.run_path(plan["probe"], run_name="__main__")
        else:
            pytest = importlib.import_module("pytest")
            sys.argv = ["pytest", *plan["options"]]
            code = int(pytest.main(list(plan["options"])))
    except BaseException:  # noqa: BLE001 (whatever it is, this candidate does not stand)
        code = 1
    finally:
        os._exit(code)


def wait_for(child: int, seconds: float) -> int | None:
    """Return the exit status, or None after the time; nothing of the child's group goes on."""
    end, pause = time.monotonic() + seconds, SHORTEST_LOOK
    status: int | None = None
    while status is None and time.monotonic() < end:
        done, raw = os.waitpid(child, os.WNOHANG)
        if done:
            status = raw
        else:
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_LOOK)
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    if status is None:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return status


def returned(output: BinaryIO, nonce: str) -> bool:
    """Whether the probe says that the reported call returned."""
    output.seek(0)
    first = nonce.encode() + b" 0 "
    for line in output:
        if line.startswith(first):
            with contextlib.suppress(ValueError):
                record = json.loads(line[len(first) :])
                return isinstance(record, dict) and record.get("outcome") == "returned"
    return False


def tried(plan: dict[str, Any], nonce: str, files: Files, channel: int) -> str:
    """Try one candidate on the tree, and take it out again."""
    saved = {path: read(path) for path in files}
    lay(files)
    try:
        with tempfile.TemporaryFile() as output:
            child = os.fork()
            if child == 0:
                os.close(channel)
                become_candidate(plan, nonce, output)
            status = wait_for(child, plan["seconds"])
            if status is None:
                return SLOW
            good = returned(output, nonce) if plan["probe"] else status == 0
            return GREEN if good else RED
    finally:
        lay(saved)


def serve(plan: dict[str, Any], say: Callable[[str], None]) -> list[int]:
    """Let a process that has the project imported try them; return those left to try afresh."""
    left = dict.fromkeys(range(len(plan["candidates"])))
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        try:
            module = importlib.import_module(plan["server"])
            module.serve(plan, sink)
        finally:
            os._exit(1)
    os.close(sink)
    unsure: list[int] = []
    first = len(left)
    with os.fdopen(source, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            word, _, said = line.strip().partition(" ")
            number = int(word) if word.isdigit() else -1
            if said == UNSURE:
                unsure.append(number)
            elif number >= 0:
                say(line.strip())
                left.pop(number, None)
                first = min(first, number) if said == GREEN else first
            elif word == "end":
                # What it did not come to is not worth it; of the rest, what ranks higher.
                left = dict.fromkeys(number for number in unsure if number < first)
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return list(left)


def main(path: str, nonce: str) -> None:
    """Try all candidates of a plan and print a line for each."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 (as above)
        plan = json.load(file)
    os.remove(path)  # noqa: PTH107 (as above)
    sys.dont_write_bytecode = True
    os.putenv("PYTHONDONTWRITEBYTECODE", "1")
    server = importlib.import_module(plan["server"]) if plan["server"] else None
    if not plan["probe"] and not plan["here"]:
        # `pytest` by itself does not look for modules in the working directory.
        sys.path.pop(0)
    warm(plan)
    channel = os.dup(1)

    def say(said: str) -> None:
        os.write(channel, f"\n{nonce} {said}\n".encode())

    candidates = plan["candidates"]
    numbers = serve(plan, say) if server else range(len(candidates))
    begun, enough = time.monotonic(), None
    for number in numbers:
        if enough is not None and time.monotonic() - begun > enough:
            break
        look = tried(plan, nonce, candidates[number], channel)
        say(f"{number} {look}")
        if server and look == GREEN and enough is None:
            enough = server.enough(time.monotonic() - begun)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
