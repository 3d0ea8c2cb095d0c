"""The reference receiver, or a broken one, as a target: in this process, yet it can be killed."""

import asyncio
import json
import sqlite3
import tempfile
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

from hookwright_receiver.conformance.project.ports import reserved_port
from hookwright_receiver.conformance.target import Entry, HandlerRun, Instance
from hookwright_receiver.conformance.wire import Address

from .reference import Receiver, World
from .server import Server
from .store import Busy, Store


class Process:
    """Control and inbox of one receiver, as ProjectProcess and CommandInbox are of a project."""

    apart = True

    def __init__(
        self, target: "InProcessTarget", folder: Path, port: int, *, hurried: bool
    ) -> None:
        self.target = target
        self.hurried = hurried
        self.world = World(folder)
        self.port = port
        self.receiver: Receiver | None = None
        self.ending: asyncio.Task | None = None

    async def start(self) -> None:
        if self.alive():
            return
        target = self.target
        self.receiver = target.receiver(
            self.world, target.contract, target.credentials, target.profile
        )
        self.server = target.server(self.receiver)
        if self.hurried:
            self.server.hurry()
        await self.server.start(self.port)
        self.code = None
        self.ending = None

    def alive(self) -> bool:
        return self.receiver is not None

    async def kill(self) -> None:
        if self.ending is not None:
            self.ending.cancel()
        if self.receiver is not None:
            await self.server.abort()
            await self.receiver.close()
            self.receiver = None
            self.code = 137

    async def terminate(self) -> None:
        self.ending = asyncio.ensure_future(self._end())

    async def _end(self) -> None:
        code = await self.target.stop(self.server)
        await self.server.abort()
        await self.receiver.close()
        self.receiver = None
        self.code = code

    async def exit_code(self, timeout):  # noqa: ASYNC109
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self.ending), timeout)
        return self.code

    @asynccontextmanager
    async def locked(self):
        other = Store(self.world.path)
        while True:
            with suppress(Busy):
                other.begin()
                break
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            other.commit()
            other.close()

    def memory(self):
        return None

    def bound_files(self, number) -> None:
        """The runner's own files are counted with the receiver's here: nothing is bounded."""

    def log(self) -> str:
        return "\n".join(self.world.log)

    def private(self):
        return (self.world.path,)

    async def runs(self):
        return [HandlerRun(**run) for run in self.world.runs]

    def release(self, marker) -> None:
        self.world.released.add(marker)

    async def in_sink(self, marker) -> int:
        rows = self._rows("SELECT payload FROM received")
        return sum(marker in payload for (payload,) in rows)

    @asynccontextmanager
    async def loosened(self):
        self.receiver.loose = True
        yield
        self.receiver.loose = False

    def _rows(self, sql):
        with closing(sqlite3.connect(self.world.path, timeout=0)) as database:
            return database.execute(sql).fetchall()

    async def entries(self):
        return [
            Entry(
                str(number), key, event, status, attempts, json.loads(payload), f"{key} {payload}"
            )
            for number, key, event, status, attempts, payload in self._rows(
                "SELECT id, key, event, status, attempts, payload FROM inbox"
            )
        ]

    async def count(self, markers) -> int:
        entries = await self.entries()
        return sum(any(marker in entry.text for marker in markers) for entry in entries)

    async def dead(self):
        return [entry for entry in await self.entries() if entry.status == "dead"]

    async def refused(self):
        names = ("id", "reason", "headers", "body")
        rows = self._rows("SELECT id, reason, headers, body FROM refused")
        return [json.dumps(dict(zip(names, row, strict=True))) for row in rows]

    async def replay(self, entry, *, refused=False) -> bool:
        if refused:
            return await self.receiver.replay_refused(int(entry))
        if not self.target.replays:
            return False
        return bool(
            await self.receiver.patiently(
                lambda: self.receiver.store.write(
                    "UPDATE inbox SET status = 'pending', attempts = 0, due = 0 "
                    "WHERE id = ? AND status = 'dead'",
                    (int(entry),),
                )
            )
        )


class InProcessTarget:
    """One class of receivers, with an instance for every place."""

    own = True
    parallel = 8
    stack = None
    replays = True

    def __init__(
        self, contract, credentials, *, receiver=Receiver, server=Server, profile="documented"
    ) -> None:
        self.contract, self.credentials, self.profile = contract, credentials, profile
        self.receiver, self.server = receiver, server
        self.name = receiver.__name__
        self.max_body = receiver.max_body

    async def stop(self, server) -> int:
        """What the process does on SIGTERM; return its exit code."""
        await server.stop()
        return 0

    @asynccontextmanager
    async def instance(self, place):
        with (
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
            reserved_port() as port,
        ):
            process = Process(self, Path(folder), port, hurried=place == "slow clients")
            await process.start()
            try:
                address = Address("127.0.0.1", port)
                yield Instance(address, self.receiver.path, process, process, process)
            finally:
                await process.kill()
