"""uvicorn as a part of the process: it neither takes signals nor ends anything itself."""

import contextlib
import socket
from collections.abc import Awaitable, Iterator
from typing import Any

import structlog
import uvicorn

from hookwright.platform.protocol import BoundedProtocol

# Seconds that an idle connection is kept.
IDLE_TIMEOUT = 75

log = structlog.get_logger()


class Server(uvicorn.Server):
    """Serves an ASGI application on a socket until `should_exit`, then answers what is in flight.

    `grace` is how many seconds that may take. Logs `listening` with `host` and `port`.
    """

    def __init__(self, application: Any, grace: float) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=BoundedProtocol,
                ws="none",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=IDLE_TIMEOUT,
                # uvicorn says whole seconds, and asyncio takes what it is given.
                timeout_graceful_shutdown=grace,  # type: ignore[arg-type]
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say where it listens, once requests are answered."""
        await super().startup(sockets)
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            log.info("listening", host=host, port=port)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process, which has more than a server to end."""
        yield

    def serving(self, listener: socket.socket) -> Awaitable[None]:
        """Serve on a socket that listens."""
        return self.serve([listener])
