"""`hookwright demo`, as it is typed: real receivers, real sockets, a real kill."""

import asyncio
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from hookwright.cli import main
from hookwright.console import console
from hookwright.demo.course import Course
from hookwright.demo.interruption import interruptible
from hookwright.demo.phases import Phases
from hookwright.demo.project import runnable_stacks
from hookwright_receiver import STACKS
from hookwright_schemas import load_contract

HOOKWRIGHT = Path(sys.executable).with_name("hookwright")
SHOP = Path(__file__).parents[1] / "contracts" / "shop"
EVENTS = [event.id for event in load_contract().events]
# Settings of the shell's that would make a receiver another one, if they reached it.
HOSTILE = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "GUNICORN_CMD_ARGS": "--bind 127.0.0.1:1",
    "HOST": "203.0.113.1",
    "PORT": "1",
    "WEBHOOK_PATH": "/elsewhere",
    "WEBHOOK_PROFILE": "bogus",
    "WEBHOOK_TOKENS": "the-token-of-somebody-else",
    "WORKERS": "0",
    "http_proxy": "http://127.0.0.1:1",
}


@pytest.fixture
def temporary(tmp_path):
    """The folder that temporary ones are made in."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def demo(temporary, tmp_path):
    """Run the command in an empty folder and return how it ended."""

    def run(*arguments, **settings):
        return subprocess.run(
            [HOOKWRIGHT, "demo", *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "TMPDIR": str(temporary), **settings},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def expected_rows(stack, *, killed):
    """Return what the demo has to show of one receiver: (event, sent, answer, stored, handled)."""
    rows = [(event, "sample", 200, 1, 1) for event in EVENTS]
    rows += [
        (EVENTS[0], "repeated", 200, 1, 1),
        (EVENTS[0], "invalid", 422, 0, 0),
        (EVENTS[0], "wrong token", 401, 0, 0),
    ]
    if killed:
        rows += [(EVENTS[0], "while down", 200, 1, 1), (EVENTS[0], "after kill", 200, 1, 1)]
    return [(stack, *row) for row in rows]


def test_everything_holds_on_every_stack(demo, temporary):
    """Exit code 0; each delivery accepted or refused, stored and handled as it must be."""
    ended = demo("--json", **HOSTILE)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads(ended.stdout)
    rows = [
        (row["stack"], row["event"], row["sent"], row["answer"], row["stored"], row["handled"])
        for row in report["rows"]
    ]
    first, *others = runnable_stacks()
    expected = expected_rows(first, killed=True)
    for stack in others:
        expected += expected_rows(stack, killed=False)
    assert rows == expected
    assert all(row["held"] and row["latency_ms"] > 0 for row in report["rows"])
    assert report["restart"] == {
        "stack": first,
        "messages_before": len(EVENTS),
        "messages_kept": len(EVENTS),
        "held": True,
    }
    assert [(proof["host"], proof["held"]) for proof in report["proofs"]] == [
        (f"{stack}.receivers.test", True) for stack in runnable_stacks()
    ]
    assert (report["held"], report["faults"], report["folder"]) == (True, [], None)
    assert list(temporary.iterdir()) == []


def test_each_phase_is_a_plain_line_where_there_is_no_terminal(demo):
    """Standard error tells what is going on; standard output is the table alone."""
    ended = demo("--stack", "starlette")
    assert ended.returncode == 0, ended.stderr
    assert len(ended.stderr.splitlines()) == 10
    assert "\x1b" not in ended.stderr + ended.stdout
    assert all(len(line) <= 80 for line in ended.stdout.splitlines())
    header = ["event", "stack", "expected", "answer", "latency", "stored", "handled"]
    assert ended.stdout.splitlines()[1].split() == header
    assert ended.stdout.count("✓ ") == len(expected_rows("starlette", killed=True)) + 3


TERMINALS = [
    # arguments, environment, colours, reason
    ([], {}, True, "a terminal has colours"),
    (["--no-color"], {}, False, "nobody wants them here"),
    ([], {"NO_COLOR": "1"}, False, "nobody wants them anywhere"),
]


@pytest.mark.parametrize(
    ("arguments", "environment", "colours", "reason"),
    TERMINALS,
    ids=[reason for *_, reason in TERMINALS],
)
def test_on_a_terminal_of_80_columns(temporary, arguments, environment, colours, reason):
    """Nothing wraps, and there are colours only for who wants them."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    with subprocess.Popen(
        [HOOKWRIGHT, "demo", "--stack", "starlette", *arguments],
        cwd=temporary,
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", "TMPDIR": str(temporary)}
        | environment,
        stdin=follower,
        stdout=follower,
        stderr=follower,
    ) as process:
        os.close(follower)
        shown = everything_from(leader).decode()
    assert process.returncode == 0, shown
    # 32 is green; the codes for bold, dim and the cursor are no colours.
    assert ("\x1b[32m" in shown) is colours, reason
    assert not re.search(r"\x1b\[(?:\d+;)*3[1-7]m", shown) or colours
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    lines = [line.rsplit("\r", 1)[-1] for line in plain.split("\r\n")]
    assert all(len(line) <= 80 for line in lines)
    assert sum(line.startswith("✓ ") for line in lines) >= 9


