"""Logs of the platform: a line of JSON or of text for each, on standard error.

Bodies, secrets and parameters never go into one. That is also why the text of an exception is not
written, unless it is one of ours or the operating system's: others quote what they choked on.
"""

import logging
import sys
import traceback
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, ExcInfo, Processor, WrappedLogger

from hookwright_schemas.errors import HookwrightError

# Libraries that tell every step at the level at which we tell what matters.
QUIET = ("uvicorn", "alembic", "asyncio", "httptools", "sqlalchemy", "dns")


def configure(
    log_format: str = "json", stream: TextIO | None = None, level: int = logging.INFO
) -> None:
    """Send everything from `level` up to standard error, as `json` or `text`.

    For a process, by whoever starts it. Takes what `structlog.get_logger()` and what the
    standard `logging` are given: `{"time": ..., "level": "info", "message": ..., ...}`.
    """
    stream = sys.stderr if stream is None else stream
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper("iso", key="time"),
        _exception,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = _Handler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(log_format, stream),
            ],
            keep_exc_info=False,
            use_get_message=True,
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Handler(logging.StreamHandler[TextIO]):
    """Leaves a line out that cannot be written, such as on a disk that is full."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name is logging's
        # To tell of it where it happened would only put something else than JSON between the lines.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def frames(error: BaseException) -> list[str]:
    """Return what may be logged of an exception: its kind, its causes and where they were raised.

    `["ValueError", "  queue.py:41 in claim"]`. The text of our own errors, which are written for a
    reader, and that of the operating system are told; no other, since it may quote a body.
    """
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines.append(_named(current))
        lines += [
            f"  {frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(current.__traceback__)
        ]
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return lines


def _named(error: BaseException) -> str:
    kind = type(error).__name__
    if isinstance(error, HookwrightError):
        return f"{kind}: {error}"
    if isinstance(error, OSError) and error.strerror:
        return f"{kind}: {error.strerror}"
    return kind


def _exception(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    given: ExcInfo | BaseException | bool | None = line.pop("exc_info", None)
    # Of a stack that was asked for without an exception nothing is told.
    line.pop("stack_info", None)
    error: Any = given
    if given is True:
        error = sys.exc_info()[1]
    elif isinstance(given, tuple):
        error = given[1]
    if isinstance(error, BaseException):
        line["exception"] = frames(error)
    return line


def _rendering(log_format: str, stream: TextIO) -> list[Processor]:
    if log_format == "json":
        return [
            structlog.processors.EventRenamer("message"),
            _in_order,
            structlog.processors.JSONRenderer(default=str),
        ]
    return [
        _lines,
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), timestamp_key="time", sort_keys=False
        ),
    ]


def _in_order(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Put what every line has before what only some have."""
    first = {name: line.pop(name) for name in ("time", "level", "message") if name in line}
    return {**first, **line}


def _lines(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    if "exception" in line:
        line["exception"] = "\n".join(line["exception"])
    return line
