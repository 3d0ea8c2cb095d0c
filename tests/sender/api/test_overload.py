"""What happens when there is too much: of one caller's, of everybody's, for the store."""

import asyncio
import dataclasses
import threading

import anyio
import anyio.lowlevel
import pytest
from sqlalchemy import event

from hookwright_sender.api.app import (
    BULK_THREADS,
    DOOR_THREADS,
    PLACES,
    SLOW_THREADS,
    THREADS,
    create_app,
)
from hookwright_sender.settings import Settings
from hookwright_sender.store.database import POOL_SIZE
from hookwright_sender.store.errors import StoreUnavailable

from .conftest import HOST


class Clock:
    """A clock that moves when it is told to."""

    now = 0.0

    def __call__(self):
        """Return what time it is."""
        return self.now


def test_a_key_has_a_rate_of_its_own(small_with):
    """A burst, then 429 with the seconds to wait; other keys are not affected."""
    clock = Clock()
    small = small_with(settings={"rate_limit": 1.0}, clock=clock)
    for _ in range(2):
        assert small.ours.get("/api/v1/ctas").status == 200
    refused = small.ours.get("/api/v1/ctas")
    assert (refused.status, refused.problem) == (429, "too-many-requests")
    assert refused.headers["retry-after"] == "1"
    assert small.theirs.get("/api/v1/ctas").status == 200
    clock.now = 1.0
    assert small.ours.get("/api/v1/ctas").status == 200


def test_keys_that_nobody_has_are_not_looked_up_for_ever(small_with):
    """An address that guesses is told to wait; keys that were right before it go on."""
    small = small_with(settings={"rate_limit": 1.0}, clock=Clock())
    assert small.ours.get("/api/v1/ctas").status == 200
    guessing = small.ours.of("hw_guessed")
    assert [guessing.get("/api/v1/ctas").status for _ in range(3)] == [401, 401, 429]
    assert small.theirs.get("/api/v1/ctas").status == 429
    assert small.ours.get("/api/v1/ctas").status == 200
    guessing.address = "192.0.2.2"
    assert guessing.get("/api/v1/ctas").status == 401


def with_services(small, **changes):
    """Return clients of an application with some services replaced."""
    services = dataclasses.replace(
        small.services, registry=type(small.services.registry)(), **changes
    )
    app = create_app(services, Settings.read(rate_limit=1e6), log=small.log, patience=60.0)
    for client in (small.ours, small.theirs, small.nobody):
        client.app = app
    return services


class Blocked:
    """A service whose calls wait until they may go on."""

    def __init__(self):
        self.free = threading.Event()

    def page(self, *_arguments):
        """Wait, and then answer that there is nothing."""
        self.free.wait(60)
        raise StoreUnavailable("sqlite:///platform.db", "it was stopped")


