"""Serving and handling in processes of their own, several of each, around one PostgreSQL."""

import asyncio
import json
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from .conftest import only_in_soak
from .receivers import TOKEN, Project, Receiver, Receivers, notes
from .waiting import wait_until

EVENTS = 300
SENDERS = 12
THREADS = 2
# One more than two workers have threads for: begun at once, they need the third.
GATED = range(EVENTS, EVENTS + 2 * THREADS + 1)
# As the generated project documents it, in seconds.
LEASE = 10.0


# Two servers of the other stack share one where they are killed.
@only_in_soak("starlette")
def test_two_servers_and_three_workers_share_an_inbox(
    project: Callable[..., Project], start: Receivers, stack: str, database_url: str
) -> None:
    """300 events, with repeats to either server: each is handled once, and is there once."""
    made = project(stack=stack, sinks=("sql",))
    serving = [start(made, DATABASE_URL=database_url, WORKERS="0") for _ in range(2)]
    urls = [receiver.listening() for receiver in serving]
    threads = ("--threads", str(THREADS))
    workers = [start(made, "worker", *threads, DATABASE_URL=database_url) for _ in range(3)]
    for number in GATED:
        assert post(urls[number % 2], body(made, number, gate="gate")) == 200
    folder = serving[0].folder
    wait_until(lambda: len(notes(folder, "begun")) == len(GATED), "all that wait to have begun")
    # No server handles anything with WORKERS=0, and no worker is left without work.
    busy = {note["pid"] for note in notes(folder, "begun")}
    assert busy == {worker.process.pid for worker in workers}
    (folder / "gate").touch()
    statuses = asyncio.run(send(made, urls, random.Random(EVENTS)))
    assert statuses.keys() == {200}
    assert statuses[200] > EVENTS
    inbox = serving[0].settled()
    expected = Counter([*range(EVENTS), *GATED])
    assert Counter(each["parameters"]["number"] for each in inbox) == expected
    assert {(each["status"], each["attempts"]) for each in inbox} == {("done", 1)}
    assert effects(serving[0]) == expected
    handled = notes(folder)
    assert Counter(note["parameters"]["number"] for note in handled) == expected
    assert {note["pid"] for note in handled} == busy


def test_what_a_killed_worker_had_begun_runs_elsewhere(
    project: Callable[..., Project], start: Receivers, database_url: str
) -> None:
    """Once its lease has ended, and not before: until then the first might still be there."""
    made = project(stack="starlette", sinks=("sql",))
    serving = start(made, DATABASE_URL=database_url, WORKERS="0")
    workers = [start(made, "worker", DATABASE_URL=database_url) for _ in range(2)]
    assert post(serving.listening(), body(made, 0, hang=True)) == 200
    wait_until(lambda: bool(notes(serving.folder, "begun")), "the handler to begin")
    (begun,) = notes(serving.folder, "begun")
    (due_at,) = serving.query("SELECT due_at FROM inbox")[0]
    os.kill(begun["pid"], signal.SIGKILL)
    # The other one goes on meanwhile.
    assert post(serving.listening(), body(made, 1)) == 200
    wait_until(lambda: bool(notes(serving.folder)), "the other message to be handled")
    messages = serving.settled(within=LEASE * 3)
    assert [(each["status"], each["attempts"]) for each in messages] == [("done", 2), ("done", 1)]
    other, again = notes(serving.folder)
    (survivor,) = {worker.process.pid for worker in workers} - {begun["pid"]}
    assert (other["pid"], again["pid"]) == (survivor, survivor)
    assert (again["parameters"]["number"], again["attempt"]) == (0, 2)
    assert again["at"] >= due_at
    assert effects(serving) == Counter([0, 1])


def test_a_worker_ends_well(
    project: Callable[..., Project], start: Receivers, database_url: str
) -> None:
    """On SIGTERM it exits with 0, and what is still to do is left to the next one."""
    made = project(stack="starlette", sinks=("sql",))
    serving = start(made, DATABASE_URL=database_url, WORKERS="0")
    worker = start(made, "worker", DATABASE_URL=database_url)
    url = serving.listening()
    assert post(url, body(made, 0, work=0.5)) == 200
    wait_until(lambda: bool(notes(serving.folder, "begun")), "the handler to begin")
    assert post(url, body(made, 1)) == 200
    worker.process.terminate()
    assert worker.process.wait(20) == 0
    # The one that had begun was let come to its end.
    assert [note["parameters"]["number"] for note in notes(serving.folder)][:1] == [0]
    start(made, "worker", DATABASE_URL=database_url)
    assert {each["attempts"] for each in serving.settled()} == {1}
    assert effects(serving) == Counter([0, 1])


async def send(project: Project, urls: Sequence[str], moments: random.Random) -> Counter[int]:
    """Send every event to one server or the other, every third again; return the statuses."""
    deliveries = [number for number in range(EVENTS) for _ in range(1 + (number % 3 == 0))]
    moments.shuffle(deliveries)
    queue = iter(deliveries)
    statuses: Counter[int] = Counter()

    async def sender(session: aiohttp.ClientSession) -> None:
        for number in queue:
            content = body(project, number)
            async with session.post(
                moments.choice(urls), data=content, headers=headers(content)
            ) as response:
                statuses[response.status] += 1

    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as senders:
        for _ in range(SENDERS):
            senders.create_task(sender(session))
    return statuses


def body(project: Project, number: int, **parameters: object) -> bytes:
    """Return a message that says its number; the events take turns."""
    event = project.contract.events[number % len(project.contract.events)]
    added = {"number": number, "token": TOKEN, **parameters}
    return json.dumps(event.samples[0].payload | added).encode()


def headers(content: bytes) -> dict[str, str]:
    """Return the headers of a message: one number, one id."""
    number = json.loads(content)["number"]
    return {"content-type": "application/json", "webhook-id": f"msg_{number}"}


def post(url: str, content: bytes) -> int:
    """Send one message; return the status."""
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.netloc, timeout=10)) as connection:
        connection.request("POST", parts.path, content, headers(content))
        return connection.getresponse().status


def effects(receiver: Receiver) -> Counter[Any]:
    """Return how often each number is in the tables of the sink `sql`."""
    return Counter(
        json.loads(parameters)["number"]
        for event in receiver.project.contract.events
        for (parameters,) in receiver.query(f'SELECT parameters FROM "received_{event.id}"')
    )
