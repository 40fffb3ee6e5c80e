"""Failures that no code change mends are told from defects, with something to do about them."""

import pytest

from suture.domain.diagnosis import Category, Fixability
from tests.builders.stage import Stage, report

CLIENT = """\
import errno, os, socket, urllib.error


class CarrierDown(Exception):
    pass


def call(error):
    raise error


def book(error):
    return call(error)


def wrapped(error):
    try:
        call(error)
    except Exception as caught:
        raise CarrierDown("the carrier does not answer") from caught


def full(path="/"):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


def connect():
    socket.create_connection(("127.0.0.1", 1), timeout=1)
"""


@pytest.mark.parametrize(
    ("log", "category"),
    [
        ("kernel: Out of memory: Killed process 77 (python)", Category.OUT_OF_MEMORY),
        ("container worker OOMKilled restart_count=3", Category.OUT_OF_MEMORY),
        ("step failed with exit code 137", Category.OUT_OF_MEMORY),
        ("FATAL ERROR: JavaScript heap out of memory", Category.OUT_OF_MEMORY),
        ("Killed", Category.OUT_OF_MEMORY),
        ("write failed: No space left on device", Category.RESOURCE_EXHAUSTED),
        ("FATAL: sorry, too many connections already", Category.RESOURCE_EXHAUSTED),
        ("dial tcp 10.0.0.1:5432: connect: Connection refused", Category.TRANSIENT_NETWORK),
        ("lookup bank: Temporary failure in name resolution", Category.TRANSIENT_NETWORK),
        ("upstream answered 502 Bad Gateway", Category.TRANSIENT_NETWORK),
        ("bank: HTTP Error 500: oops", Category.EXTERNAL_SERVICE),
        ("429 Too Many Requests", Category.EXTERNAL_SERVICE),
        ("ERROR: No matching distribution found for shop-core==9", Category.DEPENDENCY),
        ("npm ERR! code ERESOLVE", Category.DEPENDENCY),
        ("sqlite3: no such table: orders", Category.CONFIGURATION),
        ("password authentication failed for user", Category.CONFIGURATION),
    ],
)
def test_a_log_without_an_exception_is_read_for_signs(
    stage: Stage, log: str, category: Category
) -> None:
    stage.commit({"a.py": "x = 1\n"})
    diagnosis = stage.diagnosis(report(kind="signal", log=f"started\n{log}\nended"))
    assert diagnosis.category is category
    assert diagnosis.fixability is Fixability.NOT_CODE
    assert diagnosis.next_steps
    assert diagnosis.statements[0].citations[0].quote == log
    assert diagnosis.cause is None


@pytest.mark.parametrize(
    ("statement", "category"),
    [
        ("client.book(ConnectionResetError(104, 'Connection reset by peer'))", "transient_network"),
        ("client.connect()", "transient_network"),
        ("client.book(client.socket.gaierror(-3, 'Temporary failure'))", "transient_network"),
        ("client.wrapped(TimeoutError('timed out'))", "transient_network"),
        ("client.book(RuntimeError('HTTP Error 503: Service Unavailable'))", "transient_network"),
        ("client.book(MemoryError())", "out_of_memory"),
        ("client.full()", "resource_exhausted"),
        ("client.book(OSError(24, 'Too many open files'))", "resource_exhausted"),
        ("client.book(KeyboardInterrupt())", "code_defect"),
    ],
)
def test_exceptions_are_judged_by_their_root_and_by_what_escaped(
    stage: Stage, statement: str, category: str
) -> None:
    stage.commit({"client.py": CLIENT})
    diagnosis = stage.diagnosis(stage.failing(f"import client; {statement}"))
    if category == "code_defect":
        assert diagnosis.category is Category.BAD_INPUT
    else:
        assert diagnosis.category.value == category
        assert diagnosis.statements[0].text.startswith("The event ")


def test_a_provider_that_failed_is_not_ours_to_mend(stage: Stage) -> None:
    stage.commit({"client.py": CLIENT})
    alert = stage.failing("import client; client.connect()")
    last = alert.exceptions[-1].model_copy(
        update={"type": "HTTPError", "value": "HTTP Error 500: x"}
    )
    diagnosis = stage.diagnosis(alert.model_copy(update={"exceptions": (last,)}))
    assert diagnosis.category is Category.EXTERNAL_SERVICE
    assert diagnosis.fixability is Fixability.NOT_CODE


def test_an_address_that_was_changed_lately_is_mentioned(stage: Stage) -> None:
    code = "import socket\n\n\ndef ping():\n    socket.create_connection(('localhost', 2), 1)\n"
    stage.commit({"net.py": code}, "Start")
    guilty = stage.commit({"net.py": code.replace("2), 1", "1), 1")}, "Move the port")
    diagnosis = stage.diagnosis(stage.failing("import net; net.ping()"))
    assert diagnosis.category is Category.TRANSIENT_NETWORK
    assert any(guilty[:12] in step for step in diagnosis.next_steps)


def test_interruptions_and_mere_messages_are_noise(stage: Stage) -> None:
    stage.commit({"app.py": "import os, signal\n\n\ndef wait():\n    signal.raise_signal(2)\n"})
    interrupted = stage.diagnosis(stage.failing("import app; app.wait()"))
    assert interrupted.category is Category.NOISE
    assert "KeyboardInterrupt" in interrupted.statements[0].text
    quiet = report(kind="signal", message="cache is warm", tags={"level": "info"})
    assert stage.diagnosis(quiet).category is Category.NOISE
    loud = report(kind="signal", log="OOMKilled", tags={"level": "warning"})
    assert stage.diagnosis(loud).category is Category.OUT_OF_MEMORY


def test_what_says_nothing_is_unknown(stage: Stage) -> None:
    stage.commit({"app.py": "x = 1\n"})
    diagnosis = stage.diagnosis(report(kind="signal", message="It is slow."))
    assert diagnosis.category is Category.UNKNOWN
    assert diagnosis.fixability is Fixability.NEEDS_HUMAN
    assert diagnosis.next_steps


def test_logs_beside_an_exception_do_not_decide(stage: Stage) -> None:
    stage.commit({"app.py": "def f(x):\n    return x + 1\n"})
    alert = stage.failing("import app; app.f('a')", log="yesterday: Connection refused, OOMKilled")
    assert stage.diagnosis(alert).category is Category.CODE_DEFECT
