"""Logs: what is in a line, and what never is."""

import errno
import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from hookwright_sender import logs
from hookwright_sender.store.errors import StoreUnavailable

SECRET = "whsec_bm9ib2R5IG11c3Qgc2VlIHRoaXM="


@pytest.fixture
def configured() -> Iterator[Callable[[str], io.StringIO]]:
    """Return `configured(format) -> stream`; the process's own logging comes back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    # `force` would close pytest's own.
    root.handlers.clear()

    def configured(log_format: str) -> io.StringIO:
        stream = io.StringIO()
        logs.configure(log_format, stream)
        return stream

    yield configured
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def choke(members, name, *, explain=True):
    """Fail as code does that quotes what it was given."""
    try:
        return members[name]
    except KeyError as error:
        raise ValueError(f"nothing called {name}") from (error if explain else None)


def test_a_line_is_one_json_object(configured):
    """With the time, the level and the message in front, then what was given."""
    stream = configured("json")
    structlog.get_logger().info("listening", host="127.0.0.1", port=8080)
    line = json.loads(stream.getvalue())
    assert list(line) == ["time", "level", "message", "host", "port"]
    assert (line["message"], line["level"], line["port"]) == ("listening", "info", 8080)
    assert line["time"].endswith("Z")


def test_the_standard_logging_comes_out_alike(configured):
    """Libraries know nothing of structlog."""
    stream = configured("json")
    logging.getLogger("library").warning("%s is late", "it", extra={"seconds": 3})
    line = json.loads(stream.getvalue())
    assert (line["message"], line["level"], line["seconds"]) == ("it is late", "warning", 3)


def test_text_is_for_people(configured):
    """One line too, without colour where there is no terminal."""
    stream = configured("text")
    structlog.get_logger().info("listening", port=8080)
    (line,) = stream.getvalue().splitlines()
    assert "listening" in line
    assert "port=8080" in line
    assert "\x1b" not in line


@pytest.mark.parametrize(
    "name", ["uvicorn.error", "alembic.runtime.migration", "sqlalchemy.engine"]
)
def test_libraries_that_tell_every_step_are_quiet(configured, name):
    """Their warnings are told, their steps are not."""
    stream = configured("json")
    logging.getLogger(name).info("a step")
    assert stream.getvalue() == ""
    logging.getLogger(name).warning("a warning")
    assert json.loads(stream.getvalue())["message"] == "a warning"


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize("logger", [structlog.get_logger, logging.getLogger])
def test_the_text_of_an_exception_is_not_told(configured, log_format, logger):
    """It may quote what it choked on; its kind and its place are told."""
    stream = configured(log_format)
    try:
        choke({}, SECRET)
    except ValueError:
        logger().exception("failed")
    told = stream.getvalue()
    assert SECRET not in told
    for expected in ("ValueError", "KeyError", "test_logs.py", "failed"):
        assert expected in told


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (StoreUnavailable("sqlite:///a.db", "it is full"), "it is full"),
        (OSError(28, "No space left on device"), "OSError: No space left on device"),
        (RuntimeError(SECRET), "RuntimeError"),
    ],
    ids=["one of ours is written for readers", "the system quotes no body", "any other"],
)
def test_frames_tell_what_is_safe(error, expected):
    """The first line names the exception."""
    (first,) = logs.frames(error)
    assert expected in first
    assert SECRET not in first


def test_a_circle_of_causes_ends():
    """Python allows one."""
    error = ValueError()
    error.__cause__ = error
    assert logs.frames(error) == ["ValueError"]


def test_an_exception_that_was_hidden_stays_hidden():
    """`from None` says that it explains nothing."""
    try:
        choke({}, SECRET, explain=False)
    except ValueError as error:
        told = logs.frames(error)
    assert not any("KeyError" in line for line in told)


def test_no_exception_at_all_adds_nothing(configured):
    """`exc_info=True` outside of a handler."""
    stream = configured("json")
    structlog.get_logger().warning("odd", exc_info=True, stack_info=True)
    assert set(json.loads(stream.getvalue())) == {"time", "level", "message"}


def test_a_line_that_cannot_be_written_is_left_out(configured, capsys, monkeypatch):
    """On a disk that is full nothing is told of that where only lines of JSON may be."""
    stream = configured("json")
    full = OSError(errno.ENOSPC, "No space left on device")
    with monkeypatch.context() as patched:
        patched.setattr(stream, "flush", lambda: (_ for _ in ()).throw(full))
        structlog.get_logger().info("lost")
    assert capsys.readouterr().err == ""
    with monkeypatch.context() as patched:
        patched.setattr(logging, "raiseExceptions", True)
        # A fault of the program's is told as ever.
        logging.getLogger("library").warning("%d", "no number")
    assert "no number" in capsys.readouterr().err