def test_what_waits_for_the_store_is_bounded(small):
    """Beyond its share an account is told to wait, beyond all places everybody; nothing stalls."""
    blocked = Blocked()
    services = with_services(small, ctas=blocked)

    async def scenario():
        async def ask(client):
            answer = await client.asked("GET", "/api/v1/ctas")
            statuses.append(answer.status)

        statuses = []
        async with anyio.create_task_group() as tasks:
            for client in (small.ours, small.theirs):
                for _ in range(PLACES // 2):
                    tasks.start_soon(ask, client)
                full = PLACES // 2 if client is small.ours else PLACES
                while inside(services, "quick") < full:
                    await anyio.lowlevel.checkpoint()
                refused = await client.asked("GET", "/api/v1/projects")
                expected = 429 if client is small.ours else 503
                assert (refused.status, refused.headers["retry-after"]) == (expected, "1")
            health = await small.nobody.asked("GET", "/healthz")
            assert health.status == 200
            blocked.free.set()
        return statuses

    assert small.ours.portal.call(scenario) == [503] * PLACES
    assert inside(services, "quick") == 0


def inside(services, gate):
    """Return how many calls a gate holds."""
    name = "hookwright_api_requests_inside"
    return services.registry.get_sample_value(name, {"gate": gate})


class Replaying:
    """A replay that takes until it may end."""

    def __init__(self):
        self.free = threading.Event()

    def range(self, *_arguments):
        """Wait, and then say that there was nothing."""
        self.free.wait(60)
        return 0


def test_an_account_has_one_long_replay_at_a_time(small):
    """Its next one is told to wait, and neither another account's replay nor a test is held up."""
    replay = Replaying()
    services = with_services(small, replay=replay)
    owner = f"/api/v1/ctas/{small.cta()['id']}"
    small.proven()
    webhook = small.webhook(owner)
    small.proven(small.theirs, "hooks.example.org")
    cta = f"/api/v1/ctas/{small.cta(small.theirs)['id']}"
    other = small.webhook(cta, small.theirs, url="https://hooks.example.org/")

    async def scenario():
        async def ask(client, of):
            answer = await client.asked("POST", f"/api/v1/webhooks/{of['id']}/replay")
            answers.append(answer.status)

        answers = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, small.ours, webhook)
            while inside(services, "bulk") < 1:
                await anyio.lowlevel.checkpoint()
            for path in ("replay", "enable"):
                refused = await small.ours.asked("POST", f"/api/v1/webhooks/{webhook['id']}/{path}")
                assert (refused.status, refused.headers["retry-after"]) == (429, "1")
            enabled = await small.theirs.asked("POST", f"/api/v1/webhooks/{other['id']}/enable")
            assert enabled.status == 200
            assert (await small.ours.asked("POST", f"{owner}/webhook/test")).status == 200
            replay.free.set()
        return answers

    assert small.ours.portal.call(scenario) == [200]


class Locked:
    """Accounts in a database that does not answer."""

    def __init__(self):
        self.free = threading.Event()

    def authenticate(self, _key):
        """Wait, and then say that it is not there."""
        self.free.wait(60)
        raise StoreUnavailable("sqlite:///platform.db", "it was stopped")


def test_a_full_door_is_none_for_what_asks_nobody(small):
    """Whether the process lives, what it can do and its numbers are told all the same."""
    locked = Locked()
    services = with_services(small, accounts=locked)

    async def scenario():
        async with anyio.create_task_group() as tasks:
            for _ in range(PLACES):
                tasks.start_soon(small.ours.asked, "GET", "/api/v1/ctas")
            while inside(services, "door") < PLACES:
                await anyio.lowlevel.checkpoint()
            paths = ("/healthz", "/api/v1/openapi.json", "/metrics", "/readyz")
            statuses = [(await small.nobody.asked("GET", path)).status for path in paths]
            locked.free.set()
        return statuses

    assert small.ours.portal.call(scenario) == [200, 200, 200, 503]


def test_there_is_a_connection_for_every_thread():
    """And some for the worker: a turn, a look at the proofs, a purge, a measurement, a command."""
    assert DOOR_THREADS + THREADS + SLOW_THREADS + BULK_THREADS + 5 <= POOL_SIZE


class Connections:
    """How many connections were held at the same time, at most."""

    def __init__(self, engine):
        self.held = self.most = 0
        event.listen(engine, "checkout", self._taken)
        event.listen(engine, "checkin", self._given_back)

    def _taken(self, *_arguments):
        self.held += 1
        self.most = max(self.most, self.held)

    def _given_back(self, *_arguments):
        self.held -= 1


