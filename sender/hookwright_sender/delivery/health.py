"""The health of webhooks, in the transaction that records what came of their deliveries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from hookwright_sender.delivery.dialects import AnyRow, among
from hookwright_sender.delivery.finish import Finished
from hookwright_sender.delivery.pausing import close_queue
from hookwright_sender.ids import first_id_at
from hookwright_sender.retry.decision import Action
from hookwright_sender.retry.health import PATIENCE, Change, Health, Transition, observe
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import notices, webhooks

LOCK = (
    select(
        webhooks.c.id,
        webhooks.c.account_id,
        webhooks.c.state,
        webhooks.c.reason,
        webhooks.c.failing_since,
        webhooks.c.disabled_at,
    )
    .where(among(webhooks.c.id, "webhooks"))
    .order_by(webhooks.c.id)
    .with_for_update(key_share=True)
)
CHANGE = update(webhooks).where(webhooks.c.id == bindparam("webhook"))
NOTIFY = insert(notices)
# Seconds in which an owner is told once that a webhook fails, and once that it does so no more.
QUIET = 600.0
# By which an id may be off the time at which its notice was written.
SLACK = 60.0
TOLD = select(notices.c.kind).where(
    notices.c.account_id == bindparam("account"),
    notices.c.id >= bindparam("first"),
    notices.c.webhook_id == bindparam("webhook"),
    notices.c.created_at > bindparam("since"),
)


@dataclass(frozen=True, slots=True)
class Changed:
    """What an owner is told of a webhook."""

    webhook_id: int
    account_id: int
    change: Change
    message: str


class Observer:
    """Keeps the health of webhooks; one whose health stays what it is costs nothing.

    What it looks at first is the health that a delivery was claimed with, and then the webhooks
    that this process has seen failing since. `committed` is to be called when what was observed is
    in the database.
    """

    def __init__(self, database: Database, patience: float = PATIENCE) -> None:
        self._database = database
        self._patience = patience
        self._failing: set[int] = set()
        self._seen: dict[int, bool] = {}
        # Failures that were not told, since the last such notice was young: until when to wait.
        self._owed: dict[int, float] = {}
        self._owing: dict[int, float] = {}

    def committed(self, sound: Iterable[int]) -> None:
        """Remember what was observed, and which webhooks were found to have no failure now."""
        for webhook, fails in self._seen.items():
            (self._failing.add if fails else self._failing.discard)(webhook)
            if not fails:
                self._owed.pop(webhook, None)
        self._owed |= self._owing
        self._seen.clear()
        self._failing.difference_update(sound)

    def lock(self, connection: Connection, finished: Iterable[Finished]) -> dict[int, AnyRow]:
        """Lock the webhooks whose health may change, and return them as they are."""
        self._seen.clear()
        self._owing.clear()
        wanted = {each.claimed.webhook_id for each in finished if self._may_change(each)}
        if not wanted:
            return {}
        rows = connection.execute(LOCK, {"webhooks": sorted(wanted)}).all()
        return {row.id: row for row in rows}

    def observe(
        self, connection: Connection, locked: Mapping[int, AnyRow], finished: Iterable[Finished]
    ) -> list[Changed]:
        """Take outcomes into the account of the locked webhooks; return what owners are told."""
        of: dict[int, list[Finished]] = defaultdict(list)
        for each in finished:
            if each.claimed.webhook_id in locked and not each.claimed.test:
                of[each.claimed.webhook_id].append(each)
        found: list[Changed] = []
        for webhook, those in of.items():
            found += self._follow(connection, locked[webhook], those)
        return found

    def _may_change(self, each: Finished) -> bool:
        claimed, since = each.claimed, each.claimed.webhook.failing_since
        if claimed.test:
            return False
        if each.decision.action is Action.DELIVERED:
            return since is not None or claimed.webhook_id in self._failing
        if since is None:
            # Once this process knows that it fails, the next one claimed knows it too.
            sure = claimed.webhook_id not in self._failing or each.decision.gone
        else:
            sure = each.decision.gone or each.ended_at - since >= self._patience
        return sure or self._owes(claimed.webhook_id)

    def _owes(self, webhook: int) -> bool:
        at = self._owed.get(webhook)
        return at is not None and self._database.clock() >= at

    def _follow(
        self, connection: Connection, row: AnyRow, finished: Sequence[Finished]
    ) -> list[Changed]:
        before = health = Health(row.failing_since, row.disabled_at, row.reason)
        messages: dict[Change, str] = {}
        for each in sorted(finished, key=lambda each: each.ended_at):
            transition = observe(health, each.decision, each.ended_at, self._patience)
            late = health.failing_since is not None and each.decision.action is not Action.DELIVERED
            for change in transition.changes or ((Change.FAILING,) if late else ()):
                messages[change] = _message(change, row.id, transition, each)
            health = transition.health
        if health != before:
            self._write(connection, row, health)
        net = _net(before, health)
        fails = health.failing_since is not None
        if fails and not net and self._owes(row.id) and Change.FAILING in messages:
            net = [Change.FAILING]
        net = self._untold(connection, row, net)
        self._seen[row.id] = fails
        changed = [Changed(row.id, row.account_id, each, messages[each]) for each in net]
        if changed:
            self._tell(connection, changed)
        return changed

    def _untold(
        self, connection: Connection, row: AnyRow, changes: Sequence[Change]
    ) -> list[Change]:
        """Return the changes to tell: one that goes to and fro is told every ten minutes."""
        if not changes:
            return []
        since = self._database.clock() - QUIET
        sought = {"account": row.account_id, "webhook": row.id, "since": since}
        first = first_id_at(since - SLACK)
        told = connection.execute(TOLD, {**sought, "first": first}).scalars().all()
        new = [each for each in changes if each is Change.DISABLED or _kind(each) not in told]
        if Change.FAILING in changes and not new:
            self._owing[row.id] = since + 2 * QUIET
        elif row.id in self._owed:
            self._owing[row.id] = inf
        return new

    @staticmethod
    def _write(connection: Connection, row: AnyRow, health: Health) -> None:
        values: dict[str, Any] = {"webhook": row.id, "failing_since": health.failing_since}
        if health.disabled and row.disabled_at is None:
            values |= {
                "state": "disabled",
                "disabled_at": health.disabled_at,
                "reason": health.reason,
            }
            close_queue(connection, row.id)
        connection.execute(CHANGE, values)

    def _tell(self, connection: Connection, changed: Iterable[Changed]) -> None:
        rows = [
            {
                "id": self._database.new_id(),
                "account_id": each.account_id,
                "kind": _kind(each.change),
                "webhook_id": each.webhook_id,
                "message": each.message,
                "created_at": self._database.clock(),
            }
            for each in changed
        ]
        connection.execute(NOTIFY, rows)


def _kind(change: Change) -> str:
    return f"webhook_{change}"


def _net(before: Health, after: Health) -> list[Change]:
    """Return what changed in the end, whatever happened in between."""
    changes: list[Change] = []
    if before.failing_since is None and after.failing_since is not None:
        changes.append(Change.FAILING)
    if before.failing_since is not None and after.failing_since is None:
        changes.append(Change.RECOVERED)
    if after.disabled and not before.disabled:
        changes.append(Change.DISABLED)
    return changes


def _message(change: Change, webhook: int, transition: Transition, each: Finished) -> str:
    if change is Change.DISABLED:
        return f"webhook {webhook} was disabled: {transition.health.reason}"
    began = transition.health.failing_since or each.ended_at
    at = datetime.fromtimestamp(began, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if change is Change.RECOVERED:
        return f"webhook {webhook} takes messages again, since {at}"
    return f"webhook {webhook} fails since {at}: {each.decision.reason}"
