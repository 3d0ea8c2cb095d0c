"""A process of parts: it runs until a signal, and ends in order."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

# Parts that tell what they do on standard output; `{make}` makes them, `{grace}` is in seconds.
PROGRAM = """
import asyncio
import contextlib
import sys
import threading

from hookwright.cli import fail
from hookwright.platform import running
from hookwright_schemas.errors import HookwrightError
from hookwright_sender import logs

logs.configure()
running.MARGIN = 0.2


class Obedient:
    name = "obedient"

    def __init__(self):
        self.stopped = asyncio.Event()

    async def run(self):
        print("ready", flush=True)
        await self.stopped.wait()
        await asyncio.sleep(0)
        print("finished", flush=True)

    def stop(self):
        self.stopped.set()


class Deaf(Obedient):
    name = "deaf"

    async def run(self):
        print("ready", flush=True)
        await asyncio.Event().wait()


class Stuck(Obedient):
    name = "stuck"

    async def run(self):
        print("ready", flush=True)
        await asyncio.to_thread(threading.Event().wait)


class Failing(Obedient):
    name = "failing"

    async def run(self):
        raise ValueError("a secret")


class Careless(Obedient):
    name = "careless"

    async def run(self):
        asyncio.get_running_loop().create_task(self.fail()).add_done_callback(lambda task: None)
        await super().run()

    async def fail(self):
        asyncio.get_running_loop().call_exception_handler(
            {{"message": "lost", "exception": ValueError("a secret")}})


@contextlib.asynccontextmanager
async def make():
    yield [{parts}]


try:
    running.run(make, {grace})
except HookwrightError as error:
    fail(str(error), error.exit_code)
"""


def started(parts: str, grace: float = 30) -> "subprocess.Popen[str]":
    """Start a process of these parts and wait until one of them is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM.format(parts=parts, grace=grace))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={"PATH": os.environ["PATH"]}, cwd=Path(__file__).parent,
    )  # fmt: skip
    assert process.stdout is not None
    # Nothing may be read ahead: `communicate` would not find it any more.
    while os.read(process.stdout.fileno(), 1) not in {b"\n", b""}:
        pass
    return process


def ended(process):
    """Return how a process ended: its code, its output and its log's messages."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out, [json.loads(line) for line in err.splitlines()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_in_order(number):
    """Each part finishes what it has begun; the code is 0."""
    process = started("Obedient(), Obedient()")
    process.send_signal(number)
    code, out, log = ended(process)
    assert (code, out.count("finished")) == (0, 2)
    assert [line["message"] for line in log] == ["stopping", "stopped"]


def test_a_second_signal_changes_nothing():
    """Whoever presses Ctrl-C twice must not cut off what is in flight: the time is bounded."""
    process = started("Obedient()")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    code, out, _ = ended(process)
    assert (code, out.count("finished")) == (0, 1)


def test_what_is_not_finished_in_time_is_told_and_cut_off():
    """And the others are finished all the same."""
    process = started("Deaf(), Obedient()", grace=0.1)
    process.send_signal(signal.SIGTERM)
    code, out, log = ended(process)
    assert (code, out.count("finished")) == (0, 1)
    assert {"message": "not finished in time", "part": "deaf"}.items() <= log[1].items()


def test_a_thread_that_hangs_cannot_keep_the_process():
    """A database that is gone may hold one for ever; what was claimed is due again later."""
    process = started("Stuck()", grace=0.1)
    process.send_signal(signal.SIGTERM)
    code, _, log = ended(process)
    assert (code, log[-1]["message"]) == (1, "cut off")


def test_a_part_that_fails_ends_the_process():
    """The others finish first; the log says where, and the last line what to do."""
    process = started("Failing(), Obedient()")
    out, err = process.communicate(timeout=60)
    *_, logged, told = err.splitlines()
    assert process.returncode == 1
    assert "finished" in out
    assert json.loads(logged)["exception"][0] == "ValueError"
    assert told.startswith("hookwright: the failing failed (ValueError)")
    assert "a secret" not in err


def test_an_exception_that_nobody_awaits_is_logged_without_its_text():
    """asyncio's own line would quote it."""
    process = started("Careless()")
    process.send_signal(signal.SIGTERM)
    code, _, log = ended(process)
    assert code == 0
    (line,) = [line for line in log if line["message"] == "unhandled"]
    assert line["exception"] == ["ValueError"]
    assert "a secret" not in json.dumps(log)
