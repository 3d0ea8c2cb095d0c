"""Everything that the platform offers, made of settings: for the server and for the commands."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from hookwright.platform.opening import unlocked
from hookwright_schemas import Contract, load_contract
from hookwright_sender.api.services import Services
from hookwright_sender.delivery.log import DeliveryLog
from hookwright_sender.delivery.queue import MARGIN
from hookwright_sender.delivery.replay import Replay
from hookwright_sender.egress.name_servers import NameServers
from hookwright_sender.egress.policy import EgressPolicy
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.platform.accounts import Accounts
from hookwright_sender.platform.audit import Audit
from hookwright_sender.platform.capture import Capture
from hookwright_sender.platform.ctas import Ctas
from hookwright_sender.platform.domains import Domains
from hookwright_sender.platform.events import Events
from hookwright_sender.platform.idempotency import Idempotency
from hookwright_sender.platform.notices import Notices
from hookwright_sender.platform.projects import Projects
from hookwright_sender.platform.testing import WebhookTester
from hookwright_sender.platform.webhooks import Webhooks
from hookwright_sender.settings import Settings
from hookwright_sender.store.database import Database
from hookwright_sender.transport import Transport
from hookwright_sender.wire import HttpTransport


@dataclass(frozen=True, slots=True)
class Outward:
    """What decides how anything leaves the machine: the rules, and who answers look-ups."""

    policy: EgressPolicy
    names: NameServers
    timeout: float

    @classmethod
    def of(cls, settings: Settings) -> "Outward":
        """Read the settings; raises `InvalidEntry`."""
        policy = EgressPolicy.parse(
            settings.allow_networks, settings.allow_ports, allow_http=settings.allow_http
        )
        return cls(policy, NameServers.parse(settings.nameservers), settings.timeout)

    def transport(self) -> HttpTransport:
        """Return what makes attempts under these rules; an asynchronous context manager."""
        return HttpTransport(self.timeout, policy=self.policy, name_servers=self.names)


def services(  # noqa: PLR0913, PLR0917  what everything stands on
    database: Database,
    ring: KeyRing,
    outward: Outward,
    transport: Transport,
    wake: Callable[[], None] = lambda: None,
    registry: CollectorRegistry | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Services:
    """Return the services over a database; `wake` tells a worker in this process of what is due.

    `registry` has the metrics of that worker, for `/metrics`. Once `stopping` tells so, what takes
    long breaks off.
    """
    contract: Contract = load_contract()
    replay = Replay(database, stopping)
    return Services(
        database=database,
        contract=contract,
        accounts=Accounts(database),
        ctas=Ctas(database),
        projects=Projects(database),
        domains=Domains(database, outward.names, wake=wake),
        webhooks=Webhooks(
            database, ring, outward.policy, outward.names, contract, replay=replay, wake=wake
        ),
        tester=WebhookTester(database, ring, transport, contract, lease=outward.timeout + MARGIN),
        capture=Capture(database, ring, contract, wake=wake),
        events=Events(database, ring),
        idempotency=Idempotency(database, ring, wake=wake),
        deliveries=DeliveryLog(database, ring),
        replay=replay,
        notices=Notices(database),
        audit=Audit(database),
        wake=wake,
        registry=CollectorRegistry() if registry is None else registry,
    )


@contextmanager
def opened() -> Iterator[Services]:
    """Open the services for a command that sends nothing itself."""
    settings = Settings.read()
    outward = Outward.of(settings)
    with unlocked(settings) as (database, ring):
        yield services(database, ring, outward, outward.transport())


@asynccontextmanager
async def delivering() -> AsyncIterator[Services]:
    """Open the services for a command that makes an attempt of its own."""
    settings = Settings.read()
    outward = Outward.of(settings)
    with unlocked(settings) as (database, ring):
        async with outward.transport() as transport:
            yield services(database, ring, outward, transport)
