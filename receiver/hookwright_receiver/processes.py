"""Processes that a run of ours starts: each in a session of its own, none outlives the run."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from hookwright_receiver import guard

Output = int | IO[bytes]

# What Python itself ignores, `subprocess` gives back to what it starts.
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD)


@contextmanager
def nothing_ignored() -> Iterator[None]:
    """Let what is started in the block have its signals as the system gives them.

    A signal that is ignored stays so across `exec`, one that is handled does not. So it is handled
    for the moment, by nothing: this process goes on ignoring it. Other threads than the main one
    cannot do that, and pass on what there is.
    """
    ignored = []
    if threading.current_thread() is threading.main_thread():
        ignored = [number for number in PASSED_ON if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


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
        """Start a process in a folder, with this environment alone and nothing to read.

        It ignores no signal that this one was told to ignore: it is judged by how it ends.
        """
        with nothing_ignored():
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
