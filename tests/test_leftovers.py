"""What a test starts ends with it, however far away it has got."""

import signal
import subprocess
import sys

import pytest

from . import leftovers
from .programs import inheriting

# Until it says something it may not have its name yet.
SLEEP = "import time; print(flush=True); time.sleep(600)"
# Starts another one in a session of its own, and is gone.
ORPHAN = (
    "import subprocess, sys; command = [sys.executable, '-c', " + repr(SLEEP) + "]; "
    "subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE).stdout.readline()"
)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing to end by itself."""
    monkeypatch.setattr(leftovers, "PATIENCE", 0)


@pytest.mark.usefixtures("impatient")
def test_a_process_is_found_and_ended() -> None:
    """With its command line, for the message."""
    before = leftovers.children()
    process = subprocess.Popen([sys.executable, "-c", SLEEP], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
    left = leftovers.remaining(before)
    assert list(left) == [process.pid]
    assert SLEEP in left[process.pid]
    leftovers.end(left, before)
    assert leftovers.children() <= before
    process.wait()


@pytest.mark.usefixtures("impatient")
def test_an_orphan_is_found_and_ended() -> None:
    """Its parent has gone, so this process has adopted it."""
    before = leftovers.children()
    subprocess.run([sys.executable, "-c", ORPHAN], check=True)
    left = leftovers.remaining(before)
    assert [SLEEP in command for command in left.values()] == [True]
    leftovers.end(left, before)
    assert leftovers.children() <= before


def test_what_ends_by_itself_is_waited_for() -> None:
    """A guard does, whose run is over."""
    before = leftovers.children()
    process = subprocess.Popen([sys.executable, "-c", ""])
    assert leftovers.remaining(before) == {}
    process.wait()


SIGNALS = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"


def test_a_test_starts_its_programs_with_signals_of_their_own() -> None:
    """Whatever pytest was started with: what a test wants ignored it says."""
    asked = [sys.executable, "-c", SIGNALS]
    assert subprocess.check_output(asked, text=True) == "False\n"
    assert subprocess.check_output(inheriting("in the background", asked), text=True) == "True\n"
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
