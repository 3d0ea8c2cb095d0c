"""Which of the claimed deliveries goes next: bounded in all and for each webhook.

A webhook begins with one attempt at a time and doubles that with each success, up to its bound; a
failure takes it back to one. It is `suspect` after a failure, or when an answer takes a second.
Suspects have slots of their own: however many endpoints hang, the others' slots stay free.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hookwright_sender.delivery.claim import Claimed, Room

BATCH = 256
# Seconds without an answer until an attempt gives its slot free for others.
SLOW = 1.0
# As much is claimed ahead of a webhook as it takes in so many seconds.
AHEAD = 0.05
# Claimed and not begun.
MOST_WAITING = 4 * BATCH
REMEMBERED = 2048


@dataclass(slots=True, eq=False)
class Lane:
    """A webhook, as this worker knows it: `latency` is in seconds, of its successes."""

    webhook_id: int
    # With the time before which an attempt must have begun.
    waiting: "deque[tuple[float, Claimed]]" = field(default_factory=deque)
    flying: int = 0
    window: int = 1
    latency: float | None = None
    suspect: bool = False
    # It is among those that are ready.
    ready: bool = False

    @property
    def idle(self) -> bool:
        """Tell whether nothing of it is held."""
        return not self.flying and not self.waiting


@dataclass(slots=True, eq=False)
class Flight:
    """An attempt that runs; `slow` ones do not count among the others."""

    lane: Lane
    claimed: Claimed
    started: float
    slow: bool


class Slots:
    """Holds what is claimed until it is begun; `monotonic` returns seconds.

    `concurrency` attempts run at once, as many of suspects beside them, and no more than
    `webhook_concurrency` of any webhook.
    """

    def __init__(
        self, concurrency: int, webhook_concurrency: int, monotonic: Callable[[], float]
    ) -> None:
        self.concurrency = concurrency
        self._bound = webhook_concurrency
        self._monotonic = monotonic
        self._lanes: OrderedDict[int, Lane] = OrderedDict()
        self._held: set[Lane] = set()
        self._ready: dict[bool, deque[Lane]] = {False: deque(), True: deque()}
        self._flights: OrderedDict[int, Flight] = OrderedDict()
        # Given up before it was begun.
        self.returned: list[Claimed] = []
        # Both by whether they are of suspects.
        self.flying = {False: 0, True: 0}
        self.waiting = {False: 0, True: 0}

    def add(self, claimed: Iterable[Claimed], begin_before: float) -> None:
        """Take what was claimed; `next` gives it back in its turn, if that comes soon enough."""
        for each in claimed:
            lane = self._lane(each.webhook_id)
            if each.webhook.failing_since is not None and lane.idle:
                self._suspect(lane)
            lane.waiting.append((begin_before, each))
            self.waiting[lane.suspect] += 1
            self._held.add(lane)
            self._offer(lane)

    def next(self) -> Flight | None:
        """Return the next one to begin, None when none may."""
        for suspect, ready in self._ready.items():
            while ready and self.flying[suspect] < self.concurrency:
                lane = ready.popleft()
                lane.ready = False
                if lane.suspect is not suspect:
                    self._offer(lane)
                    continue
                if self._free(lane):
                    return self._begin(lane)
                if lane.idle:
                    self._held.discard(lane)
        return None

    def end(self, flight: Flight, latency: float | None) -> None:
        """Free the slot of an attempt; `latency` is that of a success, None after anything else."""
        lane = flight.lane
        self._flights.pop(id(flight), None)
        self.flying[flight.slow] -= 1
        lane.flying -= 1
        if latency is None:
            self._suspect(lane)
        else:
            self._trust(lane, latency)
        if lane.idle:
            self._held.discard(lane)
        else:
            self._offer(lane)

    def sweep(self) -> float | None:
        """Make attempts slow that have no answer yet; return in how many seconds to do it again."""
        moment = self._monotonic()
        while self._flights:
            key, flight = next(iter(self._flights.items()))
            left = flight.started + SLOW - moment
            if left > 0:
                return left
            if self.flying[True] >= self.concurrency:
                return SLOW
            flight.slow = True
            self.flying[False] -= 1
            self.flying[True] += 1
            self._move(flight.lane, suspect=True)
            self._withdraw(flight.lane)
            del self._flights[key]
        return None

    def room(self, *, stopping: bool = False) -> Room:
        """Return how much may be claimed."""
        limit = min(BATCH, MOST_WAITING - self.waiting[False])
        if stopping or not self.hungry:
            limit = 0
        bold = self.bold
        full = {lane.webhook_id for lane in self._held if self._room(lane) <= 0}
        if not bold:
            full |= {lane.webhook_id for lane in self._lanes.values() if lane.suspect}
        return Room(max(0, limit), 1, self._room_of, full, failing=bold)

    @property
    def hungry(self) -> bool:
        """Tell whether slots are free, or soon will be with nothing to fill them."""
        free = self.flying[False] < self.concurrency
        return free or self.waiting[False] < max(self.concurrency, BATCH // 2)

    @property
    def bold(self) -> bool:
        """Tell whether there is room for suspects."""
        held = self.waiting[True] + self.flying[True]
        return held < max(1, self.concurrency * 3 // 4)

    @property
    def busy(self) -> int:
        """How many attempts run."""
        return self.flying[False] + self.flying[True]

    def withdraw(self) -> None:
        """Give up everything that is not begun."""
        for lane in list(self._held):
            self._withdraw(lane)
            if lane.idle:
                self._held.discard(lane)

    def _withdraw(self, lane: Lane) -> None:
        self.returned += [each for _, each in lane.waiting]
        self.waiting[lane.suspect] -= len(lane.waiting)
        lane.waiting.clear()

    def _room_of(self, webhook: int) -> int | None:
        lane = self._lanes.get(webhook)
        return None if lane is None else self._room(lane)

    def _room(self, lane: Lane) -> int:
        most = min(lane.window, self._bound)
        if most >= self._bound and lane.latency is not None:
            ahead = min(float(BATCH), self._bound * AHEAD / max(lane.latency, 1e-4))
            most = max(most, int(ahead))
        return most - lane.flying - len(lane.waiting)

    def _free(self, lane: Lane) -> bool:
        moment = self._monotonic()
        while lane.waiting and lane.waiting[0][0] < moment:
            # Its lease may end before the attempt does.
            self.returned.append(lane.waiting.popleft()[1])
            self.waiting[lane.suspect] -= 1
        return bool(lane.waiting) and lane.flying < min(lane.window, self._bound)

    def _begin(self, lane: Lane) -> Flight:
        flight = Flight(lane, lane.waiting.popleft()[1], self._monotonic(), lane.suspect)
        self.waiting[lane.suspect] -= 1
        self.flying[lane.suspect] += 1
        lane.flying += 1
        if not lane.suspect:
            self._flights[id(flight)] = flight
        self._offer(lane)
        return flight

    def _offer(self, lane: Lane) -> None:
        if not lane.ready and self._free(lane):
            lane.ready = True
            self._ready[lane.suspect].append(lane)

    def _suspect(self, lane: Lane) -> None:
        lane.window = 1
        self._move(lane, suspect=True)

    def _trust(self, lane: Lane, latency: float) -> None:
        lane.window = min(lane.window * 2, self._bound)
        known = lane.latency
        lane.latency = latency if known is None else known + (latency - known) / 8
        # One that is slow and works gets as many slots as any, but none of the others'.
        self._move(lane, suspect=latency >= SLOW)

    def _move(self, lane: Lane, *, suspect: bool) -> None:
        if lane.suspect is not suspect:
            self.waiting[lane.suspect] -= len(lane.waiting)
            self.waiting[suspect] += len(lane.waiting)
            lane.suspect = suspect

    def _lane(self, webhook: int) -> Lane:
        lane = self._lanes.get(webhook)
        if lane is None:
            lane = self._lanes[webhook] = Lane(webhook)
            if len(self._lanes) > REMEMBERED:
                self._forget()
        else:
            self._lanes.move_to_end(webhook)
        return lane

    def _forget(self) -> None:
        for webhook, lane in self._lanes.items():
            if lane.idle:
                del self._lanes[webhook]
                return
