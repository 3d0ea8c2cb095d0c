"""However `hookwright demo` is ended, no process and no temporary folder is left.

Once by somebody at a terminal, once at its beginning, once by SIGKILL while all of it runs; at
every other moment, and by every other signal, under `make soak`.
"""

import asyncio
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

import pytest

from hookwright.demo import served
from hookwright.demo.course import Course
from hookwright_receiver.processes import Processes
from tests.programs import signals_kept

from .demos import COLUMNS, PHASES, Shown, everything_from

HOOKWRIGHT = Path(sys.executable).with_name("hookwright")
PATIENCE = 60.0
POLL = 0.02


@pytest.fixture(autouse=True)
def _signals_kept():
    """The demo takes signals over for as long as its event loop lives."""
    with signals_kept():
        yield


def wait_until(condition, what):
    """Return as soon as the condition holds; fail with `what()` after the deadline."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what()}"
        time.sleep(POLL)


def processes_in(folder):
    """Return the ids of all processes whose working directory is in the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        # It may have ended since it was listed, and a zombie is nowhere.
        with suppress(OSError):
            if str(folder) in str((process / "cwd").readlink()):
                found.append(process.name)
    return found


class Started:
    """A demo that runs, with temporary files in a folder of its own."""

    def __init__(self, folder, *arguments):
        self.folder = folder
        self.process = subprocess.Popen(
            [HOOKWRIGHT, "demo", *arguments],
            cwd="/",
            env={"PATH": os.environ["PATH"], "TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.told = []

    def until_phase(self, number):
        """Wait until the demo has said that a phase begins."""
        while len(self.told) < number:
            line = self.process.stderr.readline()
            assert line, self.told
            self.told.append(line)

    def end(self):
        """Wait until it has ended; return its exit code and what it has still said."""
        _, err = self.process.communicate(timeout=60)
        return self.process.returncode, err

    def left(self):
        """Return the processes and the folders that are still there."""
        return processes_in(self.folder), list(self.folder.iterdir())


@pytest.fixture
def start(tmp_path):
    """Start a demo; whatever happens it is ended with the test."""
    started = []

    def start(*arguments):
        started.append(Started(tmp_path, *arguments))
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.process.kill()
            demo.process.communicate()


SOAK = pytest.mark.soak
# The phases before the demo looks for what it has shown; at the fifth everything runs.
MOMENTS = range(1, 8)
ALL_RUN = 5


@pytest.mark.parametrize(
    "phase", [pytest.param(phase, marks=[SOAK] * (phase > 1)) for phase in MOMENTS]
)
def test_ctrl_c_at_any_moment_leaves_nothing(start, phase):
    """At the beginning of each phase: one line, exit code 130, nothing left."""
    demo = start()
    demo.until_phase(phase)
    demo.process.send_signal(signal.SIGINT)
    code, err = demo.end()
    # What the demo had said before the signal reached it is no part of its last words.
    last = err.splitlines()[-1]
    assert (code, last) == (130, "hookwright: stopped by SIGINT; no receiver is left running")
    assert "Traceback" not in err
    assert demo.left() == ([], [])


@SOAK
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["as a supervisor ends it", "as a terminal that is closed ends it"],
)
def test_other_signals_end_it_as_cleanly(start, number, code):
    """The exit code is the one that a shell gives to such an end."""
    demo = start()
    demo.until_phase(3)
    demo.process.send_signal(number)
    ended, err = demo.end()
    assert (ended, err.splitlines()[-1].split(";")[0]) == (
        code,
        f"hookwright: stopped by {number.name}",
    )
    assert demo.left() == ([], [])


@pytest.mark.parametrize(
    ("phase", "arguments"),
    [
        pytest.param(1, [], marks=SOAK),
        pytest.param(2, [], marks=SOAK),
        pytest.param(3, [], marks=SOAK),
        (ALL_RUN, ["--stack", "starlette"]),
        pytest.param(ALL_RUN, [], marks=SOAK),
    ],
)
def test_even_sigkill_leaves_nothing(start, phase, arguments):
    """Nothing of the demo's own can run any more, and still all of it goes."""
    demo = start(*arguments)
    demo.until_phase(phase)
    demo.process.kill()
    assert demo.end()[0] == -signal.SIGKILL
    wait_until(lambda: demo.left() == ([], []), demo.left)


def test_ctrl_c_at_a_terminal_keeps_what_is_to_be_kept(tmp_path):
    """Of 80 columns, pressed again and again: the clearing up is not broken off by that.

    The folder to keep stays, but nobody runs in it any more.
    """
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    process = subprocess.Popen(
        ["setsid", "--ctty", HOOKWRIGHT, "demo", "--stack", "flask", "--keep", "kept"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", "TMPDIR": str(tmp_path)},
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    try:
        read = b""
        while PHASES[ALL_RUN - 1].encode() not in read:
            read += os.read(leader, 65536)
        os.write(leader, b"\x03" * 5)
        read += everything_from(leader)
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()
    shown = Shown(process.returncode, read.decode())
    assert shown.code == 130, shown.raw
    assert shown.raw.endswith("hookwright: stopped by SIGINT; no receiver is left running\r\n")
    assert "Traceback" not in shown.raw
    assert shown.width <= COLUMNS
    told = [line[2:].rpartition("  ")[0] for line in shown.lines if line.startswith("✓ ")]
    assert told[1:] == list(PHASES[1 : ALL_RUN - 1])
    assert "\x1b[32m" in shown.raw
    assert processes_in(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept" / "flask-receiver" / "pyproject.toml").is_file()


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["Ctrl-C", "as a supervisor ends it", "as a terminal that is closed ends it"],
)
@pytest.mark.parametrize("again", [1, 5], ids=["once", "impatiently"])
def test_what_a_signal_unwinds_is_not_disturbed(monkeypatch, typed, number, code, again):
    """The exit code is the one that a shell gives to such an end; what clears up is left to."""
    cleared = []

    async def run(_course, _phases):
        asyncio.get_running_loop().call_soon(signal.raise_signal, number)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            for _ in range(again):
                signal.raise_signal(number)
                await asyncio.sleep(0)
            cleared.append(True)

    monkeypatch.setattr(Course, "run", run)
    ended = typed("demo")
    assert (ended.code, cleared) == (code, [True])
    assert ended.refusal == f"stopped by {number.name}; no receiver is left running"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_what_was_ignored_stays_so(monkeypatch, typed, number):
    """`nohup` asks that a closed terminal should end nothing, a shell's `&` that Ctrl-C should."""
    signal.signal(number, signal.SIG_IGN)

    async def run(_course, _phases):
        signal.raise_signal(number)
        await asyncio.sleep(0)
        raise NotImplementedError("it went on")

    monkeypatch.setattr(Course, "run", run)
    with pytest.raises(NotImplementedError, match="it went on"):
        typed("demo")
    assert signal.getsignal(number) is signal.SIG_IGN


@SOAK
def test_a_kept_folder_stays_when_the_demo_is_stopped(start, tmp_path):
    """What was to be kept is kept, before there is a platform too."""
    demo = start("--stack", "flask", "--keep", str(tmp_path / "kept"))
    demo.until_phase(3)
    demo.process.send_signal(signal.SIGINT)
    assert demo.end()[0] == 130
    assert processes_in(tmp_path) == []
    assert (tmp_path / "kept" / "flask-receiver" / "pyproject.toml").is_file()


def test_a_command_that_does_not_end_is_ended(monkeypatch, tmp_path):
    """The demo goes on, with what was wrong."""
    monkeypatch.setattr(served, "COMMAND", 0.1)
    program = served.Program("receiver", (sys.executable, "-c"), tmp_path, {})
    with Processes() as processes:
        told = served.Served(program, processes).command("import time; time.sleep(3600)")
        ran = asyncio.run(told)
    assert (ran.returncode, ran.stderr) == (-signal.SIGKILL, b"no end after 0.1 s")
