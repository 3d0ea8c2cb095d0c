"""The hands of a case: it sends, judges what comes back, and asks what it brought about."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from .answer import Failure
from .client import Client, Connection, Exchange, Sending
from .comparison import difference, exact
from .delivery import Delivery
from .expectation import Expectation
from .findings import Findings
from .messages import Messages
from .model import Level
from .tally import Restless, Tally
from .target import Control, Entry, HandlerRun, Inbox, Instance, Observer

POLL = 0.05


class Unobservable(Exception):  # noqa: N818  a state of the target, not a mistake
    """The rest of a case needs to see or do what this target does not offer."""


@dataclass(kw_only=True)
class Run(Findings):
    """One case against one instance. The findings are what it returns."""

    instance: Instance
    messages: Messages
    seed: int
    tally: Tally | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._before = 0
        self.client = Client(self.instance.address, on_connect=self._disturb)

    def _disturb(self) -> None:
        if self.tally is not None:
            self.tally.disturb()

    @property
    def mode(self) -> str:
        """Return the target's authentication mode."""
        return self.target.credentials.mode

    @property
    def strict_profile(self) -> bool:
        """Tell whether the target runs in the strict profile."""
        return self.target.profile == "strict"

    # --- sending

    async def send(
        self,
        delivery: Delivery,
        *,
        raw: bytes | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> Exchange:
        """Send one request on its own connection and return what came of it."""
        request = delivery.raw(self.instance.address) if raw is None else raw
        return await self.exchange(request, delivery.method == "HEAD", timeout)

    async def exchange(
        self,
        request: bytes,
        head_only: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> Exchange:
        """Send these bytes on their own connection and return what came of it."""
        deadline = timeout or self.patience.answer
        result = await self.client.exchange(request, deadline, head_only=head_only)
        return await self._revived(result, request)

    async def converse(
        self,
        send: Sending,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> Exchange:
        """Run `send` on a connection of its own and return the first answer on it."""
        result = await self.client.converse(send, timeout or self.patience.answer)
        return await self._revived(result, result.sent)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """Open a connection for the length of the block."""
        async with self.client.connect() as connection:
            yield connection

    async def _revived(self, exchange: Exchange, request: bytes) -> Exchange:
        # One request that brings the receiver down must not fail every case after it.
        if exchange.answer is None and self.instance.control and not self.instance.control.alive():
            await self.instance.control.start()
            return Exchange(
                request[:4096], len(request), None, Failure.REFUSED, "the receiver's process ended"
            )
        return exchange

    async def expect(  # noqa: PLR0913  a step has these parts
        self,
        delivery: Delivery,
        expectation: Expectation,
        label: str,
        *,
        raw: bytes | None = None,
        server: bool = False,
        level: Level | None = None,
    ) -> Exchange:
        """Send a request and judge the answer. `server`: the HTTP server may refuse it itself."""
        exchange = await self.send(delivery, raw=raw)
        self.judge(exchange, expectation, label, server=server, level=level)
        return exchange

    # --- seeing and doing

    @property
    def control(self) -> Control:
        """Return the means to stop and lock the receiver; ends the case where there are none."""
        if self.instance.control is None:
            raise Unobservable("a receiver that the runner can stop, start and read")
        return self.instance.control

    @property
    def inbox(self) -> Inbox:
        """Return the receiver's inbox; ends the case where it cannot be read."""
        if self.instance.inbox is None:
            raise Unobservable("the receiver's inbox")
        return self.instance.inbox

    async def begin(self) -> None:
        """Take the zero of a count, which must stand still for it: there may be late effects."""
        if self.case.counted and self.tally is not None:
            try:
                self._before = await self.tally.settled()
            except Restless:
                raise Unobservable("a count of effects that stands still") from None

    async def effects(self, *expected: tuple[int, Sequence[Delivery], str]) -> None:
        """Judge how many effects messages had: rows of (how many, the messages, label)."""
        observer = self.instance.observer
        if observer is None:
            raise Unobservable("effects: neither an inbox nor a count URL")
        if self.tally is not None:
            wanted = sum(number for number, _, _ in expected)
            seen = await self._counted(self.tally, wanted)
            self._count(seen, wanted, "; ".join(label for _, _, label in expected))
            return
        for number, deliveries, label in expected:
            self._count(await self._found(observer, deliveries, number), number, label)

    async def _counted(self, tally: Tally, wanted: int) -> int:
        """Return how many effects a count shows, once it stands still; it knows no messages."""
        try:
            return await tally.settled(self._before + wanted) - self._before
        except Restless:
            raise Unobservable("a count of effects that stands still") from None

    async def _found(self, observer: Observer, deliveries: Sequence[Delivery], wanted: int) -> int:
        """Return how many effects these messages have: what is stored is so at the answer."""
        markers = [delivery.marker for delivery in deliveries]
        seen = 0

        async def enough() -> bool:
            nonlocal seen
            seen = await observer.count(markers)
            return seen >= wanted

        await self.wait(enough, self.patience.effect)
        return seen

    def _count(self, seen: int, wanted: int, label: str) -> None:
        expected, got = (f"{n} effect" if n == 1 else f"{n} effects" for n in (wanted, seen))
        self.hold(seen == wanted, label, expected, got)

    async def stored(self, *expected: tuple[Delivery, str]) -> None:
        """Judge whether messages are stored exactly as they were sent, without the token."""
        entries: list[Entry] = []

        async def all_there() -> bool:
            nonlocal entries
            entries = await self.inbox.entries()
            return all(any(d.marker in e.text for e in entries) for d, _ in expected)

        await self.wait(all_there, self.patience.effect)
        for delivery, label in expected:
            found = [e for e in entries if delivery.marker in e.text]
            wanted = exact(delivery.payload)
            same = len(found) == 1 and exact(found[0].content) == wanted
            got = difference(delivery.payload, found[0].content) if found else "nothing stored"
            self.hold(same, label, "stored exactly", "stored exactly" if same else got)

    async def entry(self, delivery: Delivery) -> Entry | None:
        """Return the inbox entry of a message."""
        entries = await self.inbox.entries()
        return next((e for e in entries if delivery.marker in e.text), None)

    async def handled(
        self, delivery: Delivery, done: Callable[[list[HandlerRun]], bool]
    ) -> list[HandlerRun]:
        """Return what handlers did with a message, once `done` says so or patience is used up."""
        seen: list[HandlerRun] = []

        async def ready() -> bool:
            nonlocal seen
            seen = [r for r in await self.control.runs() if r.marker == delivery.marker]
            return done(seen)

        await self.wait(ready)
        return seen

    async def wait(
        self,
        ready: Callable[[], Awaitable[bool]],
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> bool:
        """Wait until something is so; tell whether it came to be."""
        # No look is cut short: one that takes long, on a busy machine, has seen nothing yet.
        deadline = time.monotonic() + (timeout or self.patience.settle)
        while not await ready():
            if time.monotonic() > deadline:
                self._gave_up = True
                return False
            await asyncio.sleep(POLL)
        return True
