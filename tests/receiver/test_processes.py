"""Processes that a run starts: what they take over from it, and what not."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hookwright_receiver.processes import Processes

IGNORED = "import signal as s; print(*[s.getsignal(n) is s.SIG_IGN for n in (s.SIGINT, s.SIGTERM)])"


@pytest.fixture
def background() -> Iterator[None]:
    """Ignore what a process does that a script has started with `&`, and SIGTERM too."""
    before = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("background")
def test_what_is_started_ignores_nothing(tmp_path: Path) -> None:
    """A receiver is judged by how it ends at SIGTERM; the run itself goes on as it was told to."""
    with Processes() as processes:
        process = processes.start([sys.executable, "-c", IGNORED], tmp_path, os.environ)
        assert process.communicate(timeout=60)[0] == b"False False\n"
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


@pytest.mark.usefixtures("background")
def test_another_thread_passes_on_what_there_is(tmp_path: Path) -> None:
    """Python lets the main one alone change how a signal is taken."""
    printed = []

    def start() -> None:
        with Processes() as processes:
            process = processes.start([sys.executable, "-c", IGNORED], tmp_path, os.environ)
            printed.append(process.communicate(timeout=60)[0])

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert printed == [b"True True\n"]
