"""The worker: delivers, waits without being busy, survives its database, stops in order."""

import asyncio
import logging
import threading
from collections import Counter
from contextlib import asynccontextmanager

import pytest
import uvloop
from sqlalchemy import func, select, text

from hookwright_sender import HttpTransport
from hookwright_sender.delivery.pausing import close_queue
from hookwright_sender.delivery.replay import Replay
from hookwright_sender.delivery.worker import FLUSH, DeliveryWorker
from hookwright_sender.outcome import Attempt, Outcome
from hookwright_sender.retry.ladder import Ladder
from hookwright_sender.store.errors import StoreUnavailable
from hookwright_sender.store.tables import attempts, deliveries

GOOD = Attempt(Outcome.SUCCESS, 0.001, 200)
BAD = Attempt(Outcome.SERVER_ERROR, 0.001, 500)
PATIENCE = 60.0


class Receivers:
    """A transport that treats each URL as it is told; `hang` never answers until `release`."""

    def __init__(self):
        self.counts = Counter()
        self.running = Counter()
        self.most = Counter()
        self.released = asyncio.Event()

    async def attempt(self, url, headers, body):
        del headers, body
        self.counts[url] += 1
        self.running[url] += 1
        self.most[url] = max(self.most[url], self.running[url])
        try:
            if "hang" in url:
                await self.released.wait()
                return Attempt(Outcome.TIMEOUT, 5.0)
            await asyncio.sleep(0)
            if "fail" in url:
                return BAD
            return GOOD
        finally:
            self.running[url] -= 1


@asynccontextmanager
async def working(world, transport, **options):
    """Run a worker for the time of a `with` block, and stop it in order."""
    worker = DeliveryWorker(world.database, world.ring, transport, **options)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await asyncio.wait_for(task, PATIENCE)


def counted(world, **where):
    """Return how many deliveries are in a state."""
    query = select(func.count()).select_from(deliveries)
    for name, value in where.items():
        query = query.where(deliveries.c[name] == value)
    with world.database.reading() as connection:
        return connection.execute(query).scalar_one()


async def until(condition):
    """Wait until something holds: the test's own time limit is the limit."""
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110  the database tells nobody
            await asyncio.sleep(0.01)


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request):
    """Run a coroutine on either loop."""
    return asyncio.run if request.param == "asyncio" else uvloop.run


def test_what_is_queued_is_delivered_and_logged(world, run, answers, serve):
    """Over real HTTP, each of them once."""

    async def story():
        async with serve(answers(b"HTTP/1.1 204 No Content\r\n\r\n")) as server:
            hooks = world.webhooks(5, server.url)
            world.put(*hooks * 20)
            async with HttpTransport() as transport, working(world, transport):
                await until(lambda: counted(world, state="delivered") == 100)
            ids = {
                line for request in server.requests for line in request.split(b"\r\n")
                if line.startswith(b"webhook-id")
            }  # fmt: skip
            assert len(server.requests) == len(ids) == 100

    run(story())
    assert world.count(attempts) == 100


def test_news_start_a_turn_at_once(world, run):
    """An idle worker that polls hardly ever delivers what it is told of: by `wake` or NOTIFY."""

    async def story():
        transport = Receivers()
        async with working(world, transport, poll=1000.0) as worker:
            await until(lambda: not worker._news)
            for number in range(1, 4):
                await asyncio.to_thread(world.put, world.webhook())
                if world.database.is_sqlite:
                    worker.wake()
                await until(lambda number=number: counted(world, state="delivered") == number)

    run(story())


def test_without_news_it_still_comes(world):
    """The slow poll finds what nobody told of."""

    async def story():
        async with working(world, Receivers(), poll=0.05) as worker:
            worker._heard = lambda: None
            await asyncio.to_thread(world.put, world.webhook())
            await until(lambda: counted(world, state="delivered") == 1)

    asyncio.run(story())


def test_a_failed_one_is_tried_again_when_it_is_due(world):
    """Nobody says anything: the worker knows the time."""

    async def story():
        answers = [BAD, BAD, GOOD]

        class Recovering:
            async def attempt(self, url, headers, body):
                del url, headers, body
                return answers.pop(0)

        (delivery,) = world.put(world.webhook())
        async with working(world, Recovering(), ladder=Ladder((0.05, 0.05)), poll=1000.0):
            await until(lambda: world.row(delivery).state == "delivered")
        assert world.row(delivery).attempts == 3

    asyncio.run(story())
    assert world.notices() == ["webhook_failing", "webhook_recovered"]


