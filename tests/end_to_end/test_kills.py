"""SIGKILL at random moments under load: nothing acknowledged is lost, nothing is there twice."""

import asyncio
import fcntl
import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from .conftest import only_in_soak
from .handled import TORN_LINE, TORN_ROW, check, check_files
from .load import Load
from .receivers import Project, Receiver, Receivers
from .waiting import until

SINKS = ("csv", "jsonl", "sql")
CLIENTS = 10
# One of each kind of moment, and as many as take a while.
FEW, MANY = 3, 20
# So many messages wait at each kill where handlers are behind.
BACKLOG = 50
MOMENTS = ("anywhere", "a child", "while it starts", "anywhere", "anywhere")
SEED = 20240229


@pytest.mark.parametrize("kills", [FEW, pytest.param(MANY, marks=pytest.mark.soak)])
def test_kills_lose_nothing(
    project: Callable[..., Project], start: Receivers, stack: str, kills: int
) -> None:
    """Kills of a receiver with its inbox in SQLite, and three sinks."""
    made = project(stack=stack, sinks=SINKS)
    receiver = start(made, WORKERS="4")
    receiver.listening()
    load = asyncio.run(kill_under_load(made, [receiver], kills=kills, seed=SEED))
    check(load, receiver)
    check_files(load, receiver.folder)


@only_in_soak("flask")
@pytest.mark.parametrize("kills", [FEW, pytest.param(MANY, marks=pytest.mark.soak)])
def test_kills_of_one_of_two_lose_nothing(
    project: Callable[..., Project], start: Receivers, stack: str, database_url: str, kills: int
) -> None:
    """Two serving processes share an inbox in PostgreSQL and the files of the sinks."""
    made = project(stack=stack, sinks=SINKS)
    serving = [start(made, DATABASE_URL=database_url, WORKERS="3") for _ in range(2)]
    for receiver in serving:
        receiver.listening()
    load = asyncio.run(kill_under_load(made, serving, kills=kills, seed=SEED))
    check(load, serving[0])
    check_files(load, serving[0].folder)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_kills_with_handlers_behind_lose_nothing(
    project: Callable[..., Project],
    start: Receivers,
    stack: str,
    database: str,
    request: pytest.FixtureRequest,
) -> None:
    """One worker does a third of what comes in; kills take claims of up to five messages along."""
    made = project(stack=stack, sinks=SINKS)
    settings = {}
    if database == "postgresql":
        settings["DATABASE_URL"] = request.getfixturevalue("database_url")
    receiver = start(made, WORKERS="1", **settings)
    receiver.listening()
    load = asyncio.run(kill_under_load(made, [receiver], kills=MANY, seed=SEED, backlog=BACKLOG))
    receiver.kill()
    check(load, start(made, WORKERS="8", **settings))
    check_files(load, receiver.folder)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(3))
def test_many_kills_lose_nothing(
    project: Callable[..., Project], start: Receivers, stack: str, database_url: str, seed: int
) -> None:
    """100 kills, each of one of three processes that share PostgreSQL."""
    made = project(stack=stack, sinks=SINKS)
    serving = [start(made, DATABASE_URL=database_url, WORKERS="3") for _ in range(3)]
    for receiver in serving:
        receiver.listening()
    load = asyncio.run(kill_under_load(made, serving, kills=100, seed=seed))
    check(load, serving[0])
    check_files(load, serving[0].folder)


async def kill_under_load(
    project: Project, serving: Sequence[Receiver], *, kills: int, seed: int, backlog: int = 0
) -> Load:
    """Kill one of the receivers again and again, and start it at once; return what was sent.

    With a `backlog`, no kill of one that serves comes before so many messages wait for handlers.
    """
    moments = random.Random(seed)

    def urls() -> list[str]:
        return [receiver.url for receiver in serving if receiver.url is not None]

    load = Load(project, urls, clients=CLIENTS, seed=seed)
    async with load.running():
        for number in range(kills):
            victim = moments.choice(serving)
            moment = MOMENTS[number % len(MOMENTS)]
            if moment == "while it starts":
                # Whatever it had begun to do there must not matter.
                await asyncio.sleep(moments.uniform(0, 1))
            else:
                told = len(load.acknowledged)
                await load.until_acknowledged(told + moments.randint(1, 30))
                if backlog:
                    await until(partial(is_behind, victim, backlog), "handlers to be behind")
                # Right after an answer, or anywhere between two.
                await asyncio.sleep(moments.choice([0, moments.uniform(0, 0.05)]))
            if moment == "a child" and victim.kill_child():
                # The receiver itself starts what was killed.
                continue
            victim.kill()
            tear_files(victim.folder)
            victim.start()
        await until(lambda: len(urls()) == len(serving), "every receiver to listen again")
    assert len(load.acknowledged) > kills
    return load


def is_behind(receiver: Receiver, backlog: int) -> bool:
    """Tell whether so many messages wait for handlers."""
    [(count,)] = receiver.query("SELECT count(*) FROM inbox WHERE status = 'pending'")
    return bool(count >= backlog)


def tear_files(folder: Path) -> None:
    """Leave what a kill in the middle of an append leaves: a record without its end."""
    for name, torn in (("events.jsonl", TORN_LINE), ("form_lead.csv", TORN_ROW)):
        file = folder / "received" / name
        if file.exists():
            with file.open("ab") as appended:
                # Nobody else is in the middle of an append then, as after a kill.
                fcntl.flock(appended, fcntl.LOCK_EX)
                # Whose append would that be, after a record that has no end yet?
                if file.read_bytes().endswith(b"\n"):
                    appended.write(torn.encode())
