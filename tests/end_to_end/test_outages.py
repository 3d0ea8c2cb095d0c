"""The database goes, and the disk is full: callers are told so, and nothing accepted is lost."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import postgresql

from .books import check, drained
from .emitter import Emitter
from .full_disk import Disk, no_larger_files, small_disk
from .killing import emitting
from .receivers import Project
from .stage import Stage, stage

SEED = 20261125
# Before and after each outage.
EVENTS = 30
REFUSALS = 10
WITHIN = 120.0


@pytest.fixture
def receiver(project: Callable[..., Project]) -> Project:
    """A project whose handlers have an effect in a database."""
    return project(stack="starlette", sinks=("sql",))


@pytest.mark.parametrize(
    ("times", "workers"),
    [(1, 1), pytest.param(3, 2, marks=[pytest.mark.soak, pytest.mark.timeout(900)])],
)
def test_postgresql_goes_and_comes_back(
    receiver: Project, tmp_path: Path, times: int, workers: int
) -> None:
    """Under load, in either way: the server and the workers find it again by themselves.

    At last they are told to end while it is away. They do, in order, and what they could not record
    is done again by whoever comes next.
    """

    async def run(made: Stage, database: postgresql.Fragile) -> Emitter:
        async with emitting(made, SEED) as emitter:
            pids = pids_of(made)
            for number in [signal.SIGINT, signal.SIGKILL] * times:
                await emitter.until_accepted(len(emitter.accepted) + EVENTS)
                await asyncio.to_thread(database.stop, number)
                await refused(emitter)
                await asyncio.to_thread(database.start)
            await emitter.until_accepted(len(emitter.accepted) + EVENTS, within=WITHIN)
            see_them_well(made, pids)
            await asyncio.to_thread(database.stop)
            await refused(emitter)
            processes = (made.server, *made.workers)
            ended = await asyncio.gather(
                *(asyncio.to_thread(process.terminate) for process in processes)
            )
            assert set(ended) == {0}, [process.log() for process in processes]
            await asyncio.to_thread(database.start)
            for process in processes:
                process.start()
            await emitter.until_accepted(len(emitter.accepted) + EVENTS, within=WITHIN)
        return emitter

    with (
        postgresql.fragile() as database,
        database.database() as url,
        stage(tmp_path, receiver, url, workers=workers) as made,
    ):
        emitter = asyncio.run(run(made, database))
        conclude(made, emitter, pids_of(made))


@pytest.mark.parametrize(
    "times", [1, pytest.param(3, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]
)
def test_the_disk_is_full_for_a_while(receiver: Project, tmp_path: Path, times: int) -> None:
    """With SQLite under load, in either way; the process goes on by itself once there is room."""

    async def run(made: Stage, disks: Sequence[Disk]) -> Emitter:
        pid = made.server.process.pid
        async with emitting(made, SEED) as emitter:
            for disk in disks:
                await emitter.until_accepted(len(emitter.accepted) + EVENTS)
                await asyncio.to_thread(disk.fill, pid)
                await refused(emitter)
                await asyncio.to_thread(disk.clear, pid)
            await emitter.until_accepted(len(emitter.accepted) + EVENTS, within=WITHIN)
        return emitter

    folder = tmp_path / "platform"
    folder.mkdir()
    forbidden = None
    with ExitStack() as opened:
        disks: list[Disk] = [opened.enter_context(no_larger_files(folder))]
        try:
            disks.append(opened.enter_context(small_disk(folder)))
        except pytest.skip.Exception as reason:
            forbidden = reason
        made = opened.enter_context(stage(tmp_path, receiver))
        pids = pids_of(made)
        emitter = asyncio.run(run(made, disks * times))
        conclude(made, emitter, pids)
    if forbidden is not None:
        # The other way was seen.
        raise forbidden


async def refused(emitter: Emitter) -> None:
    """Wait until callers were told to come back, and nothing but that any more."""
    for _ in range(REFUSALS):
        await emitter.until_answered(503, within=WITHIN)


def pids_of(made: Stage) -> list[int]:
    """Return the processes."""
    return [member.process.process.pid for member in made.members]


def conclude(made: Stage, emitter: Emitter, pids: list[int]) -> None:
    """Compare what was accepted with what arrived; see that nobody was harmed."""
    drained(made)
    check(made, emitter.accepted, SEED, what=emitter.answers)
    see_them_well(made, pids)
    # Every refusal said when to come back.
    assert all(seconds is not None and int(seconds) > 0 for seconds in emitter.told_to_wait)


def see_them_well(made: Stage, pids: list[int]) -> None:
    """See that no process ended, or said nonsense."""
    assert pids_of(made) == pids
    assert [member.process.process.poll() for member in made.members] == [None] * len(pids)
    for process in (made.server, *made.workers):
        unexpected = [
            line for line in process.lines()
            if line["message"] in {"failed", "unhandled"}
        ]  # fmt: skip
        assert not unexpected, unexpected[:3]
