"""A process that serves: started, killed, stopped, asked for what it logged."""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from hookwright.demo.api import request
from hookwright.demo.errors import NotStarted
from hookwright_receiver.processes import Processes

HOST = "127.0.0.1"
POLL = 0.02
# Deadlines in seconds, for a machine that is busy with something else.
START = 30.0
STOP = 10.0
COMMAND = 30.0
LAST_LINES = 5
USUAL = '"level": "info"'

# What a process needs to run at all. No setting of the shell's reaches a process of the demo.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Program:
    """What to start, where: `name` is what a person calls it, `command` what it is started by.

    `serve` are the arguments with which it serves; other commands of it can be run beside that.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    settings: Mapping[str, str]
    serve: tuple[str, ...] = ("serve",)


class Served:
    """A program that serves, on a port that its log tells of."""

    def __init__(self, program: Program, processes: Processes) -> None:
        self.program = program
        self.log = program.folder.with_suffix(".log")
        self.origin = ""
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        self.environment = inherited | dict(program.settings)
        self._processes = processes
        self._process: subprocess.Popen[bytes] | None = None
        self._read_from = 0

    def start(self) -> None:
        """Start the process; `ready` waits for it."""
        with self.log.open("ab") as log:
            self._read_from = log.tell()
            self._process = self._run(self.program.serve, output=log)

    async def ready(self) -> None:
        """Wait until it says that it is ready; raises NotStarted."""
        deadline = time.monotonic() + START
        while (port := self._port()) is None:
            await self._wait(deadline)
        origin = f"http://{HOST}:{port}"
        while not await _answers(f"{origin}/readyz", deadline):
            await self._wait(deadline)
        self.origin = origin

    @property
    def has_ended(self) -> bool:
        """Tell whether there is no process any more."""
        return self._process is None or self._process.poll() is not None

    @property
    def port(self) -> int:
        """Where it listens, once it is ready."""
        return int(self.origin.rpartition(":")[2])

    async def _wait(self, deadline: float) -> None:
        if self.has_ended:
            raise NotStarted(self.obituary("does not start"))
        if time.monotonic() > deadline:
            raise NotStarted(self.obituary(f"is not ready after {START:g} s"))
        await asyncio.sleep(POLL)

    def _port(self) -> int | None:
        """Return the port that the running process says it listens on."""
        for line in self._lines(self._read_from):
            try:
                told: Any = json.loads(line)
            except ValueError:
                continue
            if isinstance(told, dict) and told.get("message") == "listening":
                return int(told["port"])
        return None

    def _lines(self, since: int) -> list[str]:
        content = self.log.read_bytes()[since:]
        # A line that is being written has no end yet.
        lines = content[: content.rfind(b"\n") + 1].decode("utf-8", "replace").splitlines()
        return [line for line in lines if line.strip()]

    def last_lines(self) -> list[str]:
        """Return the last lines of the log that tell of trouble; where none does, the last ones."""
        lines = self._lines(0)
        return ([line for line in lines if USUAL not in line] or lines)[-LAST_LINES:]

    def obituary(self, what: str) -> str:
        """Say in one line what has come of it, what it logged last, and how to find out more."""
        told = " / ".join(self.last_lines()[-2:]) or "it logged nothing"
        name = self.program.name
        return f"the {name} {what}: {told}; `--keep DIR` leaves it and its log to look into"

    async def command(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        """Run another command of the same program, beside the process that serves."""
        process = self._run(arguments)
        try:
            output, errors = await asyncio.to_thread(process.communicate, timeout=COMMAND)
        except subprocess.TimeoutExpired:
            output, errors = b"", f"no end after {COMMAND:g} s".encode()
            # Nobody reads the rest of what it says.
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
        finally:
            self._processes.kill(process)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def _run(
        self, arguments: Sequence[str], output: Any = subprocess.PIPE
    ) -> subprocess.Popen[bytes]:
        return self._processes.start(
            [*self.program.command, *arguments],
            self.program.folder,
            self.environment,
            output=output,
            errors=output,
        )

    def kill(self) -> None:
        """End it at once (SIGKILL), as a loss of power would."""
        if self._process is not None:
            self._processes.kill(self._process)
            self._process = None

    async def stop(self) -> None:
        """Ask it to end (SIGTERM), and end it where it does not."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, STOP)
        self.kill()


async def _answers(url: str, deadline: float) -> bool:
    within = max(POLL, deadline - time.monotonic())
    try:
        status, _ = await asyncio.to_thread(request, "GET", url, {}, None, within)
    except (HTTPException, OSError):
        return False
    return status < 400  # noqa: PLR2004  an answer that is no refusal
