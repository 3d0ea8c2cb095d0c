"""A receiver as one raw ASGI app, right in every case: the rules, a durable inbox and a worker."""

import asyncio
import json
import time

from .rules import Refused, Rules
from .store import Busy, Store

POLL = 0.02
DELAYS = (0.02, 0.02, 0.02, 0.02)
REFUSED_ROWS = 20
REFUSED_BYTES = 4_000_000
SMALL = 10_000


class Speechless(Exception):  # noqa: N818  named for what it is
    def __str__(self):
        raise RuntimeError


RAISED = {
    "cancelled": asyncio.CancelledError,
    "interrupt": KeyboardInterrupt,
    "generator": GeneratorExit,
    "exit": SystemExit,
    "text": RuntimeError,
    "speechless": Speechless,
}

__all__ = ["Receiver", "Refused", "World"]


class World:
    """What outlives the receiver's process: its file, and what its handlers did to the world."""

    def __init__(self, folder) -> None:
        self.path = str(folder / "inbox.db")
        self.runs: list[dict] = []
        self.released: set[str] = set()
        self.log: list[str] = []


class Receiver(Rules):
    """One process of the receiver: what is in it is lost when it is killed."""

    lease = 0.3
    kept = 0

    def __init__(self, world, contract, credentials, profile="documented") -> None:
        super().__init__(contract, credentials, profile)
        self.world = world
        self.store = Store(world.path)
        self.running: set[int] = set()
        self.tasks: set[asyncio.Task] = set()
        self.spawn(self.keep_working())

    def spawn(self, coroutine) -> None:
        task = asyncio.ensure_future(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self) -> None:
        """End as a killed process does."""
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.store.close()

    # --- storage

    async def patiently(self, write):
        for _ in range(10):
            try:
                return write()
            except Busy:
                await asyncio.sleep(0.02)
        raise self.busy()

    def busy(self):
        return Refused(503, "the inbox is busy", [(b"retry-after", b"1")])

    async def keep(self, key, event, payload) -> None:
        text = self.canonical(payload)
        digest = self.digest(payload)
        outcome = await self.patiently(lambda: self.store.insert(key, digest, event, text))
        if outcome == "conflict":
            raise Refused(409, "another message has this id")

    def keep_refused(self, headers, payload, pointers) -> None:
        body = json.dumps(payload)
        kept = (self.contract.idempotency_header, self.contract.classification.header)
        text = json.dumps({name: headers[name] for name in kept if name in headers})
        try:
            self.store.write(
                "INSERT INTO refused (reason, headers, body) VALUES (?, ?, ?)",
                (" ".join(pointers), text, body),
            )
            self.kept += 1
            # Small ones in batches, for speed: there are never more than ten too many.
            if len(body) > SMALL or self.kept % 10 == 0:
                self.trim_refused()
        except Busy:
            return

    def trim_refused(self) -> None:
        self.store.write(
            "DELETE FROM refused WHERE id NOT IN (SELECT id FROM (SELECT id, "
            "row_number() OVER newest AS place, sum(length(body)) OVER newest AS bytes "
            "FROM refused WINDOW newest AS (ORDER BY id DESC)) WHERE place <= ? AND bytes <= ?)",
            (REFUSED_ROWS, REFUSED_BYTES),
        )

    async def replay_refused(self, number) -> bool:
        (headers, body), *_ = self.store.rows(
            "SELECT headers, body FROM refused WHERE id = ?", (number,)
        )
        headers, payload = json.loads(headers), json.loads(body)
        try:
            event = self.validate(headers, payload)
            await self.keep(self.key(headers, payload), event, payload)
        except Refused:
            return False
        self.store.write("DELETE FROM refused WHERE id = ?", (number,))
        return True

    # --- handlers

    async def keep_working(self) -> None:
        """Start a worker, and another where one has ended."""
        while True:
            self.worker = asyncio.ensure_future(self.work())
            try:
                await asyncio.wait([self.worker])
            finally:
                self.worker.cancel()

    async def work(self) -> None:
        while True:
            for number, event, payload, attempts in self.store.due():
                if number not in self.running:
                    self.running.add(number)
                    self.spawn(self.attempt(number, event, payload, attempts))
            await asyncio.sleep(POLL)

    async def attempt(self, number, event, payload, attempts) -> None:
        content = json.loads(payload)
        try:
            await self.patiently(
                lambda: self.store.write(
                    "UPDATE inbox SET attempts = ?, due = ? WHERE id = ?",
                    (attempts + 1, time.time() + self.lease, number),
                )
            )
            try:
                await self.handle(event, content)
            except BaseException as error:
                # Whatever a handler raises is its failure, but for the end of this process.
                if asyncio.current_task().cancelling():
                    raise
                if not self.is_failure(error):
                    return
                raise RuntimeError from None
            await self.patiently(lambda: self.finish(number, payload))
        except (RuntimeError, Refused):
            dead = attempts >= len(DELAYS)
            delay = 0 if dead else DELAYS[attempts]
            await self.patiently(
                lambda: self.store.write(
                    "UPDATE inbox SET status = ?, due = ? WHERE id = ?",
                    ("dead" if dead else "pending", time.time() + delay, number),
                )
            )
        finally:
            self.running.discard(number)

    def is_failure(self, _error) -> bool:
        """Tell whether the attempt has failed; if not, it is as if it had not been."""
        return True

    def finish(self, number, payload) -> None:
        self.store.done(number, payload)

    def parameters(self, payload):
        names = {field.name for event in self.contract.events for field in event.fields}
        return {name: value for name, value in payload.items() if name not in names}

    async def handle(self, event, payload) -> None:
        """Do as the message says, and write down what was done."""
        directive, marker = payload.get("conformance"), payload.get("conformance_marker")
        if directive is None:
            return
        runs = self.world.runs
        earlier = sum(r["marker"] == marker and r["phase"] == "start" for r in runs)
        note = {"event": event, "marker": marker, "fields": {}}
        note["parameters"] = self.parameters(payload)
        runs.append({**note, "phase": "start"})
        verb, _, argument = directive.partition(":")
        held = argument == "held" and marker not in self.world.released
        if verb == "fail" and (held or (argument != "held" and earlier < int(argument))):
            runs.append({**note, "phase": "failed"})
            raise RuntimeError
        if verb == "raise":
            runs.append({**note, "phase": "failed"})
            raise RAISED[argument]("told to \x00\ud800")
        if verb == "doom":
            self.worker.cancel()
        if verb == "sleep":
            await asyncio.sleep(float(argument))
        if verb == "hang" and earlier < int(argument):
            await asyncio.sleep(600)
        runs.append({**note, "phase": "done"})
