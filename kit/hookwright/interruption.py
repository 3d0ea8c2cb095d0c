"""Ctrl-C and a supervisor's SIGTERM, for commands that wait for a network."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from hookwright.signals import is_ignored

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T], *, orderly: bool = False) -> T:
    """Run `work` in an event loop of its own; SIGINT cancels it, and `KeyboardInterrupt` is raised.

    With `orderly` SIGTERM does so too: it is for work that has something to clear up, and where
    SIGINT is ignored, as by what a shell starts with `&`, it is the one that arrives.

    `asyncio.run` cancels wherever the program stands when the signal comes: also amid a callback
    that is about to set the very result which is cancelled then, so that the loop prints a
    traceback. Here the loop does it in its turn. A second signal waits for nothing.
    """
    interrupted = False
    stops = [signal.SIGTERM] if orderly else []
    if not is_ignored(signal.SIGINT):
        stops.append(signal.SIGINT)

    async def interruptible() -> T:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work)

        def interrupt() -> None:
            nonlocal interrupted
            interrupted = True
            for number in stops:
                loop.remove_signal_handler(number)
            task.cancel()

        for number in stops:
            loop.add_signal_handler(number, interrupt)
        return await task

    try:
        return asyncio.run(interruptible())
    except asyncio.CancelledError:
        if interrupted:
            raise KeyboardInterrupt from None
        raise
