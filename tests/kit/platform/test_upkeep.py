"""What is done beside delivering goes on whatever happens."""

import asyncio

import structlog

from hookwright.platform.upkeep import Chore, Upkeep

STOP = "and then the upkeep is stopped"


def chore(name, *outcomes):
    """Return a chore that goes so, and the list of what it did."""
    done = []
    remaining = list(outcomes)

    async def do():
        outcome = remaining.pop(0)
        done.append(outcome)
        if isinstance(outcome, Exception):
            raise outcome
        if outcome is STOP:
            running.stop()

    return Chore(name, 0.0, do), done


async def run(*chores):
    """Run the upkeep until one of its chores has stopped it; return what was logged."""
    global running  # noqa: PLW0603  a chore is made before the upkeep that it stops
    running = Upkeep(*chores)
    with structlog.testing.capture_logs() as told:
        await asyncio.wait_for(running.run(), 30)
    return told


def test_chores_are_done_again_until_the_stop():
    """At once, and then every so often."""
    repeated, done = chore("purge", "once", "twice", STOP)
    asyncio.run(run(repeated))
    assert done == ["once", "twice", STOP]


def test_a_chore_that_fails_is_told_and_done_again():
    """A database that is gone comes back, and nobody starts the process again for it."""
    failing, done = chore("proofs", OSError(111, "refused"), STOP)
    told = asyncio.run(run(failing))
    assert len(done) == 2
    assert [(line["event"], line["chore"]) for line in told] == [("chore failed", "proofs")]


def test_a_chore_that_fails_holds_up_no_other():
    """Each has its own time."""
    failing, _ = chore("proofs", *(ValueError() for _ in range(10_000)))
    fine, done = chore("purge", "once", STOP)
    asyncio.run(run(failing, fine))
    assert done == ["once", STOP]


def test_what_has_begun_is_finished():
    """A purge that was cut off in the middle would be nothing lost, and nothing gained."""

    async def run():
        begun, go_on, finished = asyncio.Event(), asyncio.Event(), []

        async def do():
            begun.set()
            await go_on.wait()
            finished.append(True)

        upkeep = Upkeep(Chore("purge", 3600.0, do))
        running = asyncio.create_task(upkeep.run())
        await begun.wait()
        assert not upkeep.stopping
        upkeep.stop()
        assert upkeep.stopping
        go_on.set()
        await asyncio.wait_for(running, 30)
        return finished

    assert asyncio.run(run()) == [True]
