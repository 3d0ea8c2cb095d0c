"""Waiting for something to be so, with a deadline and never for a fixed time."""

import asyncio
import time
from collections.abc import Callable, Iterator

PATIENCE = 30.0
# Seconds between two looks: a tenth of what was waited so far, since a look may cost a request.
SOONEST, LATEST = 0.02, 0.25


def wait_until(
    condition: Callable[[], bool], what: str | Callable[[], str], *, within: float = PATIENCE
) -> None:
    """Return as soon as the condition holds; fail, naming `what`, after `within` seconds."""
    for pause in _pauses(what, within):
        if condition():
            return
        time.sleep(pause)


async def until(
    condition: Callable[[], bool], what: str | Callable[[], str], *, within: float = PATIENCE
) -> None:
    """Do the same while other tasks go on."""
    for pause in _pauses(what, within):
        if condition():
            return
        await asyncio.sleep(pause)


def _pauses(what: str | Callable[[], str], within: float) -> Iterator[float]:
    """Yield how long to pause after each look, one that is too late included; then fail."""
    begun, waited = time.monotonic(), 0.0
    while waited <= within:
        waited = time.monotonic() - begun
        yield min(max(SOONEST, waited / 10), LATEST)
    text = what if isinstance(what, str) else what()
    raise AssertionError(f"waited {within:g} s in vain for {text}")
