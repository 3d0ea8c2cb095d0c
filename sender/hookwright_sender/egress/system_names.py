"""Host names by the system's own resolver: `/etc/hosts`, `/etc/resolv.conf` and the rest."""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any

from hookwright_sender.egress.addresses import Address
from hookwright_sender.egress.look_up import LookUpFailed

AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]
SILENT = "the system's resolver did not answer within {:g} s"


class SystemNames:
    """Asks `getaddrinfo` in a daemon thread for each look-up.

    The loop's own executor will not do: a name server that never answers would hold its few
    threads against every other host, and the process at its exit, long after the deadline.
    """

    def __init__(
        self, getaddrinfo: Callable[..., Sequence[AddressInfo]] = socket.getaddrinfo
    ) -> None:
        self._getaddrinfo = getaddrinfo

    async def addresses(self, host: str, deadline: float | None = None) -> Sequence[Address]:
        """Return the addresses of a host in the system's order; see `HostNames`."""
        waiting = asyncio.timeout(deadline)
        try:
            async with waiting:
                infos = await self._look_up(host)
        except TimeoutError:
            # The resolver has time-outs of its own.
            if not waiting.expired():
                raise
            raise LookUpFailed(host, "no_answer", SILENT.format(deadline)) from None
        return [ip_address(_text(info)) for info in infos]

    async def _look_up(self, host: str) -> Sequence[AddressInfo]:
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
                    host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
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
        return await answer


def _text(info: AddressInfo) -> str:
    # A link-local IPv6 address means nothing without the interface that it is on.
    family, *_, address = info
    if family == socket.AF_INET6 and len(address) > 3 and address[3]:  # noqa: PLR2004  sockaddr_in6 has four parts
        return f"{str(address[0]).partition('%')[0]}%{address[3]}"
    return str(address[0])
