"""Senders that do not give up: each message is sent under one id until it is acknowledged."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp

from .receivers import TOKEN, Project
from .waiting import until

MARKER = "marker"
# Means, or most; drawn anew for each message, in seconds.
PAUSE = 0.06
IMPATIENCE = 0.02
WORK = 0.3


class Load:
    """Several clients, and what they were told.

    `urls` returns where receivers listen just now; every attempt chooses one of them.
    """

    def __init__(
        self, project: Project, urls: Callable[[], list[str]], *, clients: int, seed: int
    ) -> None:
        self.acknowledged: set[str] = set()
        self.answers: Counter[int | str] = Counter()
        self._samples = [
            sample.payload for event in project.contract.events for sample in event.samples
        ]
        self._urls = urls
        self._random = random.Random(seed)
        self._clients = clients
        self._stopping = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send for the time of a block; at its end every message that was begun is acknowledged."""
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=5)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            asyncio.TaskGroup() as clients,
        ):
            for number in range(self._clients):
                clients.create_task(self._client(session, number))
            try:
                yield
            finally:
                self._stopping = True

    async def until_acknowledged(self, count: int) -> None:
        """Wait until so many messages have been acknowledged."""
        await until(
            lambda: len(self.acknowledged) >= count,
            lambda: f"{count} acknowledgements: {len(self.acknowledged)} so far, {self.answers}",
        )

    async def _client(self, session: aiohttp.ClientSession, number: int) -> None:
        count = 0
        while not self._stopping:
            marker = f"{number}-{count}"
            count += 1
            # One handler in five has enough to do to be there when the kill comes.
            work = self._random.uniform(0, WORK) if self._random.random() < 0.2 else 0
            added = {MARKER: marker, "work": work, "token": TOKEN}
            content = json.dumps(self._random.choice(self._samples) | added).encode()
            await self._see_through(session, marker, content)
            # How close together messages come is part of the load.
            await asyncio.sleep(self._random.expovariate(1 / PAUSE))

    async def _see_through(
        self, session: aiohttp.ClientSession, marker: str, content: bytes
    ) -> None:
        # One in ten comes again although it was acknowledged.
        wanted = 2 if self._random.random() < 0.1 else 1
        while wanted:
            if await self._attempt(session, marker, content):
                self.acknowledged.add(marker)
                wanted -= 1
            else:
                await asyncio.sleep(self._random.uniform(0, 0.1))

    async def _attempt(self, session: aiohttp.ClientSession, marker: str, content: bytes) -> bool:
        urls = self._urls()
        if not urls:
            return False
        headers = {"content-type": "application/json", "webhook-id": f"msg_{marker}"}
        # One in ten goes away before the answer can be there.
        patience = self._random.uniform(0, IMPATIENCE) if self._random.random() < 0.1 else None
        url = self._random.choice(urls)
        try:
            async with (
                asyncio.timeout(patience),
                session.post(url, data=content, headers=headers) as response,
            ):
                await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.answers[type(error).__name__] += 1
            return False
        self.answers[response.status] += 1
        # Nothing else may come of it: what is sent is valid, and one id has one body.
        assert response.status in {200, 503}, f"{response.status} to {content!r}"
        return response.status == 200
