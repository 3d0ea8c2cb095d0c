"""The platform in the test's own process: its tables, services, worker and transport."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import func, select, update

from hookwright.platform.services import Outward, services
from hookwright_sender.api.services import Services
from hookwright_sender.delivery.worker import DeliveryWorker
from hookwright_sender.egress.name_servers import NameServers
from hookwright_sender.egress.policy import EgressPolicy
from hookwright_sender.encryption.key_ring import KeyRing, new_key
from hookwright_sender.platform.capture import Lead
from hookwright_sender.platform.owner import Owner
from hookwright_sender.platform.principal import Principal
from hookwright_sender.retry.ladder import DELAYS, Ladder
from hookwright_sender.store.database import Database
from hookwright_sender.store.schema import upgrade
from hookwright_sender.store.tables import attempts, deliveries, queues
from hookwright_sender.wire import HttpTransport
from tests.nameserver import Server as NameServer

from .waiting import until

HOST = "hooks.test"
# A worker on a machine that is busy with something else.
PATIENCE = 60.0


@dataclass
class Recorded:
    """One attempt in the database; `ended` in Unix seconds."""

    outcome: str
    status: int | None
    ended: float


@dataclass
class World:
    """An account with a proven host, and a worker that delivers."""

    database: Database
    offered: Services
    worker: DeliveryWorker
    names: NameServer
    principal: Principal
    ctas: list[int] = field(default_factory=list)

    async def subscribe(self, url: str) -> int:
        """Make a CTA with a webhook at a URL; return the webhook's id."""
        cta = await asyncio.to_thread(self.offered.ctas.create, self.principal, "form", "c")
        owner = Owner("cta", cta.id)
        done = await self.offered.webhooks.set(self.principal, owner, "custom", url, {})
        self.ctas.append(cta.id)
        return done.webhook.id

    async def emit(self, count: int = 1) -> list[tuple[int, str]]:
        """Make so many events at each CTA; return their deliveries, and their ids on the wire."""
        leads = [Lead(cta, "a@example.com") for cta in self.ctas for _ in range(count)]
        made = await asyncio.to_thread(self.offered.capture.emit, self.principal, leads)
        return [(each.delivery_id or 0, f"msg_{each.id}") for each in made]

    def delivery(self, delivery_id: int) -> "Row":
        """Return a delivery as it is in the database."""
        with self.database.reading() as connection:
            row = connection.execute(select(deliveries).where(deliveries.c.id == delivery_id)).one()
        return Row(row.state, row.attempts, row.due_at, row.last_outcome, row.last_status)

    def attempts(self, delivery_id: int) -> list[Recorded]:
        """Return the attempts of a delivery, the first one first."""
        query = (
            select(attempts).where(attempts.c.delivery_id == delivery_id).order_by(attempts.c.claim)
        )
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return [Recorded(row.outcome, row.status, row.started_at + row.latency) for row in rows]

    def notices(self) -> tuple[str, ...]:
        """Return what the owner was told, the first thing first."""
        page = self.offered.notices.page(self.principal)
        return tuple(notice.kind for notice in reversed(page.items))

    async def until_attempted(self, delivery_id: int, count: int) -> None:
        """Wait until so many attempts of a delivery are recorded."""
        await until(
            lambda: self.delivery(delivery_id).attempts >= count,
            lambda: f"{count} attempts: {self.delivery(delivery_id)}",
            within=PATIENCE,
        )

    async def until_delivered(self, delivery_id: int) -> None:
        """Wait until a delivery is."""
        await until(
            lambda: self.delivery(delivery_id).state == "delivered",
            lambda: f"it to be delivered: {self.delivery(delivery_id)}",
            within=PATIENCE,
        )

    async def until_all_delivered(self) -> None:
        """Wait until there is nothing left to deliver, and nothing was given up."""

        def left() -> int:
            query = select(func.count()).where(deliveries.c.state != "delivered")
            with self.database.reading() as connection:
                return connection.execute(query).scalar_one()

        await until(lambda: not left(), lambda: f"{left()} deliveries", within=2 * PATIENCE)

    def let_time_pass(self) -> None:
        """Make everything due that is pending, as if the time of its next attempt had come."""
        pending = deliveries.c.state == "pending"
        with self.database.writing() as connection:
            connection.execute(update(deliveries).where(pending).values(due_at=0.0))
            connection.execute(update(queues).values(due_at=0.0))
        self.worker.wake()


@dataclass
class Row:
    """A delivery."""

    state: str
    attempts: int
    due_at: float
    last_outcome: str | None
    last_status: int | None


@asynccontextmanager
async def world(  # noqa: PLR0913  what a fault may want
    database: Database,
    names: NameServer,
    ports: Sequence[int],
    *,
    deadline: float = 30.0,
    ladder: Sequence[float] = DELAYS,
    patience: float = 5 * 86400.0,
    trusting: ssl.SSLContext | None = None,
) -> AsyncIterator[World]:
    """Deliver for the time of a block."""
    await asyncio.to_thread(upgrade, database)
    ring = KeyRing.parse(new_key())
    policy = EgressPolicy.parse(["127.0.0.0/8"], map(str, ports), allow_http=True)
    outward = Outward(policy, NameServers.parse([names.address]), deadline)
    async with HttpTransport(
        deadline, ssl_context=trusting, policy=policy, name_servers=outward.names
    ) as transport:
        worker = DeliveryWorker(
            database, ring, transport,
            deadline=deadline, ladder=Ladder(tuple(ladder)), patience=patience,
        )  # fmt: skip
        offered = services(database, ring, outward, transport, worker.wake)
        account = await asyncio.to_thread(offered.accounts.create, "Ada")
        made = World(database, offered, worker, names, Principal(account.id, "command"))
        domain = await asyncio.to_thread(offered.domains.add, made.principal, HOST)
        names.records[HOST] = ["A 127.0.0.1", f'TXT "{domain.record.value}"']
        await offered.domains.verify(made.principal, HOST)
        running = asyncio.create_task(worker.run())
        try:
            yield made
        finally:
            worker.stop()
            await running
