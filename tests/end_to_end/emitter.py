"""Callers of the API that do not give up: each numbered event is sent until it is accepted."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from .stage import Source, Stage
from .waiting import until

# Seconds, on average, between two calls of a caller.
PAUSE = 0.1
# One in ten goes away before its answer can be there.
IMPATIENCE = 0.02
TIMEOUT = 5.0


class Emitter:
    """Several callers, and what they were told: `accepted` are event ids by number.

    Numbers go on behind those that were `accepted` before.
    A call that came to nothing, or whose answer was lost, is made again with its Idempotency-Key.
    """

    def __init__(
        self, stage: Stage, *, callers: int, seed: int, accepted: Mapping[int, str]
    ) -> None:
        self.accepted = dict(accepted)
        self.answers: Counter[int | str] = Counter()
        # The seconds of `retry-after` that came with a 503.
        self.told_to_wait: Counter[str | None] = Counter()
        self._origin = stage.origin
        self._headers = {"authorization": f"Bearer {stage.client.key}"}
        self._sources = stage.sources
        self._callers = callers
        self._random = random.Random(seed)
        self._numbers = itertools.count(max(accepted, default=-1) + 1)
        self._stopping = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Call for the time of a block; at its end every event that was begun is accepted."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=self._headers) as session,
            asyncio.TaskGroup() as callers,
        ):
            for _ in range(self._callers):
                callers.create_task(self._caller(session))
            try:
                yield
            finally:
                self._stopping = True

    async def until_accepted(self, count: int, *, within: float = 60) -> None:
        """Wait until so many events have been accepted."""
        await until(
            lambda: len(self.accepted) >= count,
            lambda: f"{count} events to be accepted: {len(self.accepted)} are, {self.answers}",
            within=within,
        )

    async def until_answered(self, answer: int | str, *, within: float = 60) -> None:
        """Wait until one more call has had such an answer."""
        seen = self.answers[answer]
        await until(
            lambda: self.answers[answer] > seen,
            lambda: f"an answer {answer}: there were {self.answers}",
            within=within,
        )

    async def _caller(self, session: aiohttp.ClientSession) -> None:
        while not self._stopping:
            number = next(self._numbers)
            source = self._random.choice(self._sources)
            accepted = False
            while not accepted:
                accepted = await self._attempt(session, source, number)
                # How close together calls come is part of the load.
                await asyncio.sleep(self._random.expovariate(1 / PAUSE))

    async def _attempt(self, session: aiohttp.ClientSession, source: Source, number: int) -> bool:
        patience = self._random.uniform(0, IMPATIENCE) if self._random.random() < 0.1 else None
        try:
            async with (
                asyncio.timeout(patience),
                session.post(
                    self._origin + source.path,
                    json=source.body(number),
                    headers={"idempotency-key": f"number-{number}"},
                ) as response,
            ):
                body = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.answers[type(error).__name__] += 1
            return False
        self.answers[response.status] += 1
        # What is sent is valid, and one key has one body.
        assert response.status in {201, 503}, (response.status, body)
        if response.status == 503:
            self.told_to_wait[response.headers.get("retry-after")] += 1
            return False
        # A link is an object of its own; a lead is its event.
        self.accepted[number] = body.get("event_id") or body["id"]
        return True