def everything_from(leader):
    """Read what is written to a terminal until nobody has it open."""
    read = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            # Linux answers so when the other end is closed.
            part = b""
        if not part:
            os.close(leader)
            return read
        read += part


def test_what_is_kept_can_be_looked_at_and_served(demo, temporary, tmp_path):
    """The commands that the demo prints are run, as they stand there."""
    kept = tmp_path / "kept" / "here"
    ended = demo("--stack", "flask", "--keep", "kept/here")
    assert ended.returncode == 0, ended.stderr
    assert str(kept) in ended.stdout
    serve, look = re.findall(r"^  (cd .*)$", ended.stdout, re.MULTILINE)
    listed = subprocess.run(
        ["bash", "-c", f"{look} --json"], capture_output=True, text=True, check=True, timeout=60
    )
    inbox = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [(found["event"], found["status"]) for found in inbox] == [
        (event, "done") for event in [*EVENTS, EVENTS[0]]
    ]
    # The token is in `.env`, for its owner alone.
    assert (kept / "flask-receiver" / ".env").stat().st_mode & 0o777 == 0o600
    with subprocess.Popen(
        ["bash", "-c", f"exec env PORT=0 bash -c {json.dumps(serve)}"],
        stderr=subprocess.PIPE,
        text=True,
    ) as serving:
        try:
            assert any('"listening"' in line for line in serving.stderr)
        finally:
            serving.terminate()
    assert list(temporary.iterdir()) == []


REFUSED = [
    # arguments, part of the message, reason
    (["--stack", "rails"], "rails", "no such stack"),
    (["--stack", "starlette", "--stack", "rails"], "rails", "one of two is no stack"),
    (["--keep", "full"], "not empty", "a folder with files"),
    (["--keep", "full/file"], "--keep", "a file"),
    (["--keep", "full/file/below"], "--keep", "below a file"),
    (["--verbose"], "--verbose", "no such option"),
    (["flask"], "flask", "a stack without its option"),
]


@pytest.mark.parametrize(
    ("arguments", "message", "reason"), REFUSED, ids=[reason for *_, reason in REFUSED]
)
def test_wrong_usage_is_one_line_and_leaves_nothing(demo, tmp_path, arguments, message, reason):
    """Exit code 2, the remedy, no traceback, no folder."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    ended = demo(*arguments)
    assert ended.returncode == 2, reason
    assert ended.stdout == ""
    assert ended.stderr.startswith("hookwright: ")
    assert ended.stderr.count("\n") == 1
    assert message in ended.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "full", "temporary"]


def test_without_its_extra_it_says_what_to_install(monkeypatch, capsys, tmp_path):
    """One line with the pip command, before anything is written."""

    def version(distribution):
        raise PackageNotFoundError(distribution)

    monkeypatch.setattr("hookwright.demo.project.version", version)
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--keep", str(tmp_path / "kept")])
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err.count("\n")) == (2, "", 1)
    assert "pip install 'hookwright[demo]'" in err
    assert not (tmp_path / "kept").exists()


def test_the_stacks_are_those_that_python_runs():
    """Taken from the manifests: a stack that is added is shown without a change here."""
    assert set(runnable_stacks()) == {
        name for name, stack in STACKS.items() if "python" in stack.layers
    }
    assert {"starlette", "flask"} <= set(runnable_stacks())


def test_another_contract_is_shown_as_well():
    """Without the platform, to which only the built-in contract's events happen."""
    shop = load_contract(SHOP)
    course = Course(["starlette"], shop)
    report = asyncio.run(interruptible(course.run(Phases(console(stderr=True)))))
    assert report.faults == []
    assert [(row.delivery.event.definition.id, str(row.delivery.kind)) for row in report.rows] == [
        *((event.id, "") for event in shop.events),
        (shop.events[0].id, "repeated"),
        (shop.events[0].id, "invalid"),
        (shop.events[0].id, "wrong token"),
        (shop.events[0].id, "after kill"),
    ]
