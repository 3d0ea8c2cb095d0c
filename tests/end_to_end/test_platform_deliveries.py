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
from .receivers import TOKEN, Project, Receiver, Receivers
from .sink import Sink, sink
from .waiting import wait_until

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
LEADS = 40
# A lead and a link, one that is signed, one in flight, and the test of a webhook.
SO_FAR = 5


# From one process that serves and delivers to a server with workers beside it.
SETUPS = ("SQLite", "SQLite and a worker", "PostgreSQL and two workers")
# Where the crash ledgers kill nothing: there each process dies alone, here all do at once.
ALL_AT_ONCE = "SQLite and a worker"


@dataclass
class Started:
    """A platform that runs: a server that may deliver itself, or one with workers beside it."""

    server: Server
    workers: list[Process]

    @property
    def processes(self) -> list[Process]:
        """All of them."""
        return [self.server, *self.workers]


@pytest.fixture(params=SETUPS)
def start_platform(
    request: pytest.FixtureRequest, tmp_path: Path, name_server: nameserver.Server
) -> Iterator[Callable[..., Started]]:
    """Return `start_platform(*ports)`: the platform in one process, or in several.

    It may deliver to these ports of the loopback.
    """
    workers = SETUPS.index(request.param)
    settings = {"HOOKWRIGHT_NAMESERVERS": name_server.address, "HOOKWRIGHT_RETRY_DELAYS": "0,0,1"}
    if workers == 2:
        settings["HOOKWRIGHT_DATABASE_URL"] = request.getfixturevalue("database_url")
        settings["HOOKWRIGHT_KEYS"] = KEY
    # What is held is not given up meanwhile.
    settings["HOOKWRIGHT_TIMEOUT"] = "30"
    with platform(tmp_path, **settings) as processes:

        def started(*ports: int) -> Started:
            return start(processes, workers, HOOKWRIGHT_ALLOW_PORTS=",".join(map(str, ports)))

        yield started


def start(processes: Platform, workers: int, **settings: str) -> Started:
    """Start a server, and one worker before it, another one after it.

    Each sets up what is missing, one after the other: nothing depends on who comes first.
    """
    before = [processes.worker(**settings) for _ in range(workers)[:1]]
    server = processes.serve(*(["--no-worker"] if workers else []), **settings)
    after = [processes.worker(**settings) for _ in range(workers)[1:]]
    for worker in [*before, *after]:
        worker.told("working")
    return Started(server, [*before, *after])


@pytest.fixture
def taken() -> Iterator[Sink]:
    """A receiver in this process."""
    with sink() as taken:
        yield taken


def capture(client: Client, path: str, count: int) -> set[str]:
    """Capture leads, several at once; return the ids of their messages."""

    def one(number: int) -> str:
        lead = {"data": f"ada{number}@example.com", "name": "Ada"}
        return f"msg_{client.done('POST', f'{path}/leads', lead)['id']}"

    with ThreadPoolExecutor(4) as threads:
        return set(threads.map(one, range(count)))


def test_what_happens_arrives_whatever_becomes_of_the_processes(  # noqa: PLR0913, PLR0917
    request: pytest.FixtureRequest,
    start_platform: Callable[..., Started],
    name_server: nameserver.Server,
    project: Callable[..., Project],
    start: Receivers,
    taken: Sink,
) -> None:
    """From an empty database on, in every arrangement: in order, over a signal, and over a kill."""
    receiver = start(project(stack="starlette"))
    url = receiver.listening()
    port = int(url.partition("127.0.0.1:")[2].partition("/")[0])
    started = start_platform(port, taken.port)
    see_it_set_up(started.server)
    client = started.server.account()
    proven(client, name_server)
    see_a_lead_and_a_link_arrive(client, receiver, url.replace("127.0.0.1", HOST))
    path, webhook = cta_with_webhook(client, f"http://{HOST}:{taken.port}/hook", token=TOKEN)
    see_what_arrives_signed(client, path, webhook["secret"], taken)
    see_a_signal_let_finish_what_is_in_flight(started, client, path, taken)
    if ALL_AT_ONCE in request.node.name:
        see_a_kill_lose_nothing(started, client, path, taken)