def test_news_do_not_wait_for_outcomes_to_be_many(world):
    """An outcome waits for others to share a turn with; what was just accepted waits for none."""
    worker = DeliveryWorker(world.database, world.ring, Receivers())
    worker._finished, worker._first_finished, worker._last_turn = [None], 100.0, 100.0
    worker._next_due = 1000.0
    worker._news = False
    assert worker._wanted_at(100.001) == 100.0 + FLUSH
    worker._news = True
    assert worker._wanted_at(100.001) == 100.001


def test_an_idle_worker_takes_no_turns(world, monkeypatch):
    """No busy loop: nothing is asked until something is due."""

    async def silence(*_arguments):
        # That the connection for news stands is news itself, and comes when it comes.
        await asyncio.Event().wait()

    monkeypatch.setattr("hookwright_sender.delivery.worker.listen", silence)

    async def story():
        async with working(world, Receivers(), poll=1000.0) as worker:
            # Its news are taken at the beginning of the first turn, which is noted at its end.
            await until(lambda: worker._last_turn and not worker._news)
            before = worker._last_turn
            loop = asyncio.get_running_loop()
            for _ in range(100):
                done = loop.create_future()
                loop.call_soon(done.set_result, None)
                await done
            assert worker._last_turn == before

    asyncio.run(story())


def test_no_webhook_gets_more_at_once_than_its_bound(world):
    """Bounded for each, and bounded in all."""

    async def story():
        transport = Receivers()
        first, second = world.webhook("http://a/"), world.webhook("http://b/")
        world.put(*[first, second] * 200)
        async with working(world, transport, concurrency=6, webhook_concurrency=4):
            await until(lambda: counted(world, state="delivered") == 400)
        assert max(transport.most.values()) <= 4

    asyncio.run(story())


def test_a_tenth_hangs_and_a_tenth_fails_and_all_others_are_delivered(world):
    """While those hang: the others' deliveries all go out, and those that come later too."""

    async def story():
        transport = Receivers()
        hooks = [
            world.webhook(f"http://{'hang' if number == 0 else 'fail' if number == 1 else 'ok'}/")
            for _ in range(3) for number in range(10)
        ]  # fmt: skip
        good = [each for number, each in enumerate(hooks) if number % 10 > 1]
        world.put(*hooks * 10)
        async with working(world, transport, concurrency=4, webhook_concurrency=2) as worker:
            await until(lambda: counted(world, state="delivered") == len(good) * 10)
            assert transport.running["http://hang/"] > 0
            await asyncio.to_thread(world.put, *hooks)
            worker.wake()
            await until(lambda: counted(world, state="delivered") == len(good) * 11)
            assert counted(world, last_outcome="timeout") == 0
            transport.released.set()

    asyncio.run(story())


def test_memory_does_not_grow_with_the_queue(world):
    """However much is due, no more is held than will soon be begun."""

    async def story():
        transport = Receivers()
        hooks = world.webhooks(40, "http://hang/")
        for each in hooks:
            world.backlog(each, 300)
        async with working(world, transport, concurrency=10) as worker:
            await until(lambda: transport.running["http://hang/"] >= 10)
            slots = worker._slots
            assert sum(slots.waiting.values()) + slots.busy < 600
            transport.released.set()

    asyncio.run(story())


def test_stopping_gives_back_what_was_not_begun(world):
    """In flight ends and is recorded; the rest is due as if nobody had taken it."""

    async def story():
        transport = Receivers()
        hooks = world.webhooks(20, "http://hang/")
        world.put(*hooks)
        worker = DeliveryWorker(world.database, world.ring, transport, concurrency=5)
        task = asyncio.create_task(worker.run())
        await until(lambda: transport.running["http://hang/"] == 5)
        worker.stop()
        await until(lambda: counted(world, lost=1) == 5)
        assert not task.done()
        transport.released.set()
        await asyncio.wait_for(task, PATIENCE)
        assert transport.counts["http://hang/"] == 5

    asyncio.run(story())
    assert counted(world, last_outcome="timeout") == 5
    assert counted(world, lost=0) == 20


def test_a_worker_can_be_stopped_before_it_runs(world):
    """It returns at once."""
    worker = DeliveryWorker(world.database, world.ring, Receivers())
    worker.stop()
    asyncio.run(worker.run())
    worker.wake()


class Flaky:
    """A queue whose database is gone for some turns, before or after the commit."""

    def __init__(self, queue, failures):
        self.turns, self.failures, self.real = 0, failures, queue.turn
        self.threads = set()
        queue.turn = self.turn

    def turn(self, finished=(), returned=(), room=None):
        self.turns += 1
        self.threads.add(threading.get_ident())
        if finished and self.failures > 0:
            self.failures -= 1
            if self.failures % 2:
                self.real(finished, returned, room)
            raise StoreUnavailable("postgresql://x", "gone")
        return self.real(finished, returned, room)


