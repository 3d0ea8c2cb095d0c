"""The loops that the wire transport runs in, with nothing left behind."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvloop

from .client import CLIENTS


def open_sockets():
    """Return how many sockets this process has open."""
    count = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        # The one of the listing itself is gone by now.
        with contextlib.suppress(OSError):
            count += str(descriptor.readlink()).startswith("socket:")
    return count


def is_a_servers(task):
    """Tell whether a task is one of the test itself, or of its server.

    A server that is closed has tasks of connections that it accepted and never began with.
    """
    return task is asyncio.current_task() or "running." in task.get_coro().__qualname__


@dataclass(frozen=True)
class Loop:
    """One kind of loop."""

    name: str
    factory: Callable[[], asyncio.AbstractEventLoop]

    def run(self, main, *, alone=True):
        """Run a coroutine to its end; nothing may be left behind or reported on the way.

        When it is not `alone`, sockets may be opened beside it.
        """
        before = open_sockets()
        reported = []

        async def watched():
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: reported.append(context))
            result = await main
            for _ in range(3):
                # A closed socket goes in the turn after next.
                await asyncio.sleep(0)
            assert [task for task in asyncio.all_tasks() if not is_a_servers(task)] == []
            return result

        with asyncio.Runner(loop_factory=self.factory) as runner:
            result = runner.run(watched())
        assert reported == []
        assert not alone or open_sockets() == before
        return result


LOOPS = [Loop("asyncio", asyncio.new_event_loop), Loop("uvloop", uvloop.new_event_loop)]


@pytest.fixture(params=LOOPS, ids=lambda loop: loop.name)
def loop(request):
    """Each kind of loop in turn."""
    return request.param


@pytest.fixture(params=CLIENTS.values(), ids=CLIENTS.keys())
def client(request):
    """Each transport, in each kind of loop that it is used in."""
    return request.param
