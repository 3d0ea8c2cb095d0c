"""How often and how much at once: buckets and gates by themselves."""

import anyio
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
        assert await gate.run(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await gate.run(divmod, 7, 0)
        free = anyio.Event()

        def block():
            anyio.from_thread.run_sync(started.set)
            anyio.from_thread.run(free.wait)

        started = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(gate.run, block)
            await started.wait()
            with pytest.raises(Problem) as refused:
                await gate.run(divmod, 7, 2)
            free.set()
        assert refused.value.kind.name == "overloaded"
        assert await gate.run(divmod, 7, 2) == (3, 1)

    anyio.run(scenario)
