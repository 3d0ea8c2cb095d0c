"""Ctrl-C, for commands that wait for a network."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in an event loop of its own; SIGINT cancels it, and `KeyboardInterrupt` is raised.

    `asyncio.run` cancels wherever the program stands when the signal comes: also amid a callback
    that is about to set the very result which is cancelled then, so that the loop prints a
    traceback. Here the loop does it in its turn. A second SIGINT waits for nothing.
    """
    interrupted = False

    async def interruptible() -> T:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work)

        def interrupt() -> None:
            nonlocal interrupted
            interrupted = True
            loop.remove_signal_handler(signal.SIGINT)
            task.cancel()

        # Shells have what they start with `&` ignore it.
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            loop.add_signal_handler(signal.SIGINT, interrupt)
        return await task

    try:
        return asyncio.run(interruptible())
    except asyncio.CancelledError:
        if interrupted:
            raise KeyboardInterrupt from None
        raise
