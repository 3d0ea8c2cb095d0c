"""The database goes, and the disk is full: callers are told so, and nothing accepted is lost."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
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
OUTAGES = 2
# Before and after each.
EVENTS = 30
REFUSALS = 10
WITHIN = 120.0


@pytest.fixture
def receiver(project: Callable[..., Project]) -> Project:
    """A project whose handlers have an effect in a database."""
    return project(stack="starlette", sinks=("sql",))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_postgresql_goes_and_comes_back(
    receiver: Project, tmp_path: Path, number: signal.Signals
) -> None:
    """Under load, twice; the server and both workers find it again by themselves."""

    async def run(made: Stage, database: postgresql.Fragile) -> Emitter:
        async with emitting(made, SEED) as emitter:
            for _ in range(OUTAGES):
                await emitter.until_accepted(len(emitter.accepted) + EVENTS)
                await asyncio.to_thread(database.stop, number)
                await refused(emitter)
                await asyncio.to_thread(database.start)
            await emitter.until_accepted(len(emitter.accepted) + EVENTS, within=WITHIN)
        return emitter

    with (
        postgresql.fragile() as database,
        database.database() as url,
        stage(tmp_path, receiver, url, workers=2) as made,
    ):
        pids = pids_of(made)
        emitter = asyncio.run(run(made, database))
        conclude(made, emitter, pids)


def test_processes_end_in_order_without_their_database(receiver: Project, tmp_path: Path) -> None:
    """What they could not record is done again by whoever comes next."""

    async def run(made: Stage, database: postgresql.Fragile) -> Emitter:
        async with emitting(made, SEED) as emitter:
            await emitter.until_accepted(EVENTS)
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
        stage(tmp_path, receiver, url, workers=1) as made,
    ):
        emitter = asyncio.run(run(made, database))
        conclude(made, emitter, pids_of(made))


@pytest.mark.parametrize("make", [small_disk, no_larger_files], ids=lambda make: make.__name__)
def test_the_disk_is_full_for_a_while(
    receiver: Project, tmp_path: Path, make: Callable[[Path], AbstractContextManager[Disk]]
) -> None:
    """With SQLite under load, twice; the process goes on by itself once there is room."""

    async def run(made: Stage, disk: Disk) -> Emitter:
        pid = made.server.process.pid
        async with emitting(made, SEED) as emitter:
            for _ in range(OUTAGES):
                await emitter.until_accepted(len(emitter.accepted) + EVENTS)
                await asyncio.to_thread(disk.fill, pid)
                await refused(emitter)
                await asyncio.to_thread(disk.clear, pid)
            await emitter.until_accepted(len(emitter.accepted) + EVENTS, within=WITHIN)
        return emitter

    folder = tmp_path / "platform"
    folder.mkdir()
    with ExitStack() as stack:
        disk = stack.enter_context(make(folder))
        made = stack.enter_context(stage(tmp_path, receiver))
        pids = pids_of(made)
        emitter = asyncio.run(run(made, disk))
        conclude(made, emitter, pids)


async def refused(emitter: Emitter) -> None:
    """Wait until callers were told to come back, and nothing but that any more."""
    for _ in range(REFUSALS):
        await emitter.until_answered(503, within=WITHIN)


def pids_of(made: Stage) -> list[int]:
    """Return the processes."""
    return [member.process.process.pid for member in made.members]


def conclude(made: Stage, emitter: Emitter, pids: list[int]) -> None:
    """Compare what was accepted with what arrived; see that no process ended, or said nonsense."""
    drained(made)
    check(made, emitter.accepted, SEED, what=emitter.answers)
    assert pids_of(made) == pids
    assert [member.process.process.poll() for member in made.members] == [None] * len(pids)
    # Every refusal said when to come back.
    assert all(seconds is not None and int(seconds) > 0 for seconds in emitter.told_to_wait)
    for process in (made.server, *made.workers):
        unexpected = [
            line for line in process.lines()
            if line["message"] in {"failed", "unhandled"}
        ]  # fmt: skip
        assert not unexpected, unexpected[:3]
