# ruff: noqa: ARG002  a rule that is wrong often ignores what it is given
"""Receivers that lose or double messages in a crowd or a crash."""

import asyncio
import json

from .broken_deduplication import InMemory
from .declare import fails, warns
from .in_process import InProcessTarget
from .reference import Receiver, Refused
from .store import Busy


@fails("K1")
class LosesInCrowds(Receiver):
    """Drops what comes while ten others are being stored."""

    storing = 0

    async def keep(self, key, event, payload) -> None:
        self.storing += 1
        try:
            await asyncio.sleep(0.005)
            if self.storing <= 12:
                await super().keep(key, event, payload)
        finally:
            self.storing -= 1


@fails("K2", "H6")
class LooksThenInserts(InMemory):
    """Looks for the key, and inserts later."""

    def known(self):
        rows = self.store.rows("SELECT key, digest FROM inbox WHERE key IS NOT NULL")
        return {key.partition(" ")[0]: digest for key, digest in rows}

    async def think(self) -> None:
        await asyncio.sleep(0.05)


@fails("K3", "K4", warns=("D2",))
class AcknowledgesFirst(Receiver):
    """Answers, and stores a moment later."""

    async def keep(self, key, event, payload) -> None:
        self.spawn(self.later(key, event, payload))

    async def later(self, key, event, payload) -> None:
        await asyncio.sleep(0.1)
        try:
            await super().keep(key, event, payload)
        except Refused:
            return


@fails("K4")
class PretendsToStore(Receiver):
    """Answers 2xx though the store is busy."""

    async def keep(self, key, event, payload) -> None:
        try:
            await super().keep(key, event, payload)
        except Refused as refused:
            if refused.status != 503:
                raise


@warns("K4")
class NoRetryAfter(Receiver):
    """Does not say when to come back."""

    def busy(self):
        return Refused(503, "the inbox is busy")


@fails("K4", "X2")
class WaitsForStore(Receiver):
    """Waits for the store as long as it takes."""

    async def patiently(self, write):
        while True:
            try:
                return write()
            except Busy:
                await asyncio.sleep(0.02)


@fails("K5", "K7")
class NeverRetries(Receiver):
    """Gives a message up when its handler fails."""

    async def attempt(self, number, event, payload, attempts) -> None:
        await super().attempt(number, event, payload, 99)


@fails("K5")
class NoReplay(InProcessTarget):
    """Keeps dead letters that nobody can bring back."""

    replays = False


@fails("K6")
class NeverReclaims(Receiver):
    """Leaves a message to the worker that took it, dead or alive."""

    lease = 1e9


@fails("K6")
class SinkTwice(Receiver):
    """Writes to the sink outside the transaction that marks the message as done."""

    async def handle(self, event, payload) -> None:
        if "conformance" in payload:
            text = json.dumps(payload)
            self.store.write("INSERT INTO received VALUES (0, ?)", (text,))
        await super().handle(event, payload)

    def finish(self, number, payload) -> None:
        self.store.write("UPDATE inbox SET status = 'done' WHERE id = ?", (number,))


@fails("K7")
class CatchesExceptions(Receiver):
    """Takes for a failure what is an Exception, and lets the rest end the attempt."""

    def is_failure(self, error) -> bool:
        return isinstance(error, Exception)


@fails("K7")
class WritesErrorsDown(Receiver):
    """Keeps the text of an error, and falls over one that has none."""

    def is_failure(self, error) -> bool:
        try:
            str(error).encode()
        except (RuntimeError, UnicodeEncodeError):
            return False
        return True


@fails("K8")
class NoNewWorkers(Receiver):
    """Goes on without the workers that have ended, and is ready all the same."""

    async def keep_working(self) -> None:
        self.worker = asyncio.ensure_future(self.work())
        try:
            await asyncio.wait([self.worker])
        finally:
            self.worker.cancel()
