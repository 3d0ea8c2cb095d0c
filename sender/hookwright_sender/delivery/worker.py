"""The delivery worker: claims what is due, attempts it, and records what came of it."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hookwright_schemas import Contract, load_contract
from hookwright_sender.delivery.backoff import Backoff
from hookwright_sender.delivery.claim import Room
from hookwright_sender.delivery.courier import Courier
from hookwright_sender.delivery.finish import Finished
from hookwright_sender.delivery.queue import Queue, Turn, lease_for
from hookwright_sender.delivery.slots import BATCH, Flight, Slots
from hookwright_sender.delivery.wake import listen
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.metrics import Meter, Silent
from hookwright_sender.outcome import Outcome
from hookwright_sender.retry.health import PATIENCE
from hookwright_sender.retry.ladder import Ladder
from hookwright_sender.store.database import Database
from hookwright_sender.store.errors import StoreUnavailable
from hookwright_sender.transport import Transport

log = logging.getLogger("hookwright.delivery")

# How long an outcome may wait for others to be recorded with.
FLUSH = 0.02
# Claims and outcomes in a turn that are many.
BUSY = 32
# After a turn that found nothing where something should be: somebody else is about to commit.
STALE = 0.005
# Between the turns that nobody asked for, in case that news got lost.
POLL = 1.0
# Of the lease, beside the deadline.
SAFETY = 2.0
# For the last outcomes, beyond the deadline, when the database does not answer.
GRACE = 5.0


class DeliveryWorker:
    """Delivers what is due, `concurrency` at once, and as many of hanging endpoints beside them.

    `deadline` is the transport's, in seconds; `clock` returns Unix seconds, `monotonic` any. The
    transport must be open as long as the worker runs. All work with the database is done in one
    thread, one transaction at a time.
    """

    def __init__(  # noqa: PLR0913  what a worker is made of, mostly with a default
        self,
        database: Database,
        ring: KeyRing,
        transport: Transport,
        *,
        contract: Contract | None = None,
        concurrency: int = 100,
        webhook_concurrency: int = 10,
        deadline: float = 5.0,
        ladder: Ladder | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        rand: Callable[[], float] = random.random,
        poll: float = POLL,
        patience: float = PATIENCE,
        meter: Meter | None = None,
    ) -> None:
        self._database = database
        self._monotonic = monotonic
        self._deadline = deadline
        self._poll = poll
        self._rand = rand
        self._meter = meter or Silent()
        self._lease = lease_for(deadline)
        self._queue = Queue(database, self._lease, ladder=ladder, rand=rand, patience=patience)
        self._courier = Courier(
            ring, transport, contract or load_contract(), ladder=ladder, clock=clock, rand=rand
        )
        self._slots = Slots(concurrency, webhook_concurrency, monotonic)
        self._backoff = Backoff(rand)
        self._finished: list[Finished] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stir = asyncio.Event()
        self._stopping_at: float | None = None
        self._news = True
        self._pressed: frozenset[int] = frozenset()
        # In the monotonic clock's time.
        self._next_due = self._first_finished = self._not_before = self._last_turn = 0.0

    async def run(self) -> None:
        """Deliver until `stop`, and return when everything is recorded and given back.

        Survives a database that does not answer for any time: what it has not recorded it keeps.
        """
        loop = self._loop = asyncio.get_running_loop()
        backoff = Backoff(self._rand)
        listener = loop.create_task(listen(self._database, self._heard, backoff))
        try:
            with ThreadPoolExecutor(1, "hookwright-store") as thread:
                while not self._done():
                    if await self._wait():
                        await self._turn(thread)
        finally:
            self._loop = None
            listener.cancel()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(listener, *self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """Tell it that something is due, after the commit; from any thread."""
        if not self._news:
            self._call(self._heard)

    def stop(self) -> None:
        """Claim nothing more, let what is in flight end, record it; from any thread."""
        self._call(self._stop)

    def _call(self, function: Callable[[], None]) -> None:
        loop = self._loop
        if loop is None:
            function()
            return
        try:
            loop.call_soon_threadsafe(function)
        except RuntimeError:
            # The loop was closed meanwhile: there is nobody left to tell.
            return

    def _heard(self) -> None:
        self._news = True
        self._stir.set()

    def _stop(self) -> None:
        if self._stopping_at is None:
            self._stopping_at = self._monotonic()
            self._slots.withdraw()
        self._stir.set()

    def _done(self) -> bool:
        if self._stopping_at is None or self._slots.busy:
            return False
        if not self._finished and not self._slots.returned:
            return True
        if self._monotonic() < self._stopping_at + self._deadline + GRACE:
            return False
        log.error("stopped with %d outcomes that could not be recorded", len(self._finished))
        return True

    async def _wait(self) -> bool:
        """Wait until it is time for a turn, or for another look; tell whether it is for a turn."""
        again = self._slots.sweep()
        self._fill()
        moment = self._monotonic()
        at = self._wanted_at(moment)
        if at <= moment:
            return True
        if at <= self._not_before:
            # Whatever is heard, it makes no turn sooner.
            await asyncio.sleep(min(at - moment, again or self._poll))
            return False
        self._stir.clear()
        try:
            async with asyncio.timeout(min(at - moment, again or self._poll)):
                await self._stir.wait()
        except TimeoutError:
            pass
        return False

    def _wanted_at(self, moment: float) -> float:
        """Return when the next turn should be."""
        wanted = moment + self._poll
        if self._slots.returned or len(self._finished) >= BATCH or self._ending:
            wanted = moment
        elif self._finished:
            wanted = self._first_finished + FLUSH
        if self._stopping_at is None and self._slots.hungry:
            claim_at = self._next_due if not self._news else moment
            wanted = min(wanted, claim_at, self._last_turn + self._poll)
        return max(wanted, self._not_before)

    @property
    def _ending(self) -> bool:
        return self._stopping_at is not None and not self._slots.busy

    async def _turn(self, thread: ThreadPoolExecutor) -> None:
        finished, self._finished = self._finished, []
        returned, self._slots.returned = self._slots.returned, []
        room = self._slots.room(stopping=self._stopping_at is not None)
        if room.limit:
            self._news = False
        started = self._monotonic()
        loop = asyncio.get_running_loop()
        try:
            turn = await loop.run_in_executor(thread, self._queue.turn, finished, returned, room)
        except StoreUnavailable as error:
            # Whether it was committed or not: what is recorded already is not recorded again.
            self._finished = finished + self._finished
            self._slots.returned = returned + self._slots.returned
            self._news = True
            self._refused(error)
            return
        ended = self._monotonic()
        if self._backoff.failures:
            log.info("the database answers again")
            self._backoff.reset()
        self._last_turn = started
        # When it is busy, as long again: a turn that more deliveries share costs each of them less.
        busy = len(turn.claimed) + turn.recorded >= BUSY
        self._not_before = ended + min(ended - started, FLUSH) if busy else ended
        self._meter.turned(ended - started, len(turn.claimed), turn.recorded, turn.outdated)
        for change in turn.changed:
            self._meter.changed(change.change)
            log.warning("%s", change.message)
        self._first_finished = ended
        if room.limit:
            self._take(turn, room, started, ended)

    def _take(self, turn: Turn, room: Room, started: float, ended: float) -> None:
        self._slots.add(turn.claimed, started + self._lease - self._deadline - SAFETY)
        if self._stopping_at is not None:
            self._slots.withdraw()
        self._pressed = frozenset(room.full)
        if turn.next_in is None:
            self._next_due = ended + self._poll
        elif turn.next_in > 0:
            self._next_due = ended + turn.next_in
        elif turn.claimed:
            self._news = True
        else:
            self._next_due = ended + STALE
        if not room.failing and self._slots.bold:
            self._news = True
        self._fill()
        self._meter.holding(self._slots.busy, sum(self._slots.waiting.values()))

    def _refused(self, error: StoreUnavailable) -> None:
        self._meter.failed()
        if not self._backoff.failures:
            log.error("nothing can be claimed or recorded: %s", error)
        self._not_before = self._monotonic() + self._backoff.next()

    def _fill(self) -> None:
        while (flight := self._slots.next()) is not None:
            task = asyncio.create_task(self._fly(flight))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _fly(self, flight: Flight | None) -> None:
        while flight is not None:
            finished: Finished | None = None
            try:
                finished = await self._courier.attempt(flight.claimed)
            except Exception:
                # What is stored cannot be used. The lease runs out, and then the ladder holds.
                self._meter.stumbled()
                log.exception("delivery %d cannot be attempted", flight.claimed.delivery_id)
            self._land(flight, finished)
            flight = self._slots.next()
            self._fill()

    def _land(self, flight: Flight, finished: Finished | None) -> None:
        succeeded = finished is not None and finished.outcome is Outcome.SUCCESS
        bold = self._slots.bold
        self._slots.end(flight, finished.latency if finished and succeeded else None)
        if finished is not None:
            self._meter.attempted(finished.outcome, finished.latency)
            if succeeded and flight.claimed.claim == 1:
                self._meter.delivered(finished.ended_at - flight.claimed.created_at)
            if not self._finished:
                self._first_finished = self._monotonic()
                self._stir.set()
            self._finished.append(finished)
        if flight.lane.webhook_id in self._pressed or (self._slots.bold and not bold):
            self._news = True
        if len(self._finished) == BATCH or self._ending or (self._news and self._slots.hungry):
            self._stir.set()
