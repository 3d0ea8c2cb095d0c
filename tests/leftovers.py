"""A plugin of pytest: a test that fails, and a module that is over, take their processes along."""

import ctypes
import os
import signal
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

PR_SET_CHILD_SUBREAPER = 36
# Seconds in which what is about to end by itself may do so: a guard, a server that was told to.
PATIENCE = 5.0
POLL = 0.02
# Python starts these once for a process, and ends them with it.
PYTHONS_OWN = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")

FAILED = pytest.StashKey[bool]()
# Processes of fixtures that several tests share, and of those that several modules do.
SHARED: set[int] = set()
LASTING: set[int] = set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether a test has failed."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    """Remember what a fixture of a wider scope starts, whenever a test asks for it."""
    if fixturedef.scope == "function":
        return (yield)
    before = children()
    try:
        return (yield)
    finally:
        SHARED.update(children() - before)
        if fixturedef.scope == "session":
            LASTING.update(children() - before)


@pytest.fixture(autouse=True)
def _takes_its_processes_along(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that fails leaves nothing that could fail its neighbours."""
    before = children()
    yield
    if FAILED in request.node.stash:
        end(remaining(before | SHARED), before | SHARED)


@pytest.fixture(autouse=True, scope="module")
def _ends_what_it_starts() -> Iterator[None]:
    """A module whose tests have left a process behind, one that none of them shares, fails."""
    before = children()
    yield
    known = before | LASTING
    left = remaining(known)
    end(left, known)
    if left:
        pytest.fail("processes were left behind:\n" + "\n".join(left.values()))


def adopt() -> None:
    """Have the processes that lose their parent below this one become its children.

    So a process cannot get away from a test by the end of the one that has started it.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children(of: int | str = "self") -> set[int]:
    """Return the ids of the processes that a process has started or adopted, dead ones included."""
    found: set[int] = set()
    threads: list[Path] = []
    with suppress(OSError):
        threads = list(Path(f"/proc/{of}/task").iterdir())
    # A child belongs to the thread that has started it.
    for thread in threads:
        with suppress(OSError):
            found.update(map(int, (thread / "children").read_text().split()))
    return found


def remaining(before: set[int]) -> dict[int, str]:
    """Return the children that have come since and are still alive: id -> command line.

    What those that were there before have started, as a server does for a connection, is theirs.
    Dead ones are collected on the way.
    """
    deadline = time.monotonic() + PATIENCE
    while alive := dict(_alive(children() - before)):
        if time.monotonic() > deadline:
            return alive
        time.sleep(POLL)
    return {}


def end(processes: dict[int, str], before: set[int]) -> None:
    """End processes with all that is below them, which then has become a child of this one."""
    while processes:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for process in processes:
            with suppress(ChildProcessError):
                os.waitpid(process, 0)
        processes = dict(_alive(children() - before))


def _alive(processes: set[int]) -> Iterator[tuple[int, str]]:
    for process in processes:
        with suppress(ChildProcessError):
            if os.waitpid(process, os.WNOHANG)[0] == process:
                continue
        command = _command(process)
        if command is not None and not any(name in command for name in PYTHONS_OWN):
            yield process, command


def _command(process: int) -> str | None:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return b" ".join(words).decode("utf-8", "replace").strip() or "a process without a name"
