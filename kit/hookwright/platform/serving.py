"""What `serve` and `worker` run: the API, deliveries, and what is done beside them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING

import structlog
from hookwright_sender.delivery.worker import DeliveryWorker

from hookwright.platform.opening import prepared
from hookwright.platform.running import Part, run
from hookwright.platform.server import Server
from hookwright.platform.services import Outward, services
from hookwright.platform.upkeep import PROOFS_EVERY, PURGE_EVERY, Chore, Upkeep
from hookwright_sender import logs
from hookwright_sender.api.app import create_app
from hookwright_sender.delivery.retention import Retention
from hookwright_sender.platform.accounts import Accounts
from hookwright_sender.platform.domains import Domains
from hookwright_sender.retry.ladder import Ladder
from hookwright_sender.settings import Settings
from hookwright_sender.store.database import Database

if TYPE_CHECKING:
    from hookwright_sender.encryption.key_ring import KeyRing
    from hookwright_sender.wire import WireTransport

# Seconds beyond the deadline of an attempt, in which what came of it is recorded.
GRACE = 2.0

log = structlog.get_logger()


def serve(settings: Settings, listener: socket.socket, *, worker: bool) -> None:
    """Serve the API on a socket until a signal, and deliver in the same process unless told not to.

    Sets the database up, keys included, where there is none. Raises what keeps it from starting.
    """
    logs.configure(settings.log_format)
    outward, ladder = Outward.of(settings), Ladder.parse(settings.retry_delays)
    with prepared(settings) as (database, ring), closing(listener):
        _tell_about_accounts(database)

        @asynccontextmanager
        async def parts() -> AsyncIterator[Sequence[Part]]:
            async with outward.transport() as transport:
                made: list[Part] = []
                wake = _nobody
                if worker:
                    deliveries = _worker(settings, database, ring, transport, ladder)
                    made += [Delivering(deliveries), _upkeep(settings, database, outward)]
                    wake = deliveries.wake
                offered = services(database, ring, outward, transport, wake)
                made.append(
                    Serving(Server(create_app(offered, settings), _grace(settings)), listener)
                )
                yield made

        run(parts, _grace(settings))


def work(settings: Settings) -> None:
    """Deliver until a signal; see `serve`."""
    logs.configure(settings.log_format)
    outward, ladder = Outward.of(settings), Ladder.parse(settings.retry_delays)
    with prepared(settings) as (database, ring):

        @asynccontextmanager
        async def parts() -> AsyncIterator[Sequence[Part]]:
            async with outward.transport() as transport:
                deliveries = _worker(settings, database, ring, transport, ladder)
                log.info("working", concurrency=settings.concurrency)
                yield [Delivering(deliveries), _upkeep(settings, database, outward)]

        run(parts, _grace(settings))


class Serving:
    """The API as a part of a process."""

    name = "API"

    def __init__(self, server: Server, listener: socket.socket) -> None:
        self._server = server
        self._listener = listener

    async def run(self) -> None:
        """Answer requests until the stop, and then those that are in flight."""
        await self._server.serve([self._listener])

    def stop(self) -> None:
        """Take no new connection."""
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


def _worker(
    settings: Settings,
    database: Database,
    ring: "KeyRing",
    transport: "WireTransport",
    ladder: Ladder,
) -> DeliveryWorker:
    return DeliveryWorker(
        database,
        ring,
        transport,
        concurrency=settings.concurrency,
        webhook_concurrency=settings.webhook_concurrency,
        ladder=ladder,
    )


def _upkeep(settings: Settings, database: Database, outward: Outward) -> Upkeep:
    domains = Domains(database, outward.names)
    retention = Retention(database, settings.retention_days)

    async def check_proofs() -> None:
        await domains.check_due()

    async def purge() -> None:
        await asyncio.to_thread(retention.purge)

    return Upkeep(
        Chore("check proofs", PROOFS_EVERY, check_proofs), Chore("purge", PURGE_EVERY, purge)
    )


def _tell_about_accounts(database: Database) -> None:
    if not Accounts(database).list():
        log.info(
            "there is no account yet: `hookwright account create NAME`, in the same folder and "
            "with the same settings, makes the first one and prints its API key"
        )


def _grace(settings: Settings) -> float:
    return settings.timeout + GRACE


def _nobody() -> None:
    """Wake nobody: the workers are other processes, which the database tells."""
