"""SIGKILL at random moments under load: nothing acknowledged is lost, nothing is there twice."""

import asyncio
import csv
import fcntl
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from .load import MARKER, Load
from .receivers import Project, Receiver, Receivers, notes
from .waiting import until

SINKS = ("csv", "jsonl", "sql")
CLIENTS = 10
# A handler that was killed runs again when its lease has ended, 10 s after it was taken.
HANDLED_WITHIN = 60.0
SEED = 20240229


def test_kills_lose_nothing(project: Callable[..., Project], start: Receivers, stack: str) -> None:
    """20 kills of a receiver with its inbox in SQLite, and three sinks."""
    made = project(stack=stack, sinks=SINKS)
    receiver = start(made, WORKERS="4")
    receiver.listening()
    load = asyncio.run(kill_under_load(made, [receiver], kills=20, seed=SEED))
    check(load, receiver)


def test_kills_of_one_of_two_lose_nothing(
    project: Callable[..., Project], start: Receivers, stack: str, database_url: str
) -> None:
    """Two serving processes share an inbox in PostgreSQL and the files of the sinks."""
    made = project(stack=stack, sinks=SINKS)
    serving = [start(made, DATABASE_URL=database_url, WORKERS="3") for _ in range(2)]
    for receiver in serving:
        receiver.listening()
    load = asyncio.run(kill_under_load(made, serving, kills=6, seed=SEED))
    check(load, serving[0])


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


async def kill_under_load(
    project: Project, serving: Sequence[Receiver], *, kills: int, seed: int
) -> Load:
    """Kill one of the receivers again and again, and start it at once; return what was sent."""
    moments = random.Random(seed)

    def urls() -> list[str]:
        return [receiver.url for receiver in serving if receiver.url is not None]

    load = Load(project, urls, clients=CLIENTS, seed=seed)
    async with load.running():
        for number in range(kills):
            victim = moments.choice(serving)
            if number % 5 == 4:
                # While it starts: whatever it had begun to do there must not matter.
                await asyncio.sleep(moments.uniform(0, 1))
            else:
                told = len(load.acknowledged)
                await load.until_acknowledged(told + moments.randint(1, 30))
                # Right after an answer, or anywhere between two.
                await asyncio.sleep(moments.choice([0, moments.uniform(0, 0.05)]))
            if number % 4 == 3 and victim.kill_child():
                # The receiver itself starts what was killed.
                continue
            victim.kill()
            tear_files(victim.folder)
            victim.start()
        await until(lambda: len(urls()) == len(serving), "every receiver to listen again")
    assert len(load.acknowledged) > kills
    return load


def tear_files(folder: Path) -> None:
    """Leave what a kill in the middle of an append leaves: a record without its end."""
    for name, torn in (("events.jsonl", b'{"message_id": 1, "ev'), ("form_lead.csv", b'1,"2024-')):
        file = folder / "received" / name
        if file.exists():
            with file.open("ab") as appended:
                # Nobody else is in the middle of an append then, as after a kill.
                fcntl.flock(appended, fcntl.LOCK_EX)
                appended.write(torn)


def check(load: Load, receiver: Receiver) -> None:
    """Hold the inbox, the handlers' notes and the sinks against what was acknowledged."""
    folder = receiver.folder
    inbox = receiver.settled(within=HANDLED_WITHIN)
    assert {message["status"] for message in inbox} == {"done"}
    stored = marked(message["parameters"] for message in inbox)
    # Every message that was begun was acknowledged in the end, so nothing else is there.
    assert stored == Counter(load.acknowledged)
    assert set(marked(note["parameters"] for note in notes(folder))) == load.acknowledged
    assert effects(receiver) == stored
    assert set(in_lines(folder / "received" / "events.jsonl")) == load.acknowledged
    assert set(in_rows(folder / "received")) == load.acknowledged


def effects(receiver: Receiver) -> Counter[str]:
    """Return how often each message is in the tables of the sink `sql`."""
    rows = [
        parameters
        for event in receiver.project.contract.events
        for (parameters,) in receiver.query(f'SELECT parameters FROM "received_{event.id}"')
    ]
    return marked(map(json.loads, rows))


def in_lines(file: Path) -> Counter[str]:
    """Return how often each message is in a file of JSON lines, every one of them whole."""
    text = file.read_text()
    assert text.endswith("\n")
    return marked(json.loads(line)["parameters"] for line in text.splitlines())


def in_rows(folder: Path) -> Counter[str]:
    """Return how often each message is in the CSV files, every row of them whole."""
    found: Counter[str] = Counter()
    for file in folder.glob("*.csv"):
        text = file.read_bytes().decode()
        assert text.endswith("\r\n")
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        assert {len(row) for row in rows} == {len(header)}
        found += marked(json.loads(row[header.index("parameters")]) for row in rows)
    return found


def marked(parameters: Iterable[dict[str, str]]) -> Counter[str]:
    """Count messages by the marker that each was sent with."""
    return Counter(each[MARKER] for each in parameters)
