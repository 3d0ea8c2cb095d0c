"""Waiting for something to be so, with a deadline and never for a fixed time."""

import asyncio
import time
from collections.abc import Callable

PATIENCE = 30.0
# Seconds between two looks: a tenth of what was waited so far, since a look may cost a request.
SOONEST, LATEST = 0.02, 0.25


def wait_until(
    condition: Callable[[], bool], what: str | Callable[[], str], *, within: float = PATIENCE
) -> None:
    """Return as soon as the condition holds; fail, naming `what`, after `within` seconds."""
    begun = time.monotonic()
    while not condition():
        time.sleep(_pause(time.monotonic() - begun, within, what))


async def until(
    condition: Callable[[], bool], what: str | Callable[[], str], *, within: float = PATIENCE
) -> None:
    """Do the same while other tasks go on."""
    begun = time.monotonic()
    while not condition():
        await asyncio.sleep(_pause(time.monotonic() - begun, within, what))


def _pause(waited: float, within: float, what: str | Callable[[], str]) -> float:
    if waited > within:
        text = what if isinstance(what, str) else what()
        raise AssertionError(f"waited {within:g} s in vain for {text}")
    return min(max(SOONEST, waited / 10), LATEST)
