"""What is graded, as the cases see it: an address, and what can be seen and done behind it."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from hookwright_schemas import Contract

from .credentials import Credentials
from .wire import Address


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an inbox. `text` is the line that the receiver printed for it."""

    id: str
    key: str | None
    event: str
    status: str
    attempts: int
    content: dict[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class HandlerRun:
    """What an instrumented handler wrote down: `phase` is `start`, `done` or `failed`."""

    phase: str
    event: str
    marker: str
    fields: dict[str, Any]
    parameters: dict[str, Any]


class Observer(Protocol):
    """Counts effects. `apart` tells whether it can tell one message's effects from another's."""

    apart: bool

    async def count(self, markers: Sequence[str]) -> int:
        """Return how many effects these messages had (of all messages, where not `apart`)."""


class Inbox(Protocol):
    """Reads what the receiver has stored."""

    async def entries(self) -> list[Entry]:
        """Return every message that was accepted."""

    async def dead(self) -> list[Entry]:
        """Return the dead letters."""

    async def refused(self) -> list[str]:
        """Return the refused messages that are kept, one line of text each."""

    async def replay(self, entry: str, *, refused: bool = False) -> bool:
        """Put a dead letter back in line, or a refused message; tell whether that was done."""


class Control(Protocol):
    """Does to a receiver what life does: it is killed, stopped, and its storage is busy."""

    async def start(self) -> None:
        """Start it (again) and wait until it is ready."""

    async def kill(self) -> None:
        """End it at once (SIGKILL)."""

    async def terminate(self) -> None:
        """Ask it to end (SIGTERM) and return at once."""

    async def exit_code(self, timeout: float) -> int | None:  # noqa: ASYNC109
        """Return how it ended, or None where it still runs after `timeout` seconds."""

    def alive(self) -> bool:
        """Tell whether it runs."""

    def locked(self) -> AbstractAsyncContextManager[None]:
        """Keep its inbox from being written for the length of the block."""

    def memory(self) -> int | None:
        """Return the bytes of memory that it holds, or None where that cannot be told."""

    def bound_files(self, number: int) -> None:
        """Let it have so many files open from now on, connections included (`ulimit -n`)."""

    def log(self) -> str:
        """Return everything that it has logged."""

    def private(self) -> tuple[str, ...]:
        """Return paths of the machine that no answer may show."""

    async def runs(self) -> list[HandlerRun]:
        """Return what the handlers have written down, oldest first."""

    def release(self, marker: str) -> None:
        """Let the handler of a message that was told to fail until now succeed."""

    async def in_sink(self, marker: str) -> int | None:
        """Return how often the message stands in the database sink; None where there is none."""

    def loosened(self) -> AbstractAsyncContextManager[None]:
        """Let the receiver's contract take any object for the length of the block."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One running receiver. What cannot be seen or done is None."""

    address: Address
    path: str
    observer: Observer | None = None
    inbox: Inbox | None = None
    control: Control | None = None


class Target(Protocol):
    """A receiver to grade.

    `parallel` is how many cases may run at once against the shared instance; `own` tells whether
    each place gets an instance of its own.
    """

    name: str
    stack: str | None
    profile: str
    credentials: Credentials
    contract: Contract
    max_body: int
    parallel: int
    own: bool

    def instance(self, place: str) -> AbstractAsyncContextManager[Instance]:
        """Provide a running instance for the cases of a place."""
