"""Host names to addresses by the system's resolver, without outliving the deadline."""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]


class SystemResolver(AbstractResolver):
    """Asks `getaddrinfo` in a daemon thread for each look-up.

    The loop's own executor will not do: a name server that never answers would hold its few
    threads against every other host, and the process at its exit, long after the deadline.
    """

    def __init__(
        self, getaddrinfo: Callable[..., Sequence[AddressInfo]] = socket.getaddrinfo
    ) -> None:
        self._getaddrinfo = getaddrinfo

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host; raises `OSError` when it has none."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[AddressInfo]] = loop.create_future()

        def settle(infos: Sequence[AddressInfo] | None, error: OSError | None) -> None:
            if answer.done():
                return
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(infos or ())

        def look_up() -> None:
            infos: Sequence[AddressInfo] | None = None
            error: OSError | None = None
            try:
                infos = self._getaddrinfo(
                    host,
                    port,
                    family=family,
                    type=socket.SOCK_STREAM,
                    flags=socket.AI_ADDRCONFIG,
                )
            except OSError as failure:
                error = failure
            except UnicodeError:
                error = socket.gaierror(socket.EAI_NONAME, "not a host name")
            try:
                loop.call_soon_threadsafe(settle, infos, error)
            except RuntimeError:
                # The loop was closed meanwhile: nobody waits for the answer any more.
                return

        threading.Thread(target=look_up, name=f"resolve {host}", daemon=True).start()
        return [
            ResolveResult(
                hostname=host,
                host=_address(infos),
                port=port,
                family=infos[0],
                proto=infos[2],
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for infos in await answer
        ]

    async def close(self) -> None:
        """Nothing is held open between look-ups."""


def _address(info: AddressInfo) -> str:
    # A link-local IPv6 address means nothing without the interface that it is on.
    family, *_, address = info
    if family == socket.AF_INET6 and len(address) > 3 and address[3]:  # noqa: PLR2004  sockaddr_in6 has four parts
        return f"{address[0]}%{address[3]}"
    return str(address[0])
