"""Logging, set up once per process: pretty on a terminal, JSON otherwise.

https://www.structlog.org/en/stable/standard-library.html
"""

import logging
import sys
from io import StringIO
from pathlib import Path
from typing import TextIO

import structlog

from suture.errors import SettingsError
from suture.health_settings import LogFormat
from suture.redaction import scrub
from workers.health.names import incident_of

LIBRARY_LEVEL = logging.WARNING
"""Libraries that log through the standard library are heard from this level on."""


def configure_logging(
    level: str, file: Path | None = None, *, form: LogFormat | None = None
) -> None:
    """Send all logging to standard error, or to a file where the terminal belongs to progress.

    Without a form, a terminal gets lines for people, everything else JSON.

    Raises:
        SettingsError: there is no such level, or the file cannot be written.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise SettingsError(f"There is no log level {level[:40]!r}. Use debug, info or warning.")
    stream = sys.stderr if file is None else _open(file)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _about,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(pretty=stream.isatty() if form is None else form is LogFormat.CONSOLE),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(min(number, LIBRARY_LEVEL))
    for name in ("httpx", "httpcore", "uvicorn", "temporalio", "sqlalchemy"):
        logging.getLogger(name).setLevel(max(number, LIBRARY_LEVEL))


def _rendering(*, pretty: bool) -> list[structlog.typing.Processor]:
    if pretty:
        return [_scrubbed, structlog.dev.ConsoleRenderer(exception_formatter=_scrubbed_traceback)]
    return [structlog.processors.format_exc_info, _scrubbed, structlog.processors.JSONRenderer()]


def _about(
    logger: object, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Say which incident a line is about that Temporal's client or a workflow has logged."""
    del logger, method
    record = event.get("_record")
    for name in ("temporal_workflow", "temporal_activity"):
        told = getattr(record, name, None)
        if isinstance(told, dict) and told.get("workflow_id"):
            event.setdefault("incident_id", incident_of(str(told["workflow_id"])))
    return event


def _scrubbed(
    logger: object, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Take secrets out of what is logged: libraries and vendors quote them."""
    del logger, method
    return {
        name: scrub(value) if isinstance(value, str) else value for name, value in event.items()
    }


def _scrubbed_traceback(stream: TextIO, error: structlog.typing.ExcInfo) -> None:
    text = StringIO()
    structlog.dev.plain_traceback(text, error)
    stream.write(scrub(text.getvalue()))


def _open(file: Path) -> TextIO:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("a", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"The log {file} cannot be written: {error.strerror}.") from error
