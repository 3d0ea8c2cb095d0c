"""A process of the platform: its parts run together until a signal, and end in order."""

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, Self

import structlog
import uvloop

from hookwright.platform.errors import Failed
from hookwright.signals import is_ignored
from hookwright_schemas.errors import HookwrightError

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# For chores and look-ups; the API and the worker have threads of their own.
THREADS = 16
# Seconds beside those that the parts were promised, for whatever hangs without a bound of its own.
MARGIN = 3.0
# What a process that had to be cut off ends with.
CUT_OFF = 1

log = structlog.get_logger()


class Part(Protocol):
    """Something that runs until it is told to stop, and then finishes what it has begun."""

    name: str

    async def run(self) -> None:
        """Run to the end; an exception ends the process."""
        ...

    def stop(self) -> None:
        """Begin nothing new. In the loop's thread; may be called again."""
        ...


Parts = Callable[[], AbstractAsyncContextManager[Sequence[Part]]]


def run(make: Parts, grace: float) -> None:
    """Run the parts that `make` yields, in an event loop of their own, until SIGTERM or SIGINT.

    SIGINT stays ignored where it was.
    They have `grace` seconds to finish what they have begun. What is not finished by then is cut
    off and the process ends with 1: nothing is lost, since what was claimed is due again later.
    """
    _spare_the_collector()
    # Around the loop, whose end waits for its threads.
    with CutOff() as cut_off, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(make, grace, cut_off))


def _spare_the_collector() -> None:
    """Keep what was imported out of every collection, and collect less often.

    A delivery leaves a few dozen objects and no cycles: Python would look through all that there is
    many times a second, and find nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class CutOff:
    """Ends the process, unless the block ends first, so many seconds after it was armed.

    Nothing else could where a thread waits for ever, for a database that is gone for example.
    """

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def arm(self, seconds: float) -> None:
        """Begin to count."""
        self._timer = threading.Timer(seconds, self._end, (seconds,))
        self._timer.daemon = True
        self._timer.start()

    @staticmethod
    def _end(seconds: float) -> None:
        log.error("cut off", seconds=seconds)
        os._exit(CUT_OFF)


async def _run(make: Parts, grace: float, cut_off: CutOff) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="hookwright"))
    loop.set_exception_handler(_log_unhandled)
    stopped = asyncio.Event()
    for number in SIGNALS:
        if number is signal.SIGTERM or not is_ignored(number):
            loop.add_signal_handler(number, stopped.set)
    async with make() as parts:
        tasks = {asyncio.create_task(part.run(), name=part.name): part for part in parts}
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        log.info("stopping")
        cut_off.arm(grace + MARGIN)
        for part in parts:
            part.stop()
        done, late = await asyncio.wait(tasks, timeout=grace)
        for task in late:
            log.warning("not finished in time", part=tasks[task].name, seconds=grace)
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for task in done:
            _raise_failure(tasks[task], task.exception())
    log.info("stopped")


def _raise_failure(part: Part, error: BaseException | None) -> None:
    if error is None:
        return
    if isinstance(error, HookwrightError):
        raise error
    log.error("failed", part=part.name, exc_info=error)
    raise Failed(part.name, error)


def _log_unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # The default shows the task with the text of its exception, which may quote a body.
    log.error("unhandled", what=context.get("message"), exc_info=context.get("exception"))
