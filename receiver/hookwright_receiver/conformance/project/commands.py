"""Reads and mends an instance's inbox with the project's own command line."""

import asyncio
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from hookwright_receiver.conformance.target import Entry

ATTEMPTS = 5
TIMEOUT = 30
GATHER = 0.2


class CommandFailed(Exception):  # noqa: N818  named for what happened
    """The project's command line does not do as it should; the runner cannot see."""


class CommandInbox:
    """`python -m <package> inbox …`. Questions that are asked at the same time share an answer."""

    apart = True

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._command = [*command, "inbox"]
        self._folder = folder
        self._environment = dict(environment)
        self._reading = asyncio.Lock()
        self._next: asyncio.Future[list[Entry]] | None = None

    async def entries(self) -> list[Entry]:
        """Return every message that was accepted before this was asked."""
        # A reading that has begun may have missed what was stored since: wait for the next one.
        if self._next is None:
            self._next = asyncio.ensure_future(self._read_after())
        return await asyncio.shield(self._next)

    async def _read_after(self) -> list[Entry]:
        async with self._reading:
            # Cases end in bunches, and each reading starts an interpreter.
            await asyncio.sleep(GATHER)
            self._next = None
            return [_entry(line) for line in await self._lines("list", "--json")]

    async def count(self, markers: Sequence[str]) -> int:
        """Return how many entries these messages have."""
        entries = await self.entries()
        return sum(any(marker in entry.text for marker in markers) for entry in entries)

    async def dead(self) -> list[Entry]:
        """Return the dead letters."""
        return [_entry(line) for line in await self._lines("dead", "--json")]

    async def refused(self) -> list[str]:
        """Return the refused messages that are kept, one line of text each."""
        return await self._lines("refused", "--json")

    async def replay(self, entry: str, *, refused: bool = False) -> bool:
        """Put a dead letter back in line, or a refused message; tell whether that was done."""
        option = ["--refused"] if refused else []
        done = await asyncio.to_thread(self._run, ["replay", *option, entry])
        return done.returncode == 0

    async def _lines(self, *arguments: str) -> list[str]:
        for _ in range(ATTEMPTS):
            done = await asyncio.to_thread(self._run, list(arguments))
            if done.returncode == 0:
                return done.stdout.splitlines()
        # The inbox may be busy for a moment, but not every time.
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CommandFailed(f"`inbox {' '.join(arguments)}` fails: {reason}")

    def _run(self, arguments: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603  the project's own command, in its scratch copy
            [*self._command, *arguments],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )


def _entry(line: str) -> Entry:
    read = json.loads(line)
    return Entry(
        id=str(read["id"]),
        key=read["key"],
        event=read["event"],
        status=read["status"],
        attempts=read["attempts"],
        content={**read["payload"], **read["parameters"]},
        text=line,
    )
