"""Programs that tests talk to: of the system, or started as somebody else would start them."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest


def needs(program: str, package: str, *, folders: Sequence[Path] = ()) -> str:
    """Return the path of a program, looked for in `folders` too; without it the test is skipped.

    With `CI=true` it fails instead: there `.ci/run` has installed every one of them.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, folders)])
    found = shutil.which(program, path=path)
    if found is None:
        message = f"this test needs {program}: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# What becomes of signals across `exec`: ignored ones stay ignored, blocked ones stay blocked.
LEGACIES = {
    # By a script that has no job control, under `nohup`.
    "in the background": (
        "signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    ),
    "SIGTERM ignored": "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "children ignored": "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    "all blocked": "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())",
}


def inheriting(legacy: str, command: Sequence[str | Path]) -> list[str]:
    """Return the command as one that is started with signals of such a kind (see LEGACIES)."""
    script = f"import os, signal, sys; {LEGACIES[legacy]}; os.execvp(sys.argv[1], sys.argv[1:])"
    return [sys.executable, "-I", "-S", "-c", script, *map(str, command)]


@contextmanager
def signals_kept() -> Iterator[None]:
    """Give this process its signal handlers back after a block that runs a program of ours in it.

    An event loop that has handled one leaves what the system does, however pytest was started. In
    the block none of them ends the tests, should the program not handle it.
    """
    before = {number: signal.getsignal(number) for number in ENDING}
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