def test_a_call_has_one_connection_at_a_time_in_a_thread_of_its_gates(small, monkeypatch):
    """So a thread for each connection is enough, and threads of others are not taken."""

    def refuse(*_arguments):
        raise AssertionError("a thread that no gate counts")

    loop = small.ours.portal.call(asyncio.get_running_loop)
    monkeypatch.setattr(loop, "run_in_executor", refuse)
    connections = Connections(small.services.database._engine)
    small.proven()
    cta, project = small.cta()["id"], small.project()["id"]
    webhook = small.webhook(f"/api/v1/ctas/{cta}")["id"]
    for path, body in [
        ("domains", {"host": HOST}),
        (f"ctas/{cta}/webhook/test", None),
        (f"ctas/{cta}/webhook/secret/rotate", None),
        (f"ctas/{cta}/leads", {"data": "a"}),
        (f"projects/{project}/links", {"long_url": "https://example.com/"}),
        (f"webhooks/{webhook}/replay", None),
        (f"webhooks/{webhook}/enable", None),
    ]:
        answer = small.ours.post(f"/api/v1/{path}", body, headers={"idempotency-key": None})
        assert answer.status in {200, 201}, answer
    delivery = small.ours.get("/api/v1/deliveries").json["items"][0]["id"]
    assert small.ours.post(f"/api/v1/deliveries/{delivery}/replay").status == 200
    assert connections.most == 1


def test_a_domain_is_made_once(world):
    """Of calls at the same time one is answered that it made it."""

    async def scenario():
        async def ask():
            answer = await world.ours.asked("POST", "/api/v1/domains", {"host": HOST})
            answers.append((answer.status, answer.json["id"]))

        answers = []
        async with anyio.create_task_group() as tasks:
            for _ in range(6):
                tasks.start_soon(ask)
        return answers

    answers = world.ours.portal.call(scenario)
    assert sorted(status for status, _ in answers) == [200] * 5 + [201]
    assert len({identity for _, identity in answers}) == 1


class Broken:
    """A service that fails in a way of its own."""

    def __init__(self, error):
        self.error = error

    def page(self, *_arguments):
        """Fail."""
        raise self.error


def test_a_store_that_does_not_answer_is_a_503(small):
    """With `retry-after`; where it is and what it said is in the log and not in the answer."""
    with_services(small, ctas=Broken(StoreUnavailable("postgresql://me@db/name", "disk full")))
    refused = small.ours.get("/api/v1/ctas")
    assert (refused.status, refused.problem) == (503, "store-unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert b"db/name" not in refused.body
    (told,) = [line for line in small.log.lines if line["event"] == "refused"]
    assert "disk full" in told["reason"]
    assert told["request_id"] == refused.headers["x-request-id"]


def test_a_fault_of_ours_is_a_500_that_tells_nothing(small):
    """What a library says may quote what was sent: the log says which error and where."""
    with_services(small, ctas=Broken(ValueError("s3cret")))
    refused = small.ours.get("/api/v1/ctas")
    assert (refused.status, refused.problem) == (500, "internal-error")
    (told,) = [line for line in small.log.lines if line["event"] == "failed"]
    assert told["exception"][0] == "ValueError"
    assert any("page" in frame for frame in told["exception"])
    assert "s3cret" not in str(small.log.lines) + refused.body.decode()


def test_a_client_that_goes_away_is_answered_nothing(small):
    """In the middle of its body; the log says so, and the gate is empty again."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {small.ours.key}"}

    async def scenario():
        return await small.ours.exchange(
            "POST", "/api/v1/ctas", headers, [b"{", None], checked=True
        )

    assert small.ours.portal.call(scenario) is None
    assert small.log.lines[-1]["status"] == 499


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_database_is_not_needed_to_tell_that_the_process_lives(small, kind):
    """`/healthz` asks nobody; a WebSocket is closed."""
    if kind == "http":
        small.services.database.close()
        assert small.nobody.get("/healthz").json == {"status": "ok"}
        return
    messages = []

    async def scenario():
        async def receive():
            return {"type": "websocket.connect"}

        async def send(message):
            messages.append(message)

        scope = {"type": "websocket", "path": "/", "headers": [], "query_string": b""}
        await small.app(scope, receive, send)

    small.ours.portal.call(scenario)
    assert messages[0]["type"] == "websocket.close"
