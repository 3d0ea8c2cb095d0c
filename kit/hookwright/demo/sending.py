"""How the events of a demo get to a receiver: through the platform, or straight to it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from hookwright.demo.delivery import (
    ACCEPTED,
    TOKEN,
    Delivery,
    Kind,
    repeated,
    sample,
)
from hookwright.demo.errors import NotReached, PlatformRefused
from hookwright.demo.host import Host
from hookwright.demo.name_server import NameServer, name_server
from hookwright.demo.owner import Attempts, Owner, Proof
from hookwright.demo.platform import create_account, start_platform
from hookwright.demo.served import HOST, POLL, Served
from hookwright.demo.subscription import PATHS, Subscription
from hookwright_receiver.processes import Processes
from hookwright_schemas import Contract
from hookwright_sender import Event, HttpTransport

# Seconds that a delivery may take, all its attempts together.
DELIVERED = 15.0
ZONE = "receivers.test"


class Sending(Protocol):
    """Lets events happen, and notes with the host what came of each."""

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """What came of proving the hosts; nothing where none has to be proven."""
        ...

    async def samples(self, host: Host) -> None:
        """Let each event happen once."""
        ...

    async def repeat(self, host: Host, kind: Kind) -> None:
        """Send a message once more that the host has been sent."""
        ...

    async def while_down(self, host: Host, start: Callable[[], None]) -> None:
        """Let an event happen while the host is down; `start` starts it again."""
        ...


class Direct:
    """Sends straight to a receiver, for contracts whose events happen on no platform of ours."""

    proofs: tuple[Proof, ...] = ()

    def __init__(self, contract: Contract, transport: HttpTransport) -> None:
        self._contract = contract
        self._transport = transport

    async def samples(self, host: Host) -> None:
        """Send each event's sample."""
        token = host.receiver.project.token
        await host.send(
            [sample(self._contract, event.id, token) for event in self._contract.events],
            self._transport,
        )

    async def repeat(self, host: Host, kind: Kind) -> None:
        """Send the first message that a receiver can tell from a new one."""
        await host.send(repeated(host.deliveries, kind), self._transport)

    async def while_down(self, host: Host, start: Callable[[], None]) -> None:
        """Start it: nobody would keep a message for it meanwhile."""
        start()
        await host.receiver.ready()


@dataclass
class ThroughPlatform:
    """Lets events happen on the platform, which delivers them as it does for anybody."""

    contract: Contract
    subscriptions: Mapping[str, Subscription]

    def __post_init__(self) -> None:
        self._delivery_ids: dict[str, str] = {}

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """What came of proving each host."""
        return tuple(each.proof for each in self.subscriptions.values())

    async def samples(self, host: Host) -> None:
        """Let each event happen, and wait until it is delivered."""
        for event in self.contract.events:
            delivery = await self._happen(host, event.id, Kind.SAMPLE)
            await self._deliver(host, delivery, attempts=1)

    async def repeat(self, host: Host, kind: Kind) -> None:
        """Ask the platform to replay the first delivery."""
        delivery = host.deliveries[0]
        made = len((await self._attempts(host, delivery)).made)
        subscription = self.subscriptions[host.receiver.stack]
        await subscription.owner.replay(self._delivery_ids[delivery.message_id])
        await self._deliver(host, replace(delivery, kind=kind), attempts=made + 1)

    async def while_down(self, host: Host, start: Callable[[], None]) -> None:
        """Let an event happen, see its first attempt fail, and see it delivered afterwards."""
        delivery = await self._happen(host, self.contract.events[0].id, Kind.WHILE_DOWN)
        await self._until(host, delivery, lambda found: bool(found.made), alive=False)
        start()
        await host.receiver.ready()
        await self._deliver(host, delivery, attempts=2)

    async def _happen(self, host: Host, event: str, kind: Kind) -> Delivery:
        subscription = self.subscriptions[host.receiver.stack]
        event_id, delivery_id = await subscription.happen(event)
        payload = await subscription.owner.payload(event_id)
        definition = self.contract.event(event)
        names = {field.name for field in definition.fields}
        message = Event(
            self.contract,
            event,
            {name: value for name, value in payload.items() if name in names},
            {name: value for name, value in payload.items() if name not in names},
        )
        message_id = f"msg_{event_id}"
        self._delivery_ids[message_id] = delivery_id
        return Delivery(kind, message, message_id, ACCEPTED)

    async def _deliver(self, host: Host, delivery: Delivery, attempts: int) -> None:
        found = await self._until(
            host, delivery, lambda found: found.ended and len(found.made) >= attempts
        )
        host.note(delivery, found.made[-1])

    async def _until(
        self,
        host: Host,
        delivery: Delivery,
        enough: Callable[[Attempts], bool],
        *,
        alive: bool = True,
    ) -> Attempts:
        deadline = time.monotonic() + DELIVERED
        while True:
            found = await self._attempts(host, delivery)
            if enough(found):
                return found
            if alive and host.receiver.has_ended:
                raise NotReached(host.receiver.obituary("is gone"))
            if time.monotonic() > deadline:
                if not found.made:
                    raise PlatformRefused(f"{delivery.name} was not sent in {DELIVERED:g} s")
                return found
            await asyncio.sleep(POLL)

    async def _attempts(self, host: Host, delivery: Delivery) -> Attempts:
        subscription = self.subscriptions[host.receiver.stack]
        return await subscription.owner.attempts(self._delivery_ids[delivery.message_id])


def has_platform(contract: Contract) -> bool:
    """Tell whether a contract's events happen on the platform: to CTAs and projects."""
    return {event.id for event in contract.events} == set(PATHS)


@asynccontextmanager
async def platform(
    root: Path, hosts: Sequence[Host], processes: Processes
) -> AsyncIterator[tuple[Served, NameServer]]:
    """Run the platform and the name server that it asks, until the end of the block."""
    async with name_server() as zone:
        ports = [host.receiver.port for host in hosts]
        served = start_platform(root, zone.address, ports, processes)
        try:
            await served.ready()
            yield served, zone
        finally:
            await served.stop()


async def subscribe(
    served: Served,
    zone: NameServer,
    contract: Contract,
    hosts: Sequence[Host],
) -> ThroughPlatform:
    """Make an account, prove each receiver's host, and set its webhooks."""
    key = await create_account(served, "demo")
    owner = Owner(served.origin, key, zone)
    subscriptions = {}
    for host in hosts:
        receiver = host.receiver
        name = f"{receiver.stack}.{ZONE}"
        zone.add(name, "A", HOST)
        settings = {
            "url": f"http://{name}:{receiver.port}{receiver.project.path}",
            "parameters": {TOKEN: receiver.project.token},
        }
        subscriptions[receiver.stack] = await Subscription.make(
            owner, receiver.stack, name, settings
        )
    return ThroughPlatform(contract, subscriptions)
