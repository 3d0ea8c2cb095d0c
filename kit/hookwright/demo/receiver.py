"""One receiver as a process: started, killed, stopped, asked what it holds."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import aiohttp

from hookwright.demo.errors import NotStarted
from hookwright.demo.processes import Processes
from hookwright.demo.project import Project

HOST = "127.0.0.1"
POLL = 0.02
# Deadlines in seconds, for a machine that is busy with something else.
START = 30.0
STOP = 10.0
COMMAND = 30.0
LAST_LINES = 5
USUAL = '"level": "info"'

# What a process needs to run at all. No setting of the shell's reaches a receiver.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


class Receiver:
    """A generated project, served by this interpreter on a port that the system chooses."""

    def __init__(self, project: Project, processes: Processes) -> None:
        self.project = project
        self.log = project.directory.with_suffix(".log")
        self.url = ""
        self._processes = processes
        self._process: subprocess.Popen[bytes] | None = None
        self._read_from = 0
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        self._environment = inherited | {"HOST": HOST, "PORT": "0"}

    @property
    def stack(self) -> str:
        """The stack that it was generated for."""
        return self.project.stack

    def start(self) -> None:
        """Start the process; `ready` waits for it."""
        with self.log.open("ab") as log:
            self._read_from = log.tell()
            self._process = self._run(["serve"], output=log)

    async def ready(self) -> None:
        """Wait until it says that it is ready; raises NotStarted."""
        deadline = time.monotonic() + START
        while (port := self._port()) is None:
            await self._wait(deadline)
        address = f"http://{HOST}:{port}"
        while not await _answers(f"{address}/readyz", deadline):
            await self._wait(deadline)
        self.url = f"{address}{self.project.path}"

    async def _wait(self, deadline: float) -> None:
        if self._process is None or self._process.poll() is not None:
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
        return (
            f"the {self.stack} receiver {what}: {told}; `--keep DIR` leaves it and its log to "
            "look into"
        )

    async def command(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        """Run another command of the project, beside the one that serves."""
        process = self._run(arguments)
        try:
            output, errors = await asyncio.to_thread(process.communicate, timeout=COMMAND)
        except subprocess.TimeoutExpired:
            output, errors = b"", f"no end after {COMMAND:g} s".encode()
        finally:
            self._processes.kill(process)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def _run(
        self, arguments: Sequence[str], output: Any = subprocess.PIPE
    ) -> subprocess.Popen[bytes]:
        return self._processes.start(
            [sys.executable, "-m", self.project.package, *arguments],
            self.project.directory,
            self._environment,
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
    timeout = aiohttp.ClientTimeout(total=max(POLL, deadline - time.monotonic()))
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
            return answer.ok
    except (aiohttp.ClientError, TimeoutError):
        return False
