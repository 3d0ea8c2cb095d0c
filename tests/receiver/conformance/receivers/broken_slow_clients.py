"""Receivers that take too long, or let others do so."""

import asyncio

from .declare import fails, warns
from .reference import Receiver
from .server import Server

ROOM = 20


@fails("T1", "K6")
class HandlesFirst(Receiver):
    """Answers when the handler is done."""

    async def keep(self, key, event, payload) -> None:
        await super().keep(key, event, payload)
        while self.store.rows(  # noqa: ASYNC110  the store tells nobody
            "SELECT 1 FROM inbox WHERE key = ? AND status = 'pending'", (key,)
        ):
            await asyncio.sleep(0.01)


@warns("T2")
class WaitsForBodies(Server):
    """Has no deadline for a body."""

    def hurry(self) -> None:
        self.head_timeout = 0.6


@warns("T2")
class WaitsForHeads(Server):
    """Has no deadline for a head."""

    def hurry(self) -> None:
        self.body_timeout = 0.6


@warns("T3")
class SwallowsHeaders(Server):
    """Has no limit for a head."""

    async def rest_of_head(self, reader) -> bytes:
        reader._limit = 1 << 40
        return await super().rest_of_head(reader)


@fails("T4")
class HasRoomForFew(Server):
    """Serves a few connections, for as long as they like to stay."""

    def __init__(self, app) -> None:
        super().__init__(app)
        self.room = asyncio.Semaphore(ROOM)

    async def connection(self, reader, writer) -> None:
        async with self.room:
            await super().connection(reader, writer)
