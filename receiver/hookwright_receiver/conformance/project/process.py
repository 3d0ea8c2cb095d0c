"""A project's serving process: started, killed, stopped, locked out of its inbox, looked into."""

import asyncio
import contextlib
import json
import os
import resource
import subprocess
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hookwright_receiver.conformance.client import Client
from hookwright_receiver.conformance.delivery import Delivery
from hookwright_receiver.conformance.errors import Unreachable
from hookwright_receiver.conformance.target import HandlerRun
from hookwright_receiver.conformance.wire import Address
from hookwright_receiver.processes import Processes
from hookwright_schemas.visible import visible

from .storage import Storage

POLL = 0.05
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")
SHOWN_LOG = 3


@dataclass
class ProjectProcess:
    """One serving process in its own folder, which `processes` ends with all its children.

    `command` is the project's, without a sub-command; `schemas` and `effects` are folders of the
    copy, `start_timeout` is in seconds, and `starting` bounds how many start at once.
    """

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    address: Address
    storage: Storage
    schemas: Path
    effects: Path
    start_timeout: float
    starting: asyncio.Semaphore
    processes: Processes

    def __post_init__(self) -> None:
        self._log = self.folder / "serve.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._restarting = asyncio.Lock()

    async def start(self) -> None:
        """Start it (again) and wait until `/readyz` answers 200; raises Unreachable."""
        async with self._restarting, self.starting:
            if self.alive():
                return
            # One that has ended by itself may have left children behind.
            await self.kill()
            # Not in a thread: a run that is stopped meanwhile would leave the process behind.
            with self._log.open("ab") as log:
                self._process = self.processes.start(
                    [*self.command, "serve"],
                    self.folder,
                    self.environment,
                    output=log,
                    errors=subprocess.STDOUT,
                )
            await self._ready()

    async def _ready(self) -> None:
        deadline = time.monotonic() + self.start_timeout
        request = Delivery("/readyz", b"", method="GET").raw(self.address)
        while time.monotonic() < deadline:
            if not self.alive():
                raise Unreachable(f"the project does not start: {self._last_words()}")
            exchange = await Client(self.address).exchange(request, 2.0)
            if exchange.status == 200:  # noqa: PLR2004
                return
            await asyncio.sleep(POLL)
        await self.kill()
        raise Unreachable(
            f"the project is not ready after {self.start_timeout:g} s: {self._last_words()}"
        )

    def _last_words(self) -> str:
        lines = [line for line in self.log().splitlines() if line.strip()]
        return visible(" / ".join(lines[-SHOWN_LOG:])) or "it logged nothing"

    def alive(self) -> bool:
        """Tell whether it runs."""
        return self._process is not None and self._process.poll() is None

    async def kill(self) -> None:
        """End it and its children at once (SIGKILL)."""
        if self._process is not None:
            self.processes.kill(self._process)

    async def terminate(self) -> None:
        """Ask it to end (SIGTERM)."""
        if self._process is not None:
            self._process.terminate()

    async def exit_code(self, timeout: float) -> int | None:  # noqa: ASYNC109  the case's own deadline
        """Return how it ended, or None where it still runs after `timeout` seconds."""
        if self._process is None:
            return None
        try:
            code = await asyncio.to_thread(self._process.wait, timeout)
        except subprocess.TimeoutExpired:
            return None
        # A shell would show a process that a signal ended like this.
        return 128 - code if code < 0 else code

    def locked(self) -> AbstractAsyncContextManager[None]:
        """Keep its inbox from being written for the length of the block."""
        locked: AbstractAsyncContextManager[None] = self.storage.locked()
        return locked

    def memory(self) -> int | None:
        """Return the resident bytes of the process and its children."""
        if self._process is None:
            return None
        total = 0
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError, ValueError, IndexError):
                # The command's name stands in brackets and may hold anything, spaces too.
                group = (entry / "stat").read_text().rpartition(")")[2].split()[2]
                if int(group) == self._process.pid:
                    total += int((entry / "statm").read_text().split()[1]) * PAGE_SIZE
        return total or None

    def bound_files(self, number: int) -> None:
        """Let it have so many files open from now on, connections included (`ulimit -n`)."""
        if self._process is not None:
            resource.prlimit(self._process.pid, resource.RLIMIT_NOFILE, (number, number))

    def log(self) -> str:
        """Return everything that it has logged."""
        try:
            return self._log.read_text("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def private(self) -> tuple[str, ...]:
        """Return paths of the machine that no answer may show."""
        return (str(self.folder),)

    async def runs(self) -> list[HandlerRun]:
        """Return what the handlers have written down, oldest first."""
        try:
            text = (self.effects / "runs.jsonl").read_text("utf-8")
        except FileNotFoundError:
            return []
        # A line that is being written has no end yet.
        whole = text[: text.rfind("\n") + 1]
        return [HandlerRun(**json.loads(line)) for line in whole.splitlines()]

    def release(self, marker: str) -> None:
        """Let the handler of a message that was told to fail until now succeed."""
        (self.effects / marker).touch()

    async def in_sink(self, marker: str) -> int | None:
        """Return how many rows of the `sql` sink hold this text, None without the sink."""
        if not (self.schemas.parent / "sql_sink.py").is_file():
            return None
        return await self.storage.in_sink(marker)

    @asynccontextmanager
    async def loosened(self) -> AsyncIterator[None]:
        """Let every schema take any object for the length of the block."""
        originals = {path: path.read_bytes() for path in self.schemas.glob("*.schema.json")}
        for path in originals:
            path.write_text('{"type": "object"}', "utf-8")
        try:
            yield
        finally:
            for path, content in originals.items():
                path.write_bytes(content)
