"""What a demo sees in a receiver: its inbox as the project lists it, and the sink's table."""

import asyncio
import json
import subprocess
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from hookwright.demo.observation import Reading, Seen, Stored, read
from hookwright.demo.project import render_project, write_project
from hookwright.demo.receiver import Receiver
from hookwright_receiver.processes import Processes
from hookwright_schemas import load_contract

CONTRACT = load_contract()
EVENT = CONTRACT.events[0].id
STACK = "starlette"

MESSAGES = [("a", "done"), ("b", "pending")]
KEEPS = [
    # what is there later, how many of the two are kept, reason
    (MESSAGES, 2, "nothing has changed"),
    ([("a", "done"), ("b", "done")], 2, "one has got on"),
    ([("a", "pending"), ("b", "pending")], 1, "one that was done is to be done again"),
    ([("b", "dead")], 1, "one is gone; a dead one is there"),
    ([("A", "done"), ("b", "pending")], 1, "another content"),
    ([], 0, "the inbox is lost"),
]


@pytest.mark.parametrize(("later", "kept", "reason"), KEEPS, ids=[reason for *_, reason in KEEPS])
def test_what_an_inbox_keeps_is_counted(later, kept, reason):
    """A message counts when it is there, and done if it was."""
    assert reading(later).keeps(reading(MESSAGES)) == kept, reason


def reading(messages):
    """Return the reading of such an inbox: (content, status)."""
    return Reading(
        tuple(Stored(at, content, content, status) for at, (content, status) in enumerate(messages))
    )


LISTED = {
    "id": 1, "key": "header:msg_1", "event": EVENT, "received_at": "now", "payload": {},
    "parameters": {}, "status": "done",
}  # fmt: skip
READINGS = [
    # the lines of `inbox list --json`, what is seen of msg_1, reason
    ([LISTED], Seen(1, 1, 1), "known by the id that the platform gave it"),
    ([LISTED | {"key": None}], Seen(), "no message is known by its id"),
    (
        [LISTED | {"key": None, "parameters": {"demo": "msg_1"}}],
        Seen(1, 1, 1),
        "known by the mark of a sender that is no platform",
    ),
    (
        [LISTED | {"id": each, "key": None, "parameters": {"demo": "msg_1"}} for each in (1, 2, 3)],
        Seen(3, 3, 1),
        "repeats are not known",
    ),
    ([LISTED | {"status": "pending"}], Seen(1, 0, 1), "not done yet"),
    ([], Seen(), "an empty inbox"),
]


@pytest.mark.parametrize(
    ("listed", "seen", "reason"), READINGS, ids=[reason for *_, reason in READINGS]
)
def test_a_message_is_found_again(monkeypatch, listed, seen, reason):
    """In the inbox, as the project lists it, and in the sink, of which row 1 is an effect."""
    output = b"".join(json.dumps(each).encode() + b"\n" for each in listed)
    monkeypatch.setattr("hookwright.demo.observation._rows", lambda *_: [1])
    found = asyncio.run(read(saying(0, output), CONTRACT))
    assert (found.trouble, found.of("msg_1")) == (None, seen), reason


@pytest.mark.parametrize(
    # Exit code, standard output and standard error of `inbox list`; what is said; why.
    ("code", "output", "errors", "said"),
    [
        pytest.param(
            1,
            b"",
            b"a\nno inbox today\n",
            "its inbox cannot be read: no inbox today",
            id="it fails",
        ),
        pytest.param(1, b"", b"", "its inbox cannot be read: no reason", id="and does not say why"),
        pytest.param(0, b"no JSON\n", b"", "what was not to be expected", id="another format"),
        pytest.param(0, b"[]\n", b"", "what was not to be expected", id="another shape"),
        pytest.param(0, b"{}\n", b"", "what was not to be expected", id="another version"),
        pytest.param(0, b"", b"", "its sink cannot be read: ", id="there is no database"),
    ],
)
def test_an_inbox_that_cannot_be_read_is_trouble(tmp_path, code, output, errors, said):
    """Never an end of the demo: the rest of the report is worth having."""
    found = asyncio.run(read(saying(code, output, errors, folder=tmp_path), CONTRACT))
    assert said in found.trouble
    assert (found.is_settled, found.messages, found.effects) == (False, (), Counter())


def saying(code, output, errors=b"", folder=Path()):
    """Return a receiver whose `inbox list` ends so."""

    async def command(*arguments):
        assert arguments == ("inbox", "list", "--json")
        return subprocess.CompletedProcess(arguments, code, output, errors)

    return SimpleNamespace(command=command, project=SimpleNamespace(directory=folder))


def test_a_project_that_cannot_list_its_inbox_says_why(tmp_path):
    """A real one, whose command fails: the last line of its standard error."""
    project = write_project(render_project(STACK, CONTRACT), tmp_path)
    commands = project.directory / project.package / "inbox_commands.py"
    broken = "\n\ndef _open(settings=None):\n    raise Unavailable('no inbox today')\n"
    commands.write_text(commands.read_text() + broken)
    with Processes() as processes:
        found = asyncio.run(read(Receiver(project, processes), CONTRACT))
    assert found.trouble.startswith("its inbox cannot be read: ")
    assert found.trouble.endswith("no inbox today")
