"""`hookwright demo` on receivers that are broken on purpose: it notices, and says what."""

import functools
from typing import NamedTuple

import pytest

from hookwright.cli import main
from hookwright.demo.course import Course
from hookwright_schemas import load_contract

STACK = "starlette"
HANDLERS = "".join(
    f"\n\ndef {event.id}(message):\n    raise RuntimeError('broken')\n"
    for event in load_contract().events
)
LENIENT = """
EventType.violations = lambda self, payload: ()
"""
DEADLY = """

def _die(self, *_):
    import os

    os._exit(1)


Pipeline.accept = _die
"""
FORGETFUL = """
_store = Inbox._store


def _forget(self, entries):
    return _store(self, [entry._replace(key=None) for entry in entries])


Inbox._store = _forget
"""
# `inbox list` prepares the database too, and is to leave it alone.
FORGET = """
_prepare = prepare


def prepare(settings):
    import pathlib
    import sys

    if sys.argv[1:] == ["serve"]:
        for file in pathlib.Path().glob("inbox.db*"):
            file.unlink()
    return _prepare(settings)
"""


class Broken(NamedTuple):
    """A receiver with something added to one of its modules, and what the demo says of it."""

    module: str
    addition: str
    code: int
    message: str
    reason: str


BROKEN = [
    Broken("handlers.py", HANDLERS, 1, "not handled", "handlers that raise"),
    Broken(
        "authentication.py",
        "\nhmac.compare_digest = lambda given, known: True\n",
        1,
        "wrong token: answered 200",
        "any token will do",
    ),
    Broken("contract.py", LENIENT, 1, "invalid: answered 200", "nothing is validated"),
    Broken(
        "inbox.py",
        FORGETFUL,
        1,
        "stored 3 times, not once",
        "repeats are not known",
    ),
    Broken(
        "sql_sink.py",
        "\n\ndef insert(session, record):\n    pass\n",
        1,
        "not handled",
        "done without an effect",
    ),
    Broken(
        "startup.py", FORGET, 1, "0 of 3 messages still there", "the inbox is lost with the process"
    ),
    Broken(
        "inbox_commands.py",
        "\n\ndef _open(settings=None):\n    raise Unavailable('no inbox today')\n",
        1,
        "no inbox today",
        "the inbox cannot be looked into",
    ),
    Broken("server.py", "\nraise ImportError('not today')\n", 3, "not today", "no start"),
    Broken("pipeline.py", DEADLY, 3, "receiver is gone", "death at the first delivery"),
]
# The platform costs more to start than the rest together, so only what it changes is seen with it.
BESIDE_PLATFORM = [
    Broken("pipeline.py", DEADLY, 3, "receiver is gone", "death, and the platform tries again"),
    Broken("inbox.py", FORGETFUL, 1, "not stored", "no message is known by its id"),
]


@pytest.mark.parametrize("broken", BROKEN, ids=[broken.reason for broken in BROKEN])
def test_a_broken_receiver_is_noticed(monkeypatch, capsys, tmp_path, broken):
    """The exit code tells, and one line on standard error says what did not hold."""
    monkeypatch.setattr("hookwright.demo.course.has_platform", lambda _contract: False)
    fails(monkeypatch, capsys, tmp_path, broken)


@pytest.mark.parametrize(
    "broken", BESIDE_PLATFORM, ids=[broken.reason for broken in BESIDE_PLATFORM]
)
def test_a_broken_receiver_is_noticed_beside_the_platform(monkeypatch, capsys, tmp_path, broken):
    """What the platform tells of its deliveries is held against what the receiver has."""
    fails(monkeypatch, capsys, tmp_path, broken)


def fails(monkeypatch, capsys, tmp_path, broken):
    """Run a demo that must not hold."""

    def breaking(project):
        file = project.directory / project.package / broken.module
        file.write_text(file.read_text() + broken.addition)

    course = functools.partial(Course, alter=breaking, patience=0.5)
    monkeypatch.setattr("hookwright.commands.demo.Course", course)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--stack", STACK])
    out, err = capsys.readouterr()
    assert ended.value.code == broken.code, out + err
    last = err.splitlines()[-1]
    assert last.startswith("hookwright: ")
    assert broken.message in (out if broken.code == 1 else last)
    assert "Traceback" not in err
    if broken.code == 1:
        assert "✗ not everything held" in out
        # The last lines of the log: JSON, as the receiver wrote them.
        assert '  log: {"level"' in out
    assert list(tmp_path.iterdir()) == []