def test_outcomes_outlive_a_database_that_goes_away(world, caplog):
    """Whether or not the commit came through: recorded once, nothing dropped, one line a side."""
    caplog.set_level(logging.INFO, "hookwright.delivery")

    async def story():
        world.put(*world.webhooks(10, "http://ok/"))
        worker = DeliveryWorker(world.database, world.ring, Receivers(), rand=lambda: 1.0)
        flaky = Flaky(worker._queue, failures=4)
        task = asyncio.create_task(worker.run())
        await until(lambda: counted(world, state="delivered") == 10 and not flaky.failures)
        worker.stop()
        await asyncio.wait_for(task, PATIENCE)
        assert len(flaky.threads) == 1

    asyncio.run(story())
    assert world.count(attempts) == 10
    errors = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "answers again" in caplog.text


def test_connections_that_are_cut_are_made_again(world):
    """PostgreSQL shows everybody out; the worker and its news come back by themselves."""
    if world.database.is_sqlite:
        return

    async def story():
        transport = Receivers()
        async with working(world, transport, poll=0.2, rand=lambda: 1.0):
            for number in range(1, 4):
                await asyncio.to_thread(world.put, world.webhook("http://ok/"))
                await until(lambda number=number: counted(world, state="delivered") == number)
                await asyncio.to_thread(cut, world)

    asyncio.run(story())


def cut(world):
    """Terminate every other connection to the database."""
    with world.database.reading() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def test_a_last_outcome_that_cannot_be_recorded_does_not_hold_up_the_end(world, caplog):
    """A little after the deadline the worker ends all the same; the lease does the rest."""

    async def story():
        moment = 0.0
        world.put(world.webhook("http://ok/"))
        worker = DeliveryWorker(
            world.database, world.ring, Receivers(), monotonic=lambda: moment, rand=lambda: 1.0
        )
        flaky = Flaky(worker._queue, failures=10**9)
        task = asyncio.create_task(worker.run())
        await until(lambda: flaky.turns > 1)
        worker.stop()
        await until(lambda: worker._stopping_at is not None)
        moment = 1000.0
        await asyncio.wait_for(task, PATIENCE)

    asyncio.run(story())
    assert "could not be recorded" in caplog.text


def test_what_cannot_be_decrypted_takes_no_slot_and_is_not_tried_at_once_again(world, caplog):
    """The others go on; it stays claimed until its lease ends."""

    async def story():
        broken, good = world.webhooks(2, "http://ok/")
        world.execute(text(f"UPDATE webhooks SET settings = secrets WHERE id = {broken}"))
        world.put(broken, good)
        async with working(world, Receivers()):
            await until(lambda: counted(world, state="delivered") == 1)
        assert counted(world, state="pending", lost=1) == 1

    asyncio.run(story())
    assert "cannot be attempted" in caplog.text


def test_a_webhook_that_is_gone_is_disabled_and_can_be_enabled(world):
    """410, five events meanwhile, and all of it delivered with one action."""

    async def story():
        answers = [Attempt(Outcome.CLIENT_ERROR, 0.001, 410)]

        class Gone:
            async def attempt(self, url, headers, body):
                del url, headers, body
                return answers.pop(0) if answers else GOOD

        webhook = world.webhook()
        world.put(webhook)
        async with working(world, Gone(), poll=0.05) as worker:
            await until(lambda: world.hook(webhook).state == "disabled")
            await asyncio.to_thread(world.put, *[webhook] * 5)
            replay = Replay(world.database)
            count = await asyncio.to_thread(replay.enable, world.account, webhook)
            worker.wake()
            assert count == 6
            await until(lambda: counted(world, state="delivered") == 6)

    asyncio.run(story())


def test_a_held_webhook_is_left_alone(world):
    """Its queue is closed before anything is claimed."""
    held, good = world.webhooks(2, "http://ok/")
    with world.database.writing() as connection:
        close_queue(connection, held)
    world.put(held, good)

    async def story():
        async with working(world, Receivers()):
            await until(lambda: counted(world, state="delivered") == 1)

    asyncio.run(story())
    assert counted(world, state="pending", claim=0) == 1


def test_several_workers_share_the_work(world):
    """Three at once: every delivery is attempted exactly once while the leases hold."""
    hooks = world.webhooks(10, "http://ok/")
    world.put(*hooks * 30)

    async def story():
        transport = Receivers()
        async with (
            working(world, transport, poll=0.05),
            working(world, transport, poll=0.05),
            working(world, transport, poll=0.05),
        ):
            await until(lambda: counted(world, state="delivered") == 300)
        assert transport.counts.total() == 300

    asyncio.run(story())
    assert world.count(attempts) == 300
    assert counted(world, claim=1) == 300
