"""Ctrl-C in a command that waits for a network."""

import asyncio
import signal

import pytest

from hookwright.interruption import run


def interrupt():
    """Have the signal come here and now."""
    signal.raise_signal(signal.SIGINT)


@pytest.fixture
def ignored():
    """Ignore SIGINT, as a process does that a shell has started with `&`."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def test_it_may_come_amid_a_callback():
    """Whoever looks whether a result is still wanted, and then sets it, is left to do both."""
    failures = []

    async def work():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: failures.append(context))
        wanted = loop.create_future()

        def answer():
            if not wanted.done():
                interrupt()
                wanted.set_result(None)

        loop.call_soon(answer)
        await wanted
        await loop.create_future()

    with pytest.raises(KeyboardInterrupt):
        run(work())
    assert failures == []


def test_what_is_cancelled_may_clear_up():
    """A project's processes are ended, a connection is closed."""
    cleared = []

    async def work():
        asyncio.get_running_loop().call_soon(interrupt)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await asyncio.sleep(0)
            cleared.append(True)

    with pytest.raises(KeyboardInterrupt):
        run(work())
    assert cleared == [True]


def test_a_second_one_waits_for_nothing():
    """Somebody who presses it twice means it."""

    async def work():
        loop = asyncio.get_running_loop()
        loop.call_soon(interrupt)
        try:
            await loop.create_future()
        finally:
            loop.call_soon(interrupt)
            await loop.create_future()

    with pytest.raises(KeyboardInterrupt):
        run(work())


def test_it_stays_ignored(ignored):
    """Ctrl-C is for what runs in front."""

    async def work():
        interrupt()
        await asyncio.sleep(0)
        return "done"

    assert run(work()) == "done"
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_nothing_of_it_is_left():
    """The next Ctrl-C is Python's own business, and so is a cancellation that nobody asked for."""

    async def work():
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run(work())
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
