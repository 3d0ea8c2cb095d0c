"""What `serve` and `worker` run: the API, deliveries, and what is done beside them."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry, make_asgi_app

from hookwright.platform.opening import prepared
from hookwright.platform.running import Part, run
from hookwright.platform.server import Server
from hookwright.platform.services import Outward, services
from hookwright.platform.upkeep import PROOFS_EVERY, PURGE_EVERY, Chore, Upkeep
from hookwright_sender import logs
from hookwright_sender.api.app import create_app
from hookwright_sender.delivery.retention import Retention
from hookwright_sender.delivery.worker import DeliveryWorker
from hookwright_sender.metrics import Metrics
from hookwright_sender.platform.accounts import Accounts
from hookwright_sender.platform.domains import Domains
from hookwright_sender.retry.ladder import Ladder
from hookwright_sender.settings import Settings
from hookwright_sender.store.database import Database

if TYPE_CHECKING:
    from hookwright_sender.encryption.key_ring import KeyRing
    from hookwright_sender.wire import HttpTransport

# Seconds beyond the deadline of an attempt, in which what came of it is recorded: as many as the
# worker itself allows for where the database does not answer, and one more.
GRACE = 6.0

log = structlog.get_logger()


def serve(settings: Settings, listener: socket.socket, *, worker: bool) -> None:
    """Serve the API on a socket until a signal, and deliver in the same process unless told not to.

    Sets the database up, keys included, where there is none. Raises what keeps it from starting.
    """
    logs.configure(settings.log_format)
    engine = Engine.of(settings)
    with prepared(settings) as (database, ring):
        _tell_about_accounts(database)

        @asynccontextmanager
        async def parts() -> AsyncIterator[Sequence[Part]]:
            async with engine.outward.transport() as transport:
                deliveries = engine.worker(database, ring, transport)
                wake = deliveries.wake if worker else _nobody
                leaving = threading.Event()
                offered = services(
                    database,
                    ring,
                    engine.outward,
                    transport,
                    wake,
                    engine.registry,
                    leaving.is_set,
                )
                server = Server(create_app(offered, settings), engine.grace)
                made: list[Part] = [Serving(server, listener, leaving)]
                if worker:
                    made += [Delivering(deliveries), engine.upkeep(database, deliveries)]
                yield made

        run(parts, engine.grace)


def work(settings: Settings, metrics: socket.socket | None = None) -> None:
    """Deliver until a signal, and show metrics on a socket if there is one; see `serve`."""
    logs.configure(settings.log_format)
    engine = Engine.of(settings)
    with prepared(settings) as (database, ring):
        if database.is_sqlite:
            log.info("sqlite tells no other process: what is new is looked for once a second")

        @asynccontextmanager
        async def parts() -> AsyncIterator[Sequence[Part]]:
            async with engine.outward.transport() as transport:
                deliveries = engine.worker(database, ring, transport)
                made: list[Part] = [Delivering(deliveries), engine.upkeep(database, deliveries)]
                if metrics is not None:
                    server = Server(make_asgi_app(engine.registry), engine.grace)
                    made.append(Serving(server, metrics, threading.Event()))
                log.info("working", concurrency=settings.concurrency)
                yield made

        run(parts, engine.grace)


@dataclass(frozen=True, slots=True)
class Engine:
    """What delivers, as the settings have it: every process that has a worker makes it so."""

    settings: Settings
    outward: Outward
    ladder: Ladder
    registry: CollectorRegistry

    @classmethod
    def of(cls, settings: Settings) -> "Engine":
        """Read the settings; raises what cannot be used of them."""
        ladder = Ladder.parse(settings.retry_delays)
        return cls(settings, Outward.of(settings), ladder, CollectorRegistry())

    @property
    def grace(self) -> float:
        """Seconds that a process has to finish what it has begun."""
        return self.settings.timeout + GRACE

    def worker(
        self, database: Database, ring: "KeyRing", transport: "HttpTransport"
    ) -> DeliveryWorker:
        """Return a worker, which runs once it is told to."""
        return DeliveryWorker(
            database,
            ring,
            transport,
            concurrency=self.settings.concurrency,
            webhook_concurrency=self.settings.webhook_concurrency,
            deadline=self.settings.timeout,
            ladder=self.ladder,
            patience=self.settings.disable_after,
            meter=Metrics(self.registry),
        )

    def upkeep(self, database: Database, worker: DeliveryWorker) -> Upkeep:
        """Return what is done beside delivering, in every process that delivers."""
        # A proof that is back makes deliveries due that were held.
        domains = Domains(database, self.outward.names, wake=worker.wake)
        retention = Retention(
            database, self.settings.retention_days, stopping=lambda: upkeep.stopping
        )

        async def check_proofs() -> None:
            await domains.check_due()

        async def purge() -> None:
            await asyncio.to_thread(retention.purge)

        upkeep = Upkeep(
            Chore("check proofs", PROOFS_EVERY, check_proofs), Chore("purge", PURGE_EVERY, purge)
        )
        return upkeep


class Serving:
    """The API as a part of a process; `leaving` is set once it is to stop."""

    name = "API"

    def __init__(self, server: Server, listener: socket.socket, leaving: threading.Event) -> None:
        self._server = server
        self._listener = listener
        self._leaving = leaving

    async def run(self) -> None:
        """Answer requests until the stop, and then those that are in flight."""
        await self._server.serve([self._listener])

    def stop(self) -> None:
        """Take no new connection, and break off what takes long."""
        self._leaving.set()
        self._server.should_exit = True


class Delivering:
    """The delivery worker as a part of a process."""

    name = "delivery worker"

    def __init__(self, worker: DeliveryWorker) -> None:
        self._worker = worker

    async def run(self) -> None:
        """Deliver until the stop; what is in flight then is finished and recorded."""
        await self._worker.run()

    def stop(self) -> None:
        """Claim nothing more."""
        self._worker.stop()


def _tell_about_accounts(database: Database) -> None:
    if not Accounts(database).list():
        log.info(
            "there is no account yet: `hookwright account create NAME`, in the same folder and "
            "with the same settings, makes the first one and prints its API key"
        )


def _nobody() -> None:
    """Wake nobody: the workers are other processes, which the database tells."""
