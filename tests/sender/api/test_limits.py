"""How often and how much at once: buckets and gates by themselves."""

import threading
from collections import Counter

import anyio
import anyio.from_thread
import anyio.lowlevel
import pytest

from hookwright_sender.api.limits import Buckets, Gate
from hookwright_sender.api.problems import Problem


class Clock:
    """A clock that moves when it is told to."""

    now = 0.0

    def __call__(self):
        """Return what time it is."""
        return self.now


def test_a_caller_has_a_burst_and_then_a_rate():
    """Twice the rate at once, then one for each of its parts of a second."""
    clock = Clock()
    buckets = Buckets(2.0, clock)
    for _ in range(4):
        buckets.take("a")
    with pytest.raises(Problem) as refused:
        buckets.take("a")
    assert refused.value.kind.status == 429
    assert refused.value.headers == {"retry-after": "1"}
    buckets.take("b")
    clock.now = 0.5
    buckets.take("a")
    with pytest.raises(Problem):
        buckets.take("a")


def test_a_slow_rate_says_how_long_to_wait():
    """`retry-after` is in whole seconds, and rounded up."""
    buckets = Buckets(0.1, Clock())
    buckets.take("a")
    with pytest.raises(Problem) as refused:
        buckets.take("a")
    assert refused.value.headers == {"retry-after": "10"}


def test_callers_are_forgotten_when_there_are_many():
    """Memory is bounded: the one that was seen longest ago starts afresh."""
    buckets = Buckets(0.5, Clock(), callers=2)
    for caller in ("a", "b", "c"):
        buckets.take(caller)
    assert len(buckets._buckets) == 2
    buckets.take("a")
    with pytest.raises(Problem):
        buckets.check("c")


def test_a_gate_lets_a_bounded_number_in():
    """Beyond the places everybody gets a 503, beyond its share one account a 429."""

    async def scenario():
        gate = Gate(threads=1, places=3, share=2)
        async with gate.entered(1), gate.entered(1):
            with pytest.raises(Problem) as refused:
                async with gate.entered(1):
                    pass
            assert refused.value.kind.status == 429
            async with gate.entered(2):
                assert gate.inside == 3
                with pytest.raises(Problem) as refused:
                    async with gate.entered(3):
                        pass
                assert refused.value.kind.status == 503
                assert refused.value.headers == {"retry-after": "1"}
        assert gate.inside == 0
        assert not gate._inside

    anyio.run(scenario)


def test_a_gate_runs_what_blocks_beside_the_event_loop():
    """Results and errors come out of the thread; a thread that is not free in time is a 503."""

    async def scenario():
        gate = Gate(threads=1, places=3, share=3, patience=0.01)
        assert await gate.run(1, divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await gate.run(1, divmod, 7, 0)
        free = anyio.Event()

        def block():
            anyio.from_thread.run_sync(started.set)
            anyio.from_thread.run(free.wait)

        started = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(gate.run, 1, block)
            await started.wait()
            with pytest.raises(Problem) as refused:
                await gate.run(1, divmod, 7, 2)
            free.set()
        assert refused.value.kind.name == "overloaded"
        assert await gate.run(1, divmod, 7, 2) == (3, 1)

    anyio.run(scenario)


class Threads:
    """Calls that block until they are let go, and who they are of."""

    def __init__(self):
        self.free = threading.Event()
        self.running = Counter()

    def block(self, account):
        """Wait in a thread."""
        anyio.from_thread.run_sync(self.running.update, [account])
        self.free.wait(60)


async def settled():
    """Let everything run that can."""
    for _ in range(200):
        await anyio.lowlevel.checkpoint()


def test_an_account_has_half_of_the_threads_at_most():
    """However many calls it has inside, another account's call finds a thread."""

    async def scenario():
        gate = Gate(threads=4, places=100, share=50, patience=60.0)
        threads = Threads()

        async def call(account, function, *arguments):
            async with gate.entered(account):
                return await gate.run(account, function, *arguments)

        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(call, 1, threads.block, 1)
            while threads.running[1] < 2:
                await anyio.lowlevel.checkpoint()
            await settled()
            assert await call(2, divmod, 7, 2) == (3, 1)
            assert threads.running == {1: 2}
            threads.free.set()
        assert threads.running == {1: 20}
        assert (gate._turns, gate._inside) == ({}, {})

    anyio.run(scenario)


def test_who_waits_for_a_turn_of_its_own_is_told_to_come_back():
    """The patience is for both queues together; nothing stays taken of what was given up."""

    async def scenario():
        gate = Gate(threads=2, places=100, share=50, patience=0.01)
        threads = Threads()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(gate.run, 1, threads.block, 1)
            while not threads.running[1]:
                await anyio.lowlevel.checkpoint()
            with pytest.raises(Problem) as refused:
                await gate.run(1, divmod, 7, 2)
            assert refused.value.kind.name == "overloaded"
            threads.free.set()
        assert await gate.run(1, divmod, 7, 2) == (3, 1)
        assert gate._threads.borrowed_tokens == 0

    anyio.run(scenario)


def test_a_gate_may_give_all_threads_to_one():
    """At the door it is not known yet whose a call is."""

    async def scenario():
        gate = Gate(threads=2, places=9, share=9, patience=60.0, at_once=2)
        threads = Threads()
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(gate.run, 0, threads.block, 0)
            while threads.running[0] < 2:
                await anyio.lowlevel.checkpoint()
            threads.free.set()

    anyio.run(scenario)
