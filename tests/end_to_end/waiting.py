"""Waiting for something to be so, with a deadline and never for a fixed time."""

import asyncio
import time
from collections.abc import Callable

PATIENCE = 30.0
POLL = 0.02


def wait_until(
    condition: Callable[[], bool], what: str | Callable[[], str], *, within: float = PATIENCE
) -> None:
    """Return as soon as the condition holds; fail, naming `what`, after `within` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"waited {within:g} s in vain for {_text(what)}"
        time.sleep(POLL)


async def until(
    condition: Callable[[], bool], what: str | Callable[[], str], *, within: float = PATIENCE
) -> None:
    """Do the same while other tasks go on."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"waited {within:g} s in vain for {_text(what)}"
        await asyncio.sleep(POLL)


def _text(what: str | Callable[[], str]) -> str:
    return what if isinstance(what, str) else what()
