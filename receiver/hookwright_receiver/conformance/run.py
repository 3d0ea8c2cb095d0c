"""The hands of a case: it sends, judges what comes back, and asks what it brought about."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from .answer import Failure
from .client import Client, Connection, Exchange, Sending
from .comparison import difference, exact
from .delivery import Delivery, shown
from .expectation import Expectation
from .messages import Messages
from .model import Case, Fault, Finding, Verdict
from .patience import Patience
from .target import Control, Entry, HandlerRun, Inbox, Instance, Observer, Target

POLL = 0.05
SHOWN_BODY = 200


@dataclass(frozen=True, slots=True)
class Witnessed:
    """One answer of the application, for the cases that look at all of them."""

    case: str
    label: str
    exchange: Exchange


@dataclass
class Journal:
    """Every answer that the application itself gave in a run."""

    answers: list[Witnessed] = field(default_factory=list)


class Unobservable(Exception):  # noqa: N818  a state of the target, not a mistake
    """The rest of a case needs to see or do what this target does not offer."""


@dataclass
class Run:
    """One case against one instance. The findings are what it returns."""

    case: Case
    target: Target
    instance: Instance
    messages: Messages
    patience: Patience
    journal: Journal
    seed: int
    findings: list[Finding] = field(default_factory=list)
    reason: str = ""
    counted: int = 0

    def __post_init__(self) -> None:
        self.client = Client(self.instance.address)

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

    # --- judging

    async def expect(
        self,
        delivery: Delivery,
        expectation: Expectation,
        label: str,
        *,
        raw: bytes | None = None,
        server: bool = False,
    ) -> Exchange:
        """Send a request and judge the answer. `server`: the HTTP server may refuse it itself."""
        exchange = await self.send(delivery, raw=raw)
        self.judge(exchange, expectation, label, server=server)
        return exchange

    def judge(
        self, exchange: Exchange, expectation: Expectation, label: str, *, server: bool = False
    ) -> Verdict:
        """Record what an exchange amounts to."""
        judgement = expectation.judge(exchange)
        self.add(
            judgement.verdict,
            label,
            str(expectation),
            _answer_text(exchange, judgement.got),
            fault=judgement.fault,
            exchange=exchange,
        )
        if not server and exchange.answer is not None:
            self.journal.answers.append(Witnessed(self.case.id, label, exchange))
        return judgement.verdict

    def add(  # noqa: PLR0913  a finding has these parts
        self,
        verdict: Verdict,
        label: str,
        expected: str,
        got: str,
        *,
        fault: Fault | None = None,
        exchange: Exchange | None = None,
    ) -> None:
        """Record a finding."""
        credentials = self.target.credentials
        request = ""
        if exchange is not None and verdict is not Verdict.PASSED:
            request = shown(exchange, credentials)
        self.findings.append(
            Finding(verdict, label, expected, credentials.mask(got), fault, request)
        )

    def hold(  # noqa: PLR0913  a finding has these parts
        self,
        held: bool,
        label: str,
        expected: str,
        got: str,
        *,
        fault: Fault = Fault.EFFECT,
        exchange: Exchange | None = None,
    ) -> None:
        """Record that something held, or what was there instead."""
        verdict = Verdict.PASSED if held else Verdict.FAILED
        told = None if held else fault
        self.add(verdict, label, expected, got, fault=told, exchange=exchange)

    def skip(self, reason: str) -> None:
        """Say why the case has no step for this target."""
        self.reason = reason

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
        """Remember how many effects there were before, for an observer that only counts."""
        observer = self.instance.observer
        if self.case.observes and observer is not None and not observer.apart:
            self.counted = await observer.count(())

    async def effects(self, *expected: tuple[int, Sequence[Delivery], str]) -> None:
        """Judge how many effects messages had: rows of (how many, the messages, label)."""
        observer = self.instance.observer
        if observer is None:
            raise Unobservable("effects: neither an inbox nor a count URL")
        if not observer.apart:
            wanted = sum(number for number, _, _ in expected)
            seen = await self._counted(observer, (), wanted + self.counted) - self.counted
            self.counted += seen
            self._count(seen, wanted, "; ".join(label for _, _, label in expected))
            return
        for number, deliveries, label in expected:
            markers = [delivery.marker for delivery in deliveries]
            self._count(await self._counted(observer, markers, number), number, label)

    async def _counted(self, observer: Observer, markers: Sequence[str], wanted: int) -> int:
        """Return how many effects there are, when there are enough or patience is used up."""
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
                return False
            await asyncio.sleep(POLL)
        return True


def _answer_text(exchange: Exchange, got: str) -> str:
    if exchange.answer is None or exchange.accepted or not exchange.answer.body:
        return got
    body = exchange.answer.body
    start = " ".join(body[:SHOWN_BODY].decode("utf-8", "replace").split())
    return f"{got}: {start}{'…' if len(body) > SHOWN_BODY else ''}"
