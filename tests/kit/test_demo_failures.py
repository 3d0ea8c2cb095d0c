"""`hookwright demo` on receivers that are broken on purpose: it notices, and says what.

Each on its own under `make soak`; before that two that are broken in every way that leaves the
others to be seen. What is said of each way is in test_demo_report.
"""

import functools
from typing import NamedTuple

import pytest

from hookwright.demo.course import Course
from hookwright_schemas import load_contract
from tests.end_to_end.commands import called

STACK = "starlette"
FIRST, *_ = load_contract().events
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


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(broken, id=broken.reason, marks=[pytest.mark.soak] * (broken.code == 1))
        for broken in BROKEN
    ],
)
def test_a_broken_receiver_is_noticed(tmp_path, broken):
    """The exit code tells, and one line on standard error says what did not hold."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hookwright.demo.course.has_platform", lambda _contract: False)
        fails(tmp_path, broken)


@pytest.mark.soak
@pytest.mark.parametrize(
    "broken", BESIDE_PLATFORM, ids=[broken.reason for broken in BESIDE_PLATFORM]
)
def test_a_broken_receiver_is_noticed_beside_the_platform(tmp_path, broken):
    """What the platform tells of its deliveries is held against what the receiver has."""
    fails(tmp_path, broken)


def fails(folder, broken):
    """Run a demo that must not hold."""
    ended = demo(folder, {STACK: [broken]})
    assert ended.returncode == broken.code, ended.stdout + ended.stderr
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("hookwright: ")
    assert broken.message in (ended.stdout if broken.code == 1 else last)
    assert "Traceback" not in ended.stderr
    if broken.code == 1:
        assert "✗ not everything held" in ended.stdout
        # The last lines of the log: JSON, as the receiver wrote them.
        assert '  log: {"level"' in ended.stdout
    assert list(folder.iterdir()) == []


def demo(folder, broken):
    """Run a demo on receivers that are broken, by stack; return how it ended."""

    def breaking(project):
        for each in broken[project.stack]:
            file = project.directory / project.package / each.module
            file.write_text(file.read_text() + each.addition)

    course = functools.partial(Course, alter=breaking, patience=0.5)
    stacks = [f"--stack={stack}" for stack in broken]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hookwright.commands.demo.Course", course)
        patch.setattr("tempfile.tempdir", None)
        return called("demo", *stacks, environment={"TMPDIR": str(folder)})


# One that refuses nothing and loses its inbox when it is killed, and one that fails in another way
# for each event. None of it hides what else there is to be seen.
ANYTHING, LOST = [BROKEN[1], BROKEN[2]], BROKEN[5]
OF_ITS_OWN = [
    Broken(
        "inbox.py",
        FORGETFUL.replace("key=None)", f"key=None if entry.event == {FIRST.id!r} else entry.key)"),
        1,
        "form_lead: not stored; not handled",
        "no message of an event is known by its id",
    ),
    Broken(
        "handlers.py",
        "\n\ndef social_lead(message):\n    raise RuntimeError('broken')\n",
        1,
        "social_lead: not handled\n",
        "a handler that raises",
    ),
    Broken(
        "sql_sink.py",
        """
_insert_row = insert


def insert(session, record):
    if record.event != "link_created":
        _insert_row(session, record)
""",
        1,
        "link_created: not handled; done 1x in the inbox and 0x in the sink",
        "done without an effect",
    ),
]
KILLED, OTHER = [*ANYTHING, LOST], OF_ITS_OWN
# The messages that were in the inbox that is lost: samples, an invalid one, one of a stranger.
LOSS = f"kill and restart: 0 of {len(load_contract().events) + 2} messages still there"


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Run a demo beside the platform on two receivers that are broken in many ways."""
    temporary = tmp_path_factory.mktemp("temporary")
    return demo(temporary, {STACK: KILLED, "flask": OTHER}), list(temporary.iterdir())


@pytest.mark.xdist_group("demo of broken receivers")
@pytest.mark.parametrize(
    ("stack", "message", "reason"),
    [
        *((STACK, each.message, each.reason) for each in ANYTHING),
        (STACK, LOSS, LOST.reason),
        *(("flask", each.message, each.reason) for each in OTHER),
    ],
    ids=[each.reason for each in [*KILLED, *OTHER]],
)
def test_what_is_broken_in_either_is_noticed(planted, stack, message, reason):
    """What the platform tells of its deliveries is held against what each receiver has."""
    ended, left = planted
    assert ended.returncode == 1, ended.stdout + ended.stderr
    of_first, _, of_other = ended.stdout.partition(f"\n{STACK}:\n")[2].partition("\nflask:\n")
    told = of_other if stack == "flask" else of_first
    assert message in told, (reason, ended.stdout)
    last = ended.stderr.splitlines()[-1]
    assert last.startswith(f"hookwright: {STACK}, ")
    assert "Traceback" not in ended.stderr
    assert "✗ not everything held" in ended.stdout
    # The last lines of the log: JSON, as the receiver wrote them.
    assert '  log: {"level"' in of_first
    assert '  log: {"level"' in of_other
    assert left == []
