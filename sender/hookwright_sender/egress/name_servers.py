"""The name servers that answer every look-up of the sender: `HOOKWRIGHT_NAMESERVERS`."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

import dns.exception
import dns.name
from dns.rdatatype import RdataType

from hookwright_sender.egress.addresses import Address
from hookwright_sender.egress.look_up import HostNames, LookUpFailed
from hookwright_sender.egress.name_server import NameServer, NoAnswer, Reply, SystemNameServer
from hookwright_sender.egress.system_names import SystemNames
from hookwright_sender.errors import InvalidEntry

SETTING = "HOOKWRIGHT_NAMESERVERS"
DEADLINE = 5.0
PORT = 53
LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class TextAnswer:
    """What one name server said of a name's TXT records.

    `records` are those of the name itself, each with its strings joined; an `alias` (a CNAME)
    has none. `failure` says why there was no answer, and then nothing else is known.
    """

    server: str
    exists: bool = False
    alias: bool = False
    records: tuple[bytes, ...] = ()
    failure: str | None = None


class NameServers:
    """Name servers to ask for addresses and for TXT; without any, the system's are asked.

    For addresses the first answer counts: the next server is asked when the one before it fails,
    or has said nothing for `head_start` seconds. Once one address family has answered, the
    other has `patience` seconds left. TXT is asked of every server.
    """

    def __init__(
        self,
        servers: Sequence[NameServer] = (),
        *,
        system: HostNames | None = None,
        system_server: NameServer | None = None,
        head_start: float = 0.5,
        patience: float = 1.0,
    ) -> None:
        self.servers = tuple(servers)
        self._system = system or SystemNames()
        self._system_server = system_server or SystemNameServer()
        self._head_start = head_start
        self._patience = patience

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Self:
        """Read the entries of the setting: `ip[:port]`, IPv6 with a port in brackets.

        Raises `InvalidEntry`. No entries at all mean the system's resolver.
        """
        return cls([parse_server(entry) for entry in entries])

    async def addresses(self, host: str, deadline: float | None = None) -> Sequence[Address]:
        """Return every address of a host (an A-label), IPv4 first; see `HostNames`.

        One family that fails does not fail a look-up which the other answered.
        """
        if not self.servers:
            return await self._system.addresses(host, deadline)
        name, deadline = _name(host), DEADLINE if deadline is None else deadline
        if name is None:
            raise LookUpFailed(host, "no_such_host", "it is no host name")
        families = [
            asyncio.create_task(self._first(name, kind, deadline))
            for kind in (RdataType.A, RdataType.AAAA)
        ]
        try:
            done, _ = await asyncio.wait(families, return_when=asyncio.FIRST_COMPLETED)
            found = any(task.exception() is None and task.result().records for task in done)
            await asyncio.wait(families, timeout=self._patience if found else None)
        finally:
            replies = await _ended(families)
        return _addresses(host, replies)

    async def txt(self, host: str, deadline: float = DEADLINE) -> tuple[TextAnswer, ...]:
        """Return what every server, or the system's, says of a host's TXT, in their order."""
        servers = self.servers or (self._system_server,)
        name = _name(host)
        if name is None:
            return tuple(TextAnswer(server.label) for server in servers)
        asked = (_txt(server, name, deadline) for server in servers)
        return tuple(await asyncio.gather(*asked))

    async def _first(self, name: dns.name.Name, kind: RdataType, deadline: float) -> Reply:
        """Return the first answer of any server; raises `NoAnswer` with what each did instead."""
        started = asyncio.get_running_loop().time()
        waiting: set[asyncio.Task[Reply]] = set()
        failures: list[str] = []
        servers = list(self.servers)
        try:
            while servers or waiting:
                if servers:
                    left = deadline - (asyncio.get_running_loop().time() - started)
                    asking = servers.pop(0).ask(name, kind, max(left, 0.0))
                    waiting.add(asyncio.create_task(asking))
                done, waiting = await asyncio.wait(
                    waiting,
                    timeout=self._head_start if servers else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in done:
                    error = task.exception()
                    if error is None:
                        return task.result()
                    failures.append(str(error))
        finally:
            await _ended(waiting)
        raise NoAnswer("; ".join(failures))


def parse_server(entry: str) -> NameServer:
    """Read `ip`, `ip:port`, `[ip]` or `[ip]:port`; raises `InvalidEntry`."""
    text = entry.strip()
    try:
        return NameServer(str(ip_address(text)), PORT)
    except ValueError:
        host, _, port = text.rpartition(":")
    if text.endswith("]"):
        host, port = text, str(PORT)
    bracketed = host.startswith("[") and host.endswith("]")
    try:
        address = ip_address(host[1:-1] if bracketed else host)
    except ValueError:
        address = None
    number = int(port) if port.isascii() and port.isdigit() else 0
    if address is None or (address.version == 6) != bracketed or not 0 < number <= LAST_PORT:  # noqa: PLR2004  IPv6
        remedy = "Give addresses such as 9.9.9.9, 127.0.0.1:5353 or [2620:fe::fe]:53"
        raise InvalidEntry(SETTING, entry, "is no address of a name server", remedy)
    return NameServer(str(address), number)


async def _txt(server: NameServer, name: dns.name.Name, deadline: float) -> TextAnswer:
    try:
        reply = await server.ask(name, RdataType.TXT, deadline)
    except NoAnswer as error:
        return TextAnswer(server.label, failure=str(error))
    # What a CNAME leads to belongs to somebody else.
    found = () if reply.alias else reply.records
    # The order on the wire changes from answer to answer and means nothing.
    records = tuple(sorted(b"".join(rdata.strings) for rdata in found))
    return TextAnswer(server.label, reply.exists, reply.alias, records)


def _name(host: str) -> dns.name.Name | None:
    try:
        # ASCII alone: what letters stand for is settled before (`normalise_host`, yarl).
        return dns.name.from_text(host.encode("ascii").decode(), dns.name.root)
    except (UnicodeError, dns.exception.DNSException):
        return None


async def _ended(tasks: Iterable[asyncio.Task[Reply]]) -> list[Reply | BaseException]:
    """Wait for tasks that nobody needs any more, so that no socket outlives its question."""
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    return await asyncio.gather(*tasks, return_exceptions=True)


def _addresses(host: str, replies: Sequence[Reply | BaseException]) -> Sequence[Address]:
    answered = [reply for reply in replies if isinstance(reply, Reply)]
    found = [ip_address(rdata.address) for reply in answered for rdata in reply.records]
    if found:
        return list(dict.fromkeys(found))
    failures = [reply for reply in replies if isinstance(reply, Exception)]
    if failures:
        raise LookUpFailed(host, "no_answer", str(failures[0]))
    if any(reply.exists for reply in answered):
        raise LookUpFailed(host, "no_address", "it has no address (neither A nor AAAA)")
    raise LookUpFailed(host, "no_such_host", "it does not exist")
