"""One name server and one question to it."""

import asyncio
import math
from dataclasses import dataclass
from typing import Any

import dns.asyncbackend
import dns.asyncresolver
import dns.exception
import dns.flags
import dns.name
import dns.nameserver
import dns.resolver
from dns.rdatatype import RdataType

# What fits in one packet of every network: https://www.dnsflagday.net/2020/
PAYLOAD = 1232
# Seconds after which a question is asked again: one lost packet is no silence.
AGAIN = 1.0


class NoAnswer(Exception):  # noqa: N818  the name says what happened
    """A name server did not say whether there is such a record; the reason is its text."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a name server said: whether the name exists, is an alias, and the records in the end.

    With `alias` the records are those of another name, to which a CNAME led.
    """

    exists: bool
    alias: bool = False
    records: tuple[Any, ...] = ()


class NameServer:
    """A name server at an address; `label` is `ip:port`."""

    def __init__(self, address: str, port: int = 53) -> None:
        self.label = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        self._nameserver = dns.nameserver.Do53Nameserver(address, port)

    def __repr__(self) -> str:
        return f"NameServer({self.label})"

    async def ask(self, name: dns.name.Name, kind: RdataType, deadline: float) -> Reply:
        """Ask for records within `deadline` seconds, over TCP when UDP cuts the answer off.

        Raises `NoAnswer` when no answer comes, or one that says nothing about the name: SERVFAIL,
        REFUSED, garbage.
        """
        try:
            # Ours, because dnspython's own counts by the wall clock, which may jump.
            async with asyncio.timeout(deadline):
                return await self._ask(name, kind)
        except TimeoutError:
            raise NoAnswer(f"{self.label} did not answer within {deadline:.3g} s") from None
        except dns.exception.DNSException as error:
            raise NoAnswer(f"{self.label} {_why(error)}") from None

    async def _ask(self, name: dns.name.Name, kind: RdataType) -> Reply:
        resolver = self._resolver()
        resolver.timeout = AGAIN
        resolver.use_edns(0, 0, PAYLOAD)
        try:
            answer = await resolver.resolve(
                name,
                kind,
                search=False,
                raise_on_no_answer=False,
                lifetime=math.inf,
                backend=dns.asyncbackend.get_backend("asyncio"),
            )
        except dns.resolver.NXDOMAIN as error:
            # With a CNAME in it, it is the CNAME's target that does not exist.
            alias = bool(error.kwargs["responses"][name].resolve_chaining().cnames)
            return Reply(exists=alias, alias=alias)
        if answer.response.flags & dns.flags.TC:
            raise NoAnswer(f"{self.label} cut its answer off, over TCP too")
        return Reply(True, bool(answer.chaining_result.cnames), tuple(answer.rrset or ()))

    def _resolver(self) -> dns.asyncresolver.Resolver:
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers = [self._nameserver]
        return resolver


class SystemNameServer(NameServer):
    """Those of `/etc/resolv.conf`, which stand in for each other: the first answer is theirs."""

    def __init__(self, path: str = "/etc/resolv.conf") -> None:
        self.label = "the system's name server"
        self._path = path

    def _resolver(self) -> dns.asyncresolver.Resolver:
        # Read anew, because it changes under a long-running process.
        return dns.asyncresolver.Resolver(self._path)


def _why(error: dns.exception.DNSException) -> str:
    if isinstance(error, dns.resolver.NoResolverConfiguration):
        return "is none: /etc/resolv.conf names no name server. Set HOOKWRIGHT_NAMESERVERS"
    errors = error.kwargs.get("errors") or ()
    said = errors[-1][3] if errors else error
    if isinstance(said, str):
        return f"answered {said}"
    text = (str(said) or type(said).__name__).partition("\n")[0]
    return f"gave no answer that can be used: {text[:200]}"
