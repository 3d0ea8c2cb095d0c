"""New connections: resolve, check every address, connect, secure."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import Any

import aiohappyeyeballs

from hookwright_sender.egress.look_up import HostNames
from hookwright_sender.egress.policy import EgressPolicy
from hookwright_sender.explanation import reason
from hookwright_sender.outcome import Outcome
from hookwright_sender.wire.connection import Connection
from hookwright_sender.wire.failure import NoConnectionError, no_handshake
from hookwright_sender.wire.pool import Pool
from hookwright_sender.wire.request import Target

# Seconds until the next address is tried beside one that has not answered: RFC 8305, section 5.
NEXT_ADDRESS = 0.25

AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, Any]


class Dialler:
    """Makes the connections of a transport; each is resolved and checked once.

    Every address of a host is checked before the first is dialled, and it is the checked
    addresses that are dialled: a name is never looked up a second time.
    """

    def __init__(
        self,
        pool: Pool,
        names: HostNames,
        context: Callable[[], ssl.SSLContext],
        policy: EgressPolicy | None,
        monotonic: Callable[[], float],
    ) -> None:
        self._pool = pool
        self._names = names
        self._context = context
        self._policy = policy
        self._monotonic = monotonic

    async def dial(self, target: Target, look_up: float) -> Connection:
        """Return a connection that stands, TLS included; its look-up ends after `look_up` seconds.

        Raises `NoConnectionError`, `TimeoutError` or, for what the policy forbids,
        `ForbiddenAddress`.
        """
        # Before the look-up, so that the age of its answer counts in full.
        born = self._monotonic()
        addresses = await self._addresses(target, look_up)
        while True:
            dialled: dict[socket.socket, AddressInfo] = {}
            try:
                found = await aiohappyeyeballs.start_connection(
                    addresses,
                    happy_eyeballs_delay=NEXT_ADDRESS,
                    interleave=1,
                    socket_factory=partial(_socket, dialled),
                )
            except TimeoutError:
                raise
            except OSError as failure:
                raise _refused(target, failure) from failure
            try:
                return await self._secure(target, found, born)
            except TimeoutError:
                raise
            except (OSError, ValueError) as failure:
                addresses = [info for info in addresses if info != dialled[found]]
                if not addresses:
                    told = no_handshake(failure) if target.tls else _refused(target, failure)
                    raise told from failure

    async def _secure(self, target: Target, connected: socket.socket, born: float) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(
                    loop, connected, target.key, born, self._monotonic, self._pool.lose
                ),
                sock=connected,
                ssl=self._context() if target.tls else None,
                server_hostname=target.host if target.tls else None,
            )
        except BaseException:
            if not isinstance(loop, asyncio.BaseEventLoop):
                # Uvloop has closed the descriptor. The socket would close it again when it is
                # forgotten, and by then it may be somebody else's.
                connected.detach()
            raise
        self._pool.add(connection)
        return connection

    async def _addresses(self, target: Target, look_up: float) -> list[AddressInfo]:
        if target.is_address:
            hosts = [target.host]
        else:
            try:
                found = await self._names.addresses(target.name, look_up)
            except OSError as failure:
                if isinstance(failure, TimeoutError) and failure.errno is None:
                    raise
                raise _unresolved(target, reason(failure)) from failure
            hosts = list(dict.fromkeys(map(str, found)))
        if not hosts:
            raise _unresolved(target, "it has no address")
        try:
            infos = [info for host in hosts for info in _numeric(host, target.port)]
        except OSError as failure:
            raise _unresolved(target, reason(failure)) from failure
        if self._policy is not None:
            # What is dialled, whatever text it was made of.
            self._policy.check_answer(target.host, [ip_address(info[4][0]) for info in infos])
        return infos


def _socket(dialled: dict[socket.socket, AddressInfo], info: AddressInfo) -> socket.socket:
    # The socket itself no longer knows whom it was connected to once the other side has reset it.
    family, kind, protocol, *_ = info
    made = socket.socket(family, kind, protocol)
    dialled[made] = info
    return made


def _numeric(address: str, port: int) -> list[AddressInfo]:
    # No look-up: it turns the text of an address into what the system dials.
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return [
        # The scope is in the last part of an IPv6 address, and asyncio would look up the text.
        (family, kind, protocol, name, (str(place[0]).partition("%")[0], *place[1:]))
        for family, kind, protocol, name, place in socket.getaddrinfo(
            address, port, type=socket.SOCK_STREAM, flags=flags
        )
    ]


def _refused(target: Target, failure: Exception) -> NoConnectionError:
    line = f"no connection to {target.host}:{target.port}: {reason(failure)}"
    return NoConnectionError(Outcome.REFUSED, line)


def _unresolved(target: Target, why: str) -> NoConnectionError:
    return NoConnectionError(
        Outcome.DNS_ERROR, f"the host {target.host} could not be resolved: {why}"
    )
