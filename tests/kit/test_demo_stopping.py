"""However `hookwright demo` is ended, no process and no temporary folder is left."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

HOOKWRIGHT = Path(sys.executable).with_name("hookwright")
PHASES = 7
PATIENCE = 20.0
POLL = 0.02


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


@pytest.mark.parametrize("phase", range(1, PHASES + 1))
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


def test_an_impatient_second_ctrl_c_changes_nothing(start):
    """The clearing up is not broken off."""
    demo = start()
    demo.until_phase(3)
    for _ in range(5):
        demo.process.send_signal(signal.SIGINT)
    assert demo.end()[0] == 130
    assert demo.left() == ([], [])


@pytest.mark.parametrize("phase", [1, 2, 3, 5])
def test_even_sigkill_leaves_nothing(start, phase):
    """Nothing of the demo's own can run any more, and still all of it goes."""
    demo = start()
    demo.until_phase(phase)
    demo.process.kill()
    assert demo.end()[0] == -signal.SIGKILL
    wait_until(lambda: demo.left() == ([], []), demo.left)


def test_a_kept_folder_stays_when_the_demo_is_stopped(start, tmp_path):
    """What was to be kept is kept, but nobody runs in it any more."""
    demo = start("--stack", "flask", "--keep", str(tmp_path / "kept"))
    demo.until_phase(3)
    demo.process.send_signal(signal.SIGINT)
    assert demo.end()[0] == 130
    assert processes_in(tmp_path) == []
    assert (tmp_path / "kept" / "flask-receiver" / "pyproject.toml").is_file()
