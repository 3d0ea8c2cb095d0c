"""Every command that runs for long does what its supervisor says, whatever it has inherited.

`nohup`, a script's `&` and some supervisors leave signals ignored or blocked to what they start.
Each command is given all of that at once; each of it alone one of our commands, and one of a
project's. The others of those pairs run under `make soak`.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from hookwright_receiver import Answers, generate
from tests.programs import LEGACIES, inheriting

HOOKWRIGHT = Path(sys.executable).with_name("hookwright")
PATIENCE = 60.0
POLL = 0.02


class Place:
    """Where a command is started: its folder, and what it talks to."""

    def __init__(self, folder: Path, listener: socket.socket) -> None:
        self.folder = folder
        self.listener = listener
        self.output = folder / "output"
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    def says(self, word: str) -> Callable[[], bool]:
        return lambda: word in self.output.read_text()

    def is_asked(self) -> bool:
        """Tell whether somebody has connected, who will wait for an answer."""
        with suppress(TimeoutError):
            connection, _ = self.listener.accept()
            self.connections.enter_context(connection)
            return True
        return False

    def has(self, pattern: str) -> Callable[[], bool]:
        return lambda: any(self.folder.glob(pattern))

    connections: ExitStack


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An empty folder, and a port that takes connections and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as connections:
        listener.settimeout(POLL)
        made = Place(tmp_path, listener)
        made.connections = connections
        yield made


def receiver(place: Place) -> Path:
    return generate(place.folder / "rx", Answers(auth="none")).directory


Started = tuple[list[str | Path], Path, Callable[[], bool]]


def serve(place: Place) -> Started:
    return [HOOKWRIGHT, "serve", "--port", "0"], place.folder, place.says("listening")


def worker(place: Place) -> Started:
    return [HOOKWRIGHT, "worker", "--metrics-port", "0"], place.folder, place.says("listening")


def send(place: Place) -> Started:
    return [HOOKWRIGHT, "send", "form", place.url, "--timeout", "90"], place.folder, place.is_asked


def check(place: Place) -> Started:
    command = [HOOKWRIGHT, "check", receiver(place), "--case", "T2", "--python", sys.executable]
    return command, place.folder, place.has("hookwright-check-*/**/serve.log")


def check_url(place: Place) -> Started:
    return [HOOKWRIGHT, "check", place.url, "--case", "P1"], place.folder, place.is_asked


def demo(place: Place) -> Started:
    return [HOOKWRIGHT, "demo"], place.folder, place.has("hookwright-demo-*/*.log")


def generated_serve(place: Place) -> Started:
    command: list[str | Path] = [sys.executable, "-m", "rx", "serve"]
    return command, receiver(place), place.says("listening")


def generated_worker(place: Place) -> Started:
    command: list[str | Path] = [sys.executable, "-m", "rx", "worker"]
    return command, receiver(place), place.has("rx/inbox.db")


COMMANDS = [
    # what is started, how it ends at SIGTERM
    (serve, 0),
    (worker, 0),
    (send, -signal.SIGTERM),
    (check, 130),
    (check_url, 130),
    (demo, 128 + signal.SIGTERM),
    (generated_serve, 0),
    (generated_worker, 0),
]

ALL = "all at once"
# The cheapest of either program: it is one place in each that settles what was inherited.
ALONE = (send, generated_worker)


# What is inherited, what is started, how it ends at SIGTERM.
LEGACY_ROWS = [
    pytest.param(
        legacy,
        what,
        code,
        marks=[] if legacy == ALL or what in ALONE else [pytest.mark.soak],
        id=f"{legacy}-{what.__name__}",
    )
    for legacy in [ALL, *LEGACIES]
    for what, code in COMMANDS
]


def started_with(legacy: str, command: list[str | Path]) -> list[str | Path]:
    """Return the command as one that inherits this."""
    for each in LEGACIES if legacy == ALL else [legacy]:
        command = [*inheriting(each, command)]
    return command


@pytest.fixture
def start(place: Place) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Start a command with such a legacy, and wait until it is at work."""
    with ExitStack() as ending:

        def begin(legacy: str, what: Callable[[Place], Started]) -> "subprocess.Popen[bytes]":
            command, folder, ready = what(place)
            environment = {
                name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ
            }
            with place.output.open("wb") as output:
                process = subprocess.Popen(
                    started_with(legacy, command),
                    cwd=folder,
                    env=environment | {"PORT": "0", "TMPDIR": str(place.folder)},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
            ending.callback(process.wait)
            ending.callback(process.kill)
            deadline = time.monotonic() + PATIENCE
            while not ready():
                assert process.poll() is None, place.output.read_text()
                assert time.monotonic() < deadline, place.output.read_text()
                time.sleep(POLL)
            return process

        yield begin


@pytest.mark.parametrize(("legacy", "what", "code"), LEGACY_ROWS)
def test_sigterm_ends_it(
    place: Place,
    start: Callable[..., "subprocess.Popen[bytes]"],
    legacy: str,
    what: Callable[[Place], Started],
    code: int,
) -> None:
    """As it does where nothing was inherited, and nothing temporary is left.

    Ctrl-C and a closed terminal are for what runs in front: that stays as it was.
    """
    process = start(legacy, what)
    if legacy in {ALL, "in the background"}:
        # While it starts a process it handles them, by nothing.
        deadline = time.monotonic() + PATIENCE
        while ignored(process) != {signal.SIGINT, signal.SIGHUP}:
            assert time.monotonic() < deadline
            time.sleep(POLL)
    process.terminate()
    assert process.wait(PATIENCE) == code, place.output.read_text()
    assert not [*place.folder.glob("hookwright-check-*"), *place.folder.glob("hookwright-demo-*")]


def ignored(process: "subprocess.Popen[bytes]") -> set[signal.Signals]:
    """Return which of the two the kernel knows as ignored."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("SigIgn:"))
    mask = int(line.split()[1], 16)
    return {number for number in (signal.SIGINT, signal.SIGHUP) if mask & 1 << (number - 1)}
