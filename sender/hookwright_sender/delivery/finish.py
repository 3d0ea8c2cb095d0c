"""Recording what came of claimed deliveries: once, and only as long as the claim is current."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from hookwright_sender.delivery.claim import Claimed
from hookwright_sender.delivery.dialects import among, insert_many
from hookwright_sender.outcome import Outcome
from hookwright_sender.retry.decision import Action, Decision
from hookwright_sender.store.tables import attempts, deliveries

IDS = among(deliveries.c.id)
CURRENT = (
    select(deliveries.c.id, deliveries.c.claim, deliveries.c.lost, deliveries.c.state)
    .where(IDS)
    .order_by(deliveries.c.id)
    .with_for_update()
)
COLUMNS = ("delivery_id", "claim", "started_at", "latency", "outcome", "status", "details")
ATTEMPTED = update(deliveries).values(
    lost=0,
    attempts=deliveries.c.attempts + 1,
    step=deliveries.c.step + 1,
    last_outcome=bindparam("outcome"),
    last_status=bindparam("status"),
)
END = ATTEMPTED.where(IDS).values(state=bindparam("to"), finished_at=bindparam("now"))
# Cancelled while it was in flight.
NOTE = ATTEMPTED.where(IDS)
RETRY = ATTEMPTED.where(deliveries.c.id == bindparam("delivery")).values(due_at=bindparam("due"))
GIVE_BACK = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"))
    .values(lost=deliveries.c.lost - 1, due_at=bindparam("due"))
)


@dataclass(slots=True)
class Finished:
    """An attempt that came to an end; times are Unix seconds, `latency` is in seconds.

    `details` is sealed. `decision.retry_at` is on the clock that `ended_at` was read from.
    """

    claimed: Claimed
    decision: Decision
    outcome: Outcome
    status: int | None
    started_at: float
    ended_at: float
    latency: float
    details: bytes


def outstanding(connection: Connection, claims: Iterable[Claimed]) -> dict[int, str]:
    """Return which of some claims still wait for their outcome: their deliveries, and the states.

    Not one that another worker has claimed since, and not one whose outcome is recorded already,
    by a transaction of which nobody knew whether it was committed.
    """
    held = {each.delivery_id: each.claim for each in claims}
    if not held:
        return {}
    rows = connection.execute(CURRENT, {"ids": list(held)}).all()
    return {row.id: row.state for row in rows if row.claim == held[row.id] and row.lost > 0}


def retry_times(finished: Iterable[Finished], moment: float, clock: float) -> dict[int, float]:
    """Return when deliveries are to be tried again, on the database's clock.

    `moment` is now on that one, `clock` on the worker's.
    """
    return {
        each.claimed.delivery_id: moment + max(0.0, each.decision.retry_at - clock)
        for each in finished
        if each.decision.retry_at is not None
    }


def bounds(
    finished: Iterable[Finished],
    returned: Iterable[Claimed],
    due: Mapping[int, float],
    moment: float,
) -> dict[int, float]:
    """Return by when queues must be looked at again, for what is retried or given back."""
    found: dict[int, float] = {each.webhook_id: moment for each in returned}
    for each in finished:
        at = due.get(each.claimed.delivery_id)
        if at is not None:
            webhook = each.claimed.webhook_id
            found[webhook] = min(at, found.get(webhook, at))
    return found


def record(
    connection: Connection,
    finished: Sequence[Finished],
    states: Mapping[int, str],
    due: Mapping[int, float],
    moment: float,
) -> None:
    """Record outcomes; `states` has the deliveries as they are, `due` when they are retried."""
    ended: dict[tuple[str | None, str, int | None], list[int]] = defaultdict(list)
    retried: list[dict[str, Any]] = []
    for each in finished:
        delivery, outcome = each.claimed.delivery_id, each.outcome.value
        to = _state(each.decision.action, states[delivery])
        if to == "pending":
            retried.append(
                {
                    "delivery": delivery,
                    "due": due[delivery],
                    "outcome": outcome,
                    "status": each.status,
                }
            )
        else:
            ended[to, outcome, each.status].append(delivery)
    for (to, outcome, status), ids in ended.items():
        common = {"ids": ids, "outcome": outcome, "status": status}
        if to is None:
            connection.execute(NOTE, common)
        else:
            connection.execute(END, common | {"to": to, "now": moment})
    if retried:
        connection.execute(RETRY, retried)
    insert_many(connection, attempts, COLUMNS, [_attempt(each) for each in finished])


def give_back(connection: Connection, returned: Iterable[Claimed]) -> None:
    """Make claims undone that were never begun."""
    rows = [{"delivery": each.delivery_id, "due": each.due_at} for each in returned]
    if rows:
        connection.execute(GIVE_BACK, rows)


def _state(action: Action, state: str) -> str | None:
    """Return the state that a delivery gets; None for one that was cancelled in flight."""
    if action is Action.DELIVERED:
        return "delivered"
    if state != "pending":
        return None
    return "dead" if action is Action.DEAD else "pending"


def _attempt(each: Finished) -> tuple[Any, ...]:
    claimed = each.claimed
    return (
        claimed.delivery_id,
        claimed.claim,
        each.started_at,
        each.latency,
        each.outcome.value,
        each.status,
        each.details,
    )
