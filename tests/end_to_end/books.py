"""What was accepted held against what arrived: every event once, nothing stuck, nothing twice."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from .stage import Stage
from .waiting import wait_until

# A lease has to end, the receiver's own too, and the machine may be busy with something else.
DRAINED_WITHIN = 150.0
# Of each kind of trouble, in a report.
MOST = 5

PENDING = "SELECT count(*) FROM deliveries WHERE state = 'pending'"
DELIVERIES = "SELECT id, event_id, state, attempts, claim, lost, last_outcome FROM deliveries"
ATTEMPTS = "SELECT delivery_id, claim, outcome, status, started_at FROM attempts"
# As the receiver keeps the `webhook-id` of a message.
KEY = "header:msg_"
INBOX_PENDING = "SELECT count(*) FROM inbox WHERE status = 'pending'"
INBOX = "SELECT id, key, status, attempts FROM inbox"


class Books:
    """The platform's and the receiver's records, read once everything has been handled."""

    def __init__(self, stage: Stage, accepted: Mapping[int, str]) -> None:
        self._accepted = accepted
        numbers = {int(event): number for number, event in accepted.items()}
        self._number_of = numbers
        self._deliveries: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        self._attempts: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        self._inbox: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for row in stage.query(DELIVERIES):
            self._deliveries[row[1]].append(row)
        for row in stage.query(ATTEMPTS):
            self._attempts[row[0]].append(row)
        for row in stage.receiver.query(INBOX):
            self._inbox[row[1]].append(row)
        self._effects: Counter[int] = Counter(
            message
            for event in stage.receiver.project.contract.events
            for (message,) in stage.receiver.query(f'SELECT message_id FROM "received_{event.id}"')
        )

    def troubles(self) -> Iterator[str]:
        """Yield a line for everything that is not as it must be."""
        expected = {f"{KEY}{event}": number for number, event in self._accepted.items()}
        if len(expected) != len(self._accepted):
            yield "two calls with different keys were told the same event"
        for key, number in expected.items():
            yield from self._of_event(number, key)
        for key, rows in self._inbox.items():
            if key not in expected:
                yield f"the inbox has {rows}, which nobody was told was accepted"
        for event in self._deliveries:
            if event not in self._number_of:
                yield f"there is a delivery of event {event}, which nobody was told was accepted"
        known = {row[0] for rows in self._inbox.values() for row in rows}
        for message, count in self._effects.items():
            if message not in known or count != 1:
                yield f"message {message} of the inbox has {count} effects"

    def _of_event(self, number: int, key: str) -> Iterator[str]:
        event = int(self._accepted[number])
        rows = self._inbox.get(key, [])
        if [row[2] for row in rows] != ["done"]:
            yield f"event {number} is {len(rows)} times in the inbox: {self._story(event, key)}"
        elif self._effects[rows[0][0]] != 1:
            yield f"event {number} has {self._effects[rows[0][0]]} effects: {rows}"
        found = self._deliveries[event]
        if [row[2] for row in found] != ["delivered"]:
            yield f"event {number} is not delivered: {self._story(event, key)}"
            return
        attempts = sorted(self._attempts[found[0][0]], key=lambda row: row[1])
        outcomes = [row[2] for row in attempts]
        if len({row[4] for row in attempts}) != len(attempts) or len(attempts) != found[0][3]:
            yield f"event {number} has an attempt twice: {self._story(event, key)}"
        if outcomes.count("success") != 1 or outcomes[-1] != "success":
            yield f"event {number} was delivered otherwise than once: {self._story(event, key)}"

    def _story(self, event: int, key: str) -> str:
        deliveries = self._deliveries.get(event, [])
        attempts = [row for delivery in deliveries for row in self._attempts[delivery[0]]]
        return f"deliveries {deliveries}, attempts {attempts}, inbox {self._inbox.get(key)}"

    @property
    def claims(self) -> int:
        """How often a worker set out to deliver something."""
        return sum(row[4] for rows in self._deliveries.values() for row in rows)

    @property
    def attempts(self) -> int:
        """How many attempts were recorded."""
        return sum(map(len, self._attempts.values()))


def drained(stage: Stage, *, within: float = DRAINED_WITHIN) -> None:
    """Wait until nothing is pending on either side; fails with what is left."""

    def left() -> tuple[int, int]:
        return stage.query(PENDING)[0][0], stage.receiver.query(INBOX_PENDING)[0][0]

    wait_until(
        lambda: left() == (0, 0),
        lambda: f"the end of (deliveries, messages) pending: {left()} are left. {stuck(stage)}",
        within=within,
    )


def stuck(stage: Stage) -> str:
    """Tell what is pending, and what the processes said last."""
    rows = stage.query(f"{DELIVERIES} WHERE state = 'pending' LIMIT {MOST}")
    queues = stage.query("SELECT * FROM queues")
    logs = [f"{each.kind}: {each.process.log()[-1500:]}" for each in stage.members]
    return "\n".join([f"deliveries {rows}", f"queues {queues}", *logs])


def check(stage: Stage, accepted: Mapping[int, str], seed: int, *, what: object = "") -> Books:
    """Fail with a short report unless every accepted event arrived once, with its effect."""
    books = Books(stage, accepted)
    troubles = list(books.troubles())
    lines = "\n".join(troubles[:MOST])
    more = f"\nand {len(troubles) - MOST} more" if len(troubles) > MOST else ""
    assert not troubles, f"seed {seed}, {len(accepted)} events, {what}:\n{lines}{more}"
    return books
