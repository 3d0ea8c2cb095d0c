"""An account with webhooks, and what happens to it."""

import json
from dataclasses import dataclass, field

import pytest
from sqlalchemy import func, insert, select, text

from hookwright_sender.delivery.claim import Room
from hookwright_sender.delivery.finish import Finished
from hookwright_sender.delivery.outbox import Outgoing, put
from hookwright_sender.delivery.pausing import add_queue
from hookwright_sender.delivery.queue import Queue
from hookwright_sender.encryption.envelope import place
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.outcome import Outcome
from hookwright_sender.retry.decision import Action, Decision
from hookwright_sender.retry.ladder import Ladder
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import (
    accounts,
    attempts,
    ctas,
    deliveries,
    domains,
    events,
    notices,
    queues,
    webhooks,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BACKLOG = """
    INSERT INTO deliveries (id, account_id, event_id, webhook_id, event, test, state, due_at,
        claim, lost, attempts, step, created_at)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
    SELECT id + n, account_id, event_id, webhook_id, event, test, state, due_at,
        claim, lost, attempts, step, created_at
    FROM numbers CROSS JOIN deliveries WHERE id = :first
"""
CONTRACT = "joturl; version=1.0.0; digest=sha256:00"


@dataclass
class World:
    """A database with an account, and ways to make things happen in it."""

    database: Database
    ring: KeyRing
    account: int = 0
    domain: int = 0
    made: list[int] = field(default_factory=list)

    def account_of_its_own(self):
        """Make an account with a proven domain, and go on with it."""
        self.account, self.domain = self.database.new_id(), self.database.new_id()
        with self.database.writing() as connection:
            connection.execute(
                insert(accounts), {"id": self.account, "name": "a", "created_at": 0.0}
            )
            connection.execute(
                insert(domains),
                {
                    "id": self.domain, "account_id": self.account, "host": "localhost",
                    "token": "t", "status": "verified", "reason": "", "code": "",
                    "created_at": 0.0,
                },
            )  # fmt: skip

    def webhook(self, url="http://127.0.0.1:9/hook", secrets=None, parameters=None):
        """Make a webhook with an open queue; return its id."""
        return self.webhooks(1, url, secrets, parameters)[0]

    def webhooks(self, count, url="http://127.0.0.1:9/hook", secrets=None, parameters=None):
        """Make so many webhooks at the same URL; return their ids."""
        if secrets is None:
            secrets = [{"secret": SECRET, "expires_at": None}]
        settings = json.dumps({"url": url, "parameters": parameters or {}}).encode()
        secrets = json.dumps(secrets).encode()
        made = [(self.database.new_id(), self.database.new_id()) for _ in range(count)]
        with self.database.writing() as connection:
            connection.execute(
                insert(ctas),
                [
                    {"id": cta, "account_id": self.account, "kind": "form", "name": "c",
                     "created_at": 0.0}
                    for cta, _ in made
                ],
            )  # fmt: skip
            connection.execute(
                insert(webhooks),
                [
                    {
                        "id": webhook, "account_id": self.account, "cta_id": cta,
                        "domain_id": self.domain, "target": "custom",
                        "settings": self.ring.encrypt(
                            settings, place("webhooks", "settings", webhook)
                        ),
                        "secrets": self.ring.encrypt(
                            secrets, place("webhooks", "secrets", webhook)
                        ),
                        "revision": 1, "state": "active", "reason": "", "created_at": 0.0,
                        "updated_at": 0.0,
                    }
                    for cta, webhook in made
                ],
            )  # fmt: skip
            for _, webhook in made:
                add_queue(connection, webhook)
        self.made += [webhook for _, webhook in made]
        return [webhook for _, webhook in made]

    def outgoing(self, webhook, body=b'{"data":"a"}', *, test=False, event="form_lead"):
        """Return an event on its way to a webhook."""
        return Outgoing(
            self.database.new_id(), self.account, None, None, event, CONTRACT, body, webhook,
            self.database.clock(), test,
        )  # fmt: skip

    def put(self, *hooks, body=b'{"data":"a"}', test=False, event="form_lead"):
        """Store an event for each of the webhooks; return the ids of the deliveries."""
        outgoing = [self.outgoing(each, body, test=test, event=event) for each in hooks]
        with self.database.writing() as connection:
            return put(connection, self.database, self.ring, outgoing)

    def backlog(self, webhook, count):
        """Give a webhook so many deliveries of one event, faster than `put` could."""
        (first,) = self.put(webhook)
        self.execute(text(BACKLOG), {"first": first, "count": count})

    def queue(self, **options):
        """Return a queue, as a worker of its own has one."""
        return Queue(self.database, **{"rand": lambda: 0.5} | options)

    def row(self, delivery):
        """Return a delivery's row."""
        with self.database.reading() as connection:
            query = select(deliveries).where(deliveries.c.id == delivery)
            return connection.execute(query).one()

    def hook(self, webhook):
        """Return a webhook's row."""
        with self.database.reading() as connection:
            return connection.execute(select(webhooks).where(webhooks.c.id == webhook)).one()

    def bound(self, webhook):
        """Return the row of a webhook's queue."""
        with self.database.reading() as connection:
            query = select(queues).where(queues.c.webhook_id == webhook)
            return connection.execute(query).one()

    def attempts(self, delivery):
        """Return the claims under which attempts of a delivery are recorded."""
        with self.database.reading() as connection:
            query = (
                select(attempts.c.claim)
                .where(attempts.c.delivery_id == delivery)
                .order_by(attempts.c.claim)
            )
            return connection.execute(query).scalars().all()

    def notices(self):
        """Return the kinds of the notices, the first one first."""
        with self.database.reading() as connection:
            return connection.execute(select(notices.c.kind).order_by(notices.c.id)).scalars().all()

    def count(self, table=events):
        """Return how many rows a table has."""
        with self.database.reading() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

    def execute(self, statement, parameters=None):
        """Change something behind everybody's back."""
        with self.database.writing() as connection:
            return connection.execute(statement, parameters or {})


@pytest.fixture
def world(database, ring):
    """A database of either kind with an account."""
    made = World(database, ring)
    made.account_of_its_own()
    return made


def finished(claimed, action=Action.DELIVERED, *, at=1000.0, retry_at=None, gone=False):
    """Return what came of a claimed delivery."""
    outcome = Outcome.SUCCESS if action is Action.DELIVERED else Outcome.SERVER_ERROR
    status = 200 if action is Action.DELIVERED else 500
    decision = Decision(action, "server error 500", retry_at, gone)
    return Finished(claimed, decision, outcome, status, at - 0.1, at, 0.1, b"sealed")


@pytest.fixture(name="finished")
def _finished():
    """Return the maker of outcomes: conftest is not importable."""
    return finished


@pytest.fixture
def room():
    """Return the maker of room for a claim."""

    def made(limit=256, other=10, of=None, *, failing=True):
        of = of or {}
        return Room(limit, other, of.get, [each for each in of if of[each] <= 0], failing)

    return made


@pytest.fixture
def ladder():
    """A ladder of three attempts."""
    return Ladder((5.0, 300.0), jitter=0.0)