def see_it_set_up(server: Server) -> None:
    """The log says how to make the first account and where it listens."""
    host, port = server.address
    assert (host, port > 0) == ("127.0.0.1", True)
    messages = [line["message"] for line in server.lines()]
    assert any("hookwright account create NAME" in message for message in messages)


def see_a_lead_and_a_link_arrive(client: Client, receiver: Receiver, url: str) -> None:
    """From the API into the inbox of a generated receiver."""
    cta, _ = cta_with_webhook(client, url, token=TOKEN, source="shop")
    link = client.done("POST", "/projects", {"name": "Spring"})
    settings = {"url": url, "parameters": {"token": TOKEN}}
    client.done("PUT", f"/projects/{link['id']}/webhook", settings)
    lead = client.done("POST", f"{cta}/leads", {"data": "ada@example.com", "name": "Ada"})
    wanted = {"long_url": "https://example.com/a/very/long/one", "alias": "spring"}
    made = client.done("POST", f"/projects/{link['id']}/links", wanted)
    wait_until(lambda: receiver.query("SELECT count(*) FROM inbox") == [(2,)], receiver.log)
    inbox = {message["event"]: message for message in receiver.settled()}
    assert inbox["form_lead"]["payload"]["data"] == "ada@example.com"
    assert inbox["form_lead"]["parameters"] == {"source": "shop"}
    assert inbox["form_lead"]["key"].endswith(f"msg_{lead['id']}")
    assert inbox["link_created"]["payload"]["alias"] == "spring"
    assert inbox["link_created"]["key"].endswith(f"msg_{made['event_id']}")
    assert {message["status"] for message in inbox.values()} == {"done"}


def see_what_arrives_signed(client: Client, path: str, secret: str, taken: Sink) -> None:
    """With the secret that was shown once; a standard library agrees."""
    capture(client, path, 1)
    taken.wait_for(1)
    ((headers, body),) = taken.received
    assert Webhook(secret).verify(body, headers) == json.loads(body)


def see_a_signal_let_finish_what_is_in_flight(
    started: Started, client: Client, path: str, taken: Sink
) -> None:
    """A delivery and a request are on their way when it comes: both end well, all exit with 0."""
    before = len(taken.ids())
    taken.hold()
    with ThreadPoolExecutor(1) as threads:
        ids = capture(client, path, 1)
        taken.wait_for(before + 1)
        asked = threads.submit(client.done, "POST", f"{path}/webhook/test")
        taken.wait_for(before + 2)
        for process in started.processes:
            process.process.terminate()
        for process in started.processes:
            process.told("stopping")
        taken.release()
        assert asked.result()["succeeded"] is True
    assert {process.process.wait(30) for process in started.processes} == {0}
    assert started.server.lines()[-1]["message"] == "stopped"
    # Each of them once: nothing had to be sent again.
    assert [headers["webhook-id"] for headers, _ in taken.received].count(*ids) == 1
    started.server.start()
    assert {item["status"] for item in client.deliveries()} == {"delivered"}
    assert len(client.deliveries()) == SO_FAR


def see_a_kill_lose_nothing(started: Started, client: Client, path: str, taken: Sink) -> None:
    """What was answered with 201 arrives, whatever was killed in the middle of delivering it."""
    started.server.kill()
    for process in started.processes:
        # The lease of what was in flight ends the sooner, the shorter an attempt may take.
        process.settings["HOOKWRIGHT_TIMEOUT"] = "2"
        process.start()
    before = len(taken.ids())
    taken.hold()
    ids = capture(client, path, LEADS)
    taken.wait_for(before + 1)
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
    assert len(client.deliveries()) == SO_FAR + LEADS
