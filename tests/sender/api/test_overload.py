"""What happens when there is too much: of one caller's, of everybody's, for the store."""

import dataclasses
import threading

import anyio
import anyio.lowlevel
import pytest

from hookwright_sender.api.app import PLACES, create_app
from hookwright_sender.settings import Settings
from hookwright_sender.store.errors import StoreUnavailable


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

    def inside():
        name = "hookwright_api_requests_inside"
        return services.registry.get_sample_value(name, {"gate": "quick"})

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
                while inside() < full:
                    await anyio.lowlevel.checkpoint()
                refused = await client.asked("GET", "/api/v1/projects")
                expected = 429 if client is small.ours else 503
                assert (refused.status, refused.headers["retry-after"]) == (expected, "1")
            health = await small.nobody.asked("GET", "/healthz")
            assert health.status == 200
            blocked.free.set()
        return statuses

    assert small.ours.portal.call(scenario) == [503] * PLACES
    assert inside() == 0


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
