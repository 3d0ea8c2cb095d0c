"""Host names for aiohttp, from anything that knows addresses."""

import socket
from collections.abc import Callable, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult

from hookwright_sender.egress.look_up import HostNames
from hookwright_sender.egress.system_names import AddressInfo, SystemNames

FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


class NamesResolver(AbstractResolver):
    """Gives `names` to aiohttp; a look-up takes `deadline` seconds at most."""

    def __init__(self, names: HostNames, deadline: float | None = None) -> None:
        self._names = names
        self._deadline = deadline

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host; raises `OSError` when it has none."""
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=FAMILIES[address.version],
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in await self._names.addresses(host, self._deadline)
            if family in {socket.AF_UNSPEC, FAMILIES[address.version]}
        ]

    async def close(self) -> None:
        """Nothing is held open between look-ups."""


class SystemResolver(NamesResolver):
    """Asks the system; a look-up ends with the attempt that waits for it."""

    def __init__(
        self, getaddrinfo: Callable[..., Sequence[AddressInfo]] = socket.getaddrinfo
    ) -> None:
        super().__init__(SystemNames(getaddrinfo))
