"""Signals that end the demo: the first one unwinds it, and nothing disturbs the unwinding."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hookwright.demo.errors import HungUp, Interrupted, Stopped, Terminated
from hookwright.signals import is_ignored

T = TypeVar("T")

STOPS: tuple[type[Stopped], ...] = (Interrupted, Terminated, HungUp)


async def interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Await `work`; SIGINT, SIGTERM and SIGHUP cancel it, and `Stopped` is raised.

    SIGINT and SIGHUP stay ignored where they were.
    Takes the signals over for as long as the event loop lives.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    received: list[type[Stopped]] = []

    def stop(how: type[Stopped]) -> None:
        received.append(how)
        # A second cancellation would break off what the first one has to clear up.
        if len(received) == 1:
            task.cancel()

    for how in STOPS:
        # `nohup` asks that a closed terminal should end nothing, a shell's `&` that Ctrl-C should.
        if how is Terminated or not is_ignored(how.number):
            loop.add_signal_handler(how.number, stop, how)
    try:
        return await task
    except asyncio.CancelledError:
        if received:
            raise received[0] from None
        raise
