"""Starts bwrap, follows it to its end or to a limit, and leaves nothing of it behind."""

import contextlib
import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import psutil
from pydantic import Field, ValidationError

from integrations.bubblewrap.arguments import BOX
from integrations.bubblewrap.limits import LOOK_SECONDS, Boundary
from integrations.bubblewrap.readiness import advice
from suture.domain.value import Value
from suture.errors import SandboxUnavailable
from suture.ports.sandbox import LimitHit, SandboxLimits

PROGRESS_SECONDS = 0.5
CHUNK_BYTES = 64 << 10
REPORT_BYTES = 64 << 10
"""Of the report, besides the collected files."""
BURIAL_SECONDS = 30.0
"""For the kernel to take apart a killed namespace."""


class Report(Value):
    """What the guest told. It is hostile: the command may have got at the guest."""

    ready: bool = False
    refused: str | None = None
    failed: str | None = None
    full: bool = False
    exit: int | None = None
    files: dict[str, str] = Field(default_factory=dict)
    """In base64."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A command of bwrap's with everything it inherits."""

    command: list[str]
    descriptors: tuple[int, ...]
    report: BinaryIO
    """The reading end of the guest's report."""
    report_writer: BinaryIO
    """Its writing end, closed here once bwrap has it."""
    collected_bytes: int
    """At most this much is collected."""
    host_disk_left: Callable[[], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How it ended."""

    limit_hit: LimitHit | None
    code: int
    """bwrap's own exit code."""
    report: Report
    stdout: str
    stderr: str
    seconds: float


class Tail:
    """Keeps the end of a stream."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()

    def add(self, chunk: bytes) -> None:
        """Take more in; let go of what is too old."""
        self._kept += chunk
        if len(self._kept) > 2 * self._limit:
            del self._kept[: -self._limit]

    def text(self) -> str:
        """Return the end, undecodable bytes replaced."""
        return bytes(self._kept[-self._limit :]).decode("utf-8", "replace")


class Pages:
    """Keeps the report, up to its bound; of a longer one the rest is dropped."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()

    def add(self, chunk: bytes) -> None:
        """Take more in."""
        self._kept += chunk[: self._limit - len(self._kept)]

    def started(self) -> bool:
        """Tell whether the guest has said anything."""
        return bool(self._kept)

    def report(self) -> Report:
        """Return the last thing that the guest said."""
        for line in reversed(bytes(self._kept).splitlines()):
            with contextlib.suppress(ValidationError):
                return Report.model_validate_json(line)
        return Report()


def watch(launch: Launch, limits: SandboxLimits, on_progress: Callable[[], None]) -> Ending:
    """Run to the end. Whatever happens here, no process stays behind.

    Raises:
        SandboxUnavailable: bwrap could not start the guest.
    """
    process = _start(launch)
    with _ended(process):
        launch.report_writer.close()
        boundary = Boundary(limits, process.pid, launch.host_disk_left)
        streams = _Streams(process, launch, limits.output_bytes)
        with streams.selector:
            limit_hit = _follow(streams, boundary, on_progress)
            seconds = boundary.seconds()
            _end(process)
            streams.read_rest()
    report = streams.pages.report()
    if not streams.pages.started() and limit_hit is None:
        raise SandboxUnavailable(
            f"bwrap did not start: {streams.stderr.text().strip()}\n{advice()}"
        )
    if report.full and limit_hit is None:
        limit_hit = LimitHit.DISK
    return Ending(
        limit_hit=limit_hit,
        code=process.returncode,
        report=report,
        stdout=streams.stdout.text(),
        stderr=streams.stderr.text(),
        seconds=seconds,
    )


def _start(launch: Launch) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            launch.command,
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=launch.descriptors,
            start_new_session=True,
        )
    except OSError as error:
        raise SandboxUnavailable(f"bwrap did not start: {error}\n{advice()}") from error


class _Streams:
    """Everything that comes out of a run."""

    def __init__(self, process: subprocess.Popen[bytes], launch: Launch, output_bytes: int) -> None:
        self.process = process
        self.stdout, self.stderr = Tail(output_bytes), Tail(output_bytes)
        # Base64 needs four bytes for three.
        self.pages = Pages(REPORT_BYTES + launch.collected_bytes * 3 // 2)
        self.selector = selectors.DefaultSelector()
        self.selector.register(launch.report, selectors.EVENT_READ, self.pages)
        for stream, kept in ((process.stdout, self.stdout), (process.stderr, self.stderr)):
            if stream is not None:
                self.selector.register(stream, selectors.EVENT_READ, kept)

    def read(self, seconds: float) -> bool:
        """Read what there is, waiting this long; tell whether more can come."""
        if not self.selector.get_map():
            return False
        for key, _ in self.selector.select(seconds):
            chunk = os.read(key.fd, CHUNK_BYTES)
            key.data.add(chunk)
            if not chunk:
                self.selector.unregister(key.fileobj)
        return bool(self.selector.get_map())

    def read_rest(self) -> None:
        """Read what a dead run left in its pipes."""
        deadline = time.monotonic() + BURIAL_SECONDS
        while self.read(LOOK_SECONDS) and time.monotonic() < deadline:
            pass


def _follow(
    streams: _Streams, boundary: Boundary, on_progress: Callable[[], None]
) -> LimitHit | None:
    next_progress, known = 0.0, False
    while streams.read(LOOK_SECONDS):
        limit_hit = boundary.reached()
        if limit_hit is not None:
            return limit_hit
        if streams.pages.started() and not known:
            known = True
            for first in _children(streams.process.pid):
                boundary.watch_box(first, BOX)
        if boundary.seconds() >= next_progress:
            next_progress = boundary.seconds() + PROGRESS_SECONDS
            on_progress()
    return None


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        with process:
            try:
                yield
            finally:
                _end(process)
    finally:
        process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the namespace's first process, and with it every other, and wait until all are gone."""
    if process.returncode is not None:
        return
    graves = []
    with contextlib.ExitStack() as open_graves:
        for child in _children(process.pid):
            with contextlib.suppress(OSError):
                grave = os.pidfd_open(child)
                open_graves.callback(os.close, grave)
                graves.append(grave)
        for grave in graves:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(grave, signal.SIGKILL)
        process.kill()
        process.wait()
        poll = select.poll()
        for grave in graves:
            poll.register(grave, select.POLLIN)
        deadline = time.monotonic() + BURIAL_SECONDS
        while graves and time.monotonic() < deadline:
            for grave, _ in poll.poll(1_000):
                poll.unregister(grave)
                graves.remove(grave)


def _children(pid: int) -> list[int]:
    """Return the direct children; of bwrap that is the first process of its namespace."""
    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []
