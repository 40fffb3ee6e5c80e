"""Reports Suture's own unexpected errors to Sentry, if a DSN is set, and never for ever.

Suture's DSN may lead to Suture's own gateway: its errors then are incidents of a service of its
own. An error about such an incident would make the next alert of it, and so on. Therefore, when key
and project of the DSN are those of a service here, whatever address they are sent to, nothing is
reported about incidents of that service, nor what is logged outside of any incident, as by the
gateway that takes the reports in. Two Sutures that report to each other are not noticed; there the
limits hold: of the same error at the same place the 1st, 10th, 100th, ... is sent, and of all
errors so many in an hour.
"""

import contextlib
import logging
import sys
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from importlib.metadata import version
from typing import TYPE_CHECKING, cast

import structlog

from suture.errors import SutureError
from suture.health_settings import SentrySettings
from suture.settings import ServiceSettings
from workers.health.events import harmless
from workers.health.meters import Meters
from workers.health.names import service_of

if TYPE_CHECKING:
    from sentry_sdk._types import Event, Hint

HOUR_SECONDS = 3_600.0
MAX_KNOWN = 500
"""Kinds of errors that are told apart; the oldest are forgotten."""
CLOSE_SECONDS = 2.0
LOGGED = "log"
"""Where errors are reported from that are only logged."""

log = structlog.get_logger()


class Outcome(StrEnum):
    """What became of a report."""

    SENT = "sent"
    REPEATED = "repeated"
    """The same error at the same place was sent lately."""
    TOO_MANY = "too_many"
    OWN = "own"
    """It is about the service that Suture's own errors are alerts of."""
    FAILED = "failed"
    """It was to be sent, but could not be put into an event."""
    OFF = "off"
    """There is no DSN."""


class Reporter:
    """Sends errors by a client of its own: nothing else in the process is changed by it."""

    def __init__(
        self,
        settings: SentrySettings | None,
        services: Mapping[str, ServiceSettings],
        meters: Meters,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._meters = meters
        self._monotonic = monotonic
        self._own = None if settings is None else own_service(settings, services)
        self._counts: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._sent: deque[float] = deque()
        self._sender = None if settings is None else _Sender(settings, meters)

    def report(self, error: BaseException, *, where: str, incident_id: str = "") -> Outcome:
        """Report an error, or say why not. Never raises, never waits.

        `where` is `log`, `process`, `activity NAME` or `workflow NAME`.
        """
        outcome = self._decide(error, where, incident_id)
        if outcome is Outcome.SENT and self._sender is not None:
            self._sender.send(error, {"where": where, "incident_id": incident_id})
        self._meters.error_reported(outcome.value)
        return outcome

    def close(self) -> None:
        """Send what waits, for at most two seconds."""
        if self._sender is not None:
            self._sender.close()

    def _decide(self, error: BaseException, where: str, incident_id: str) -> Outcome:
        if self._settings is None:
            return Outcome.OFF
        if self._own is not None and self._is_own(where, service_of(incident_id)):
            return Outcome.OWN
        if not self._is_worth_telling(_place_of(error), where):
            return Outcome.REPEATED
        now = self._monotonic()
        while self._sent and self._sent[0] <= now - HOUR_SECONDS:
            self._sent.popleft()
        if len(self._sent) >= self._settings.per_hour:
            return Outcome.TOO_MANY
        self._sent.append(now)
        return Outcome.SENT

    def _is_own(self, where: str, service: str | None) -> bool:
        return service == self._own or (where == LOGGED and service is None)

    def _is_worth_telling(self, place: str, where: str) -> bool:
        key = (place, where)
        count = self._counts.pop(key, 0) + 1
        self._counts[key] = count
        if len(self._counts) > MAX_KNOWN:
            self._counts.popitem(last=False)
        return str(count).strip("0") == "1"


class _Sender:
    """Sentry's client, loaded only where there is a DSN.

    It works in a thread of its own: workflow code, whose bugs are reported as well, may neither
    wait nor read the files that the lines of code around an error come from.
    """

    def __init__(self, settings: SentrySettings, meters: Meters) -> None:
        from sentry_sdk import Client  # noqa: PLC0415 -- only if there is a DSN
        from sentry_sdk.utils import event_from_exception  # noqa: PLC0415 -- the same

        self._meters = meters
        self._event_of = event_from_exception
        self._thread = ThreadPoolExecutor(1, "suture-reports")
        self._client = Client(
            dsn=settings.dsn.get_secret_value(),
            release=settings.release or f"suture@{version('suture')}",
            environment=settings.environment,
            sample_rate=settings.sample_rate,
            before_send=_before_send,
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            max_request_body_size="never",
            send_client_reports=False,
            auto_session_tracking=False,
            max_breadcrumbs=0,
            server_name="suture",
            spotlight=False,
        )

    def send(self, error: BaseException, tags: dict[str, str]) -> None:
        """Queue an error."""
        self._thread.submit(self._send, error, tags)

    def _send(self, error: BaseException, tags: dict[str, str]) -> None:
        try:
            event, hint = self._event_of(error, client_options=self._client.options)
            event["tags"] = {name: value for name, value in tags.items() if value}
            self._client.capture_event(event, hint=hint)
        except Exception as failure:  # noqa: BLE001 -- a report must not fail what it reports on
            log.warning("report.failed", reason=type(failure).__name__)
            self._meters.error_reported(Outcome.FAILED.value)

    def close(self) -> None:
        """Send what waits."""
        self._thread.shutdown()
        self._client.close(timeout=CLOSE_SECONDS)


class ReportingHandler(logging.Handler):
    """Reports what is logged as an error together with the exception behind it."""

    def __init__(self, reporter: Reporter) -> None:
        super().__init__(logging.ERROR)
        self._reporter = reporter

    def emit(self, record: logging.LogRecord) -> None:
        """Report the record's exception, if it has one and it is not expected."""
        said = record.msg if isinstance(record.msg, dict) else {}
        error = _exception_of(said.get("exc_info") or record.exc_info)
        if error is not None and not isinstance(error, SutureError):
            incident_id = str(said.get("incident_id") or "")
            self._reporter.report(error, where=LOGGED, incident_id=incident_id)


@contextlib.contextmanager
def logged_errors_reported(reporter: Reporter) -> Iterator[None]:
    """Report errors that are logged while the context is open, and the one that ends it."""
    handler, root = ReportingHandler(reporter), logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    except SutureError:
        raise
    except Exception as error:
        reporter.report(error, where="process")
        raise
    finally:
        root.removeHandler(handler)


def own_service(settings: SentrySettings, services: Mapping[str, ServiceSettings]) -> str | None:
    """Return the service here whose alerts the DSN's events are; None if they go elsewhere."""
    key, project = settings.ingest
    for name, service in services.items():
        known = service.ingest_key
        if known is not None and (known.get_secret_value(), service.project) == (key, project):
            return name
    return None


def _before_send(event: "Event", hint: "Hint") -> "Event | None":
    del hint
    return cast("Event", harmless(event))


def _exception_of(given: object) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if isinstance(given[1], BaseException) else None
    return sys.exc_info()[1] if given else None


def _place_of(error: BaseException) -> str:
    """Return the error's type and the line that raised it, where it is known."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}@{place}"
