"""Processes that a run of ours starts: each in a session of its own, none outlives the run."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from hookwright_receiver import guard

Output = int | IO[bytes]


class Processes:
    """Starts processes and ends them all: at the end of a `with` block, or with the run itself.

    `temporary` is a folder, made by the block and removed at its end, when no process is left.
    Ending a process is one call that nothing can interrupt: it may stand in any `finally`.
    """

    def __init__(self, temporary: Path | None = None) -> None:
        self._temporary = temporary
        self._started: list[subprocess.Popen[bytes]] = []
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # The guard knows of the folder before there is one.
        folders = [] if self._temporary is None else [str(self._temporary)]
        self._guard = subprocess.Popen(  # noqa: S603  our own module, with a path of ours
            [sys.executable, "-I", "-S", guard.__file__, *folders],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if self._temporary is not None:
            self._temporary.mkdir(mode=0o700)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for process in tuple(self._started):
            self.kill(process)
        if self._temporary is not None:
            guard.remove(self._temporary)
        if self._guard is not None and self._guard.stdin is not None:
            with suppress(BrokenPipeError):
                self._guard.stdin.close()
            self._guard.wait()

    def start(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        *,
        output: Output = subprocess.PIPE,
        errors: Output = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """Start a process in a folder, with this environment alone and nothing to read."""
        process = subprocess.Popen(  # noqa: S603  a project, and the caller's own environment
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        self._started.append(process)
        self._tell(f"+{process.pid}")
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process and all that it has started, at once (SIGKILL)."""
        # Its leader may have ended and left others behind, so it is not asked first.
        guard.kill(process.pid)
        process.wait()
        if process in self._started:
            self._started.remove(process)
            self._tell(f"-{process.pid}")

    def _tell(self, line: str) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            with suppress(BrokenPipeError):
                self._guard.stdin.write(f"{line}\n".encode())
                self._guard.stdin.flush()
