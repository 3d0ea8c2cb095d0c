"""The egress policy inside aiohttp's connector: nothing else decides what is dialled."""

import socket
from ipaddress import ip_address
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from hookwright_sender.egress.policy import EgressPolicy

AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]


class GuardedResolver(AbstractResolver):
    """Hands an answer of another resolver on when the policy allows every address in it.

    What it returns is what aiohttp dials: the name is not looked up again. Raises
    `ForbiddenAddress`, which aiohttp lets through because it is no `OSError`.
    """

    def __init__(self, resolver: AbstractResolver, policy: EgressPolicy) -> None:
        self._resolver = resolver
        self._policy = policy

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host, none of them forbidden."""
        found = await self._resolver.resolve(host, port, family)
        self._policy.check_answer(host, [ip_address(result["host"]) for result in found])
        return found

    async def close(self) -> None:
        """Close the resolver that is asked."""
        await self._resolver.close()


class GuardedSocket:
    """A `socket_factory` for aiohttp, which skips its resolver where a host is an address."""

    def __init__(self, policy: EgressPolicy) -> None:
        self._policy = policy

    def __call__(self, info: AddrInfo) -> socket.socket:
        """Return a socket for an address that may be dialled; raises `ForbiddenAddress`."""
        family, kind, protocol, _, address = info
        self._policy.check_address(ip_address(address[0]))
        return socket.socket(family, kind, protocol)
