"""Leads and links go through the API to a receiver, whatever happens to the processes between."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from tests import nameserver

from .platform import HOST, Client, Platform, Process, Server, cta_with_webhook, platform, proven
from .receivers import TOKEN, Project, Receivers
from .sink import Sink, sink
from .waiting import wait_until

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
LEADS = 40


@dataclass
class Started:
    """A platform that runs: a server that may deliver itself, or one with two workers beside it."""

    server: Server
    workers: list[Process]

    @property
    def processes(self) -> list[Process]:
        """All of them."""
        return [self.server, *self.workers]


@pytest.fixture(params=["SQLite", "SQLite and a worker", "PostgreSQL and two workers"])
def start_platform(
    request: pytest.FixtureRequest, tmp_path: Path, name_server: nameserver.Server
) -> Iterator[Callable[..., Started]]:
    """Return `start_platform(port, **settings)`: the platform in one process, or in several.

    It may deliver to this port of the loopback.
    """
    workers = ["SQLite", "SQLite and a worker", "PostgreSQL and two workers"].index(request.param)
    settings = {"HOOKWRIGHT_NAMESERVERS": name_server.address, "HOOKWRIGHT_RETRY_DELAYS": "0,0,1"}
    if workers == 2:
        settings["HOOKWRIGHT_DATABASE_URL"] = request.getfixturevalue("database_url")
        settings["HOOKWRIGHT_KEYS"] = KEY
    with platform(tmp_path, **settings) as processes:

        def started(port: int, **more: str) -> Started:
            return start(processes, workers, HOOKWRIGHT_ALLOW_PORTS=str(port), **more)

        yield started


def start(processes: Platform, workers: int, **settings: str) -> Started:
    """Start a server, and so many workers beside it."""
    arguments = ["--no-worker"] if workers else []
    server = processes.serve(*arguments, **settings)
    return Started(server, [processes.worker(**settings) for _ in range(workers)])


@pytest.fixture
def taken() -> Iterator[Sink]:
    """A receiver in this process."""
    with sink() as taken:
        yield taken


def subscribed(
    started: Started, name_server: nameserver.Server, port: int
) -> tuple[Client, str, str]:
    """Make an account with a CTA that has a webhook; return who asks, its path and its secret."""
    client = started.server.account()
    proven(client, name_server)
    path, webhook = cta_with_webhook(client, f"http://{HOST}:{port}/hook", token=TOKEN)
    return client, path, webhook["secret"]


def capture(client: Client, path: str, count: int) -> set[str]:
    """Capture leads, several at once; return the ids of their messages."""

    def one(number: int) -> str:
        lead = {"data": f"ada{number}@example.com", "name": "Ada"}
        return f"msg_{client.done('POST', f'{path}/leads', lead)['id']}"

    with ThreadPoolExecutor(4) as threads:
        return set(threads.map(one, range(count)))


def test_a_lead_and_a_link_arrive_at_a_generated_receiver(
    start_platform: Callable[..., Started],
    name_server: nameserver.Server,
    project: Callable[..., Project],
    start: Receivers,
) -> None:
    """From the API into the receiver's inbox, in every arrangement of the processes."""
    receiver = start(project(stack="starlette"))
    url = receiver.listening()
    port = int(url.partition("127.0.0.1:")[2].partition("/")[0])
    started = start_platform(port)
    client = started.server.account()
    proven(client, name_server)
    url = url.replace("127.0.0.1", HOST)
    cta, _ = cta_with_webhook(client, url, token=TOKEN, source="shop")
    link = client.done("POST", "/projects", {"name": "Spring"})
    settings = {"url": url, "parameters": {"token": TOKEN}}
    client.done("PUT", f"/projects/{link['id']}/webhook", settings)
    lead = client.done("POST", f"{cta}/leads", {"data": "ada@example.com", "name": "Ada"})
    wanted = {"long_url": "https://example.com/a/very/long/one", "alias": "spring"}
    made = client.done("POST", f"/projects/{link['id']}/links", wanted)
    wait_until(lambda: len(receiver.inbox()) == 2, receiver.log)
    inbox = {message["event"]: message for message in receiver.settled()}
    assert inbox["form_lead"]["payload"]["data"] == "ada@example.com"
    assert inbox["form_lead"]["parameters"] == {"source": "shop"}
    assert inbox["form_lead"]["key"].endswith(f"msg_{lead['id']}")
    assert inbox["link_created"]["payload"]["alias"] == "spring"
    assert inbox["link_created"]["key"].endswith(f"msg_{made['event_id']}")
    assert {message["status"] for message in inbox.values()} == {"done"}
    assert {process.terminate() for process in started.processes} == {0}


def test_what_arrives_is_signed(
    start_platform: Callable[..., Started], name_server: nameserver.Server, taken: Sink
) -> None:
    """With the secret that was shown once; a standard library agrees."""
    started = start_platform(taken.port)
    client, path, secret = subscribed(started, name_server, taken.port)
    capture(client, path, 1)
    taken.wait_for(1)
    ((headers, body),) = taken.received
    assert Webhook(secret).verify(body, headers) == json.loads(body)


def test_a_signal_lets_finish_what_is_in_flight(
    start_platform: Callable[..., Started], name_server: nameserver.Server, taken: Sink
) -> None:
    """A delivery and a request are on their way when it comes: both end well, all exit with 0."""
    started = start_platform(taken.port)
    client, path, _ = subscribed(started, name_server, taken.port)
    taken.held = True
    with ThreadPoolExecutor(1) as threads:
        ids = capture(client, path, 1)
        taken.wait_for(1)
        asked = threads.submit(client.done, "POST", f"{path}/webhook/test")
        taken.wait_for(2)
        for process in started.processes:
            process.process.terminate()
        for process in started.processes:
            process.told("stopping")
        taken.release()
        assert asked.result()["succeeded"] is True
    assert [process.process.wait(30) for process in started.processes] == [0] * len(
        started.processes
    )
    # Each of them once: nothing had to be sent again.
    assert [headers["webhook-id"] for headers, _ in taken.received].count(*ids) == 1
    started.server.start()
    assert [item["status"] for item in client.deliveries()] == ["delivered", "delivered"]


def test_a_kill_loses_nothing(
    start_platform: Callable[..., Started], name_server: nameserver.Server, taken: Sink
) -> None:
    """What was answered with 201 arrives, whatever was killed in the middle of delivering it."""
    # The lease of what was in flight ends the sooner, the shorter an attempt may take.
    started = start_platform(taken.port, HOOKWRIGHT_TIMEOUT="2")
    client, path, _ = subscribed(started, name_server, taken.port)
    taken.held = True
    ids = capture(client, path, LEADS)
    taken.wait_for(1)
    for process in started.processes:
        process.kill()
    taken.release()
    for process in started.processes:
        process.start()
    wait_until(lambda: ids <= taken.ids(), lambda: f"{ids - taken.ids()}", within=120)
    wait_until(
        lambda: {item["status"] for item in client.deliveries()} == {"delivered"},
        lambda: f"{client.deliveries()}",
        within=120,
    )
    assert len(client.deliveries()) == LEADS
