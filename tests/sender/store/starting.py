"""Processes that work on a database beside the test: by forks of one that has imported it all."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from hookwright_schemas import HookwrightError
from hookwright_sender.store.database import Database
from hookwright_sender.store.keys import open_key_ring

PATIENCE = 60
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__, "tests.sender.store.rotation_killed"])


@contextmanager
def process(
    work: Callable[..., None], *arguments: object
) -> Iterator[tuple[ForkServerProcess, Connection]]:
    """Run `work(*arguments, pipe)` in a process of its own; yields it, and our end of the pipe."""
    ours, theirs = PROCESSES.Pipe()
    started = PROCESSES.Process(target=work, args=(*arguments, theirs))
    with ours:
        with theirs:
            started.start()
        try:
            yield started, ours
        finally:
            started.kill()
            started.join()
            started.close()


def heard(pipe: Connection) -> object:
    """Return what a process says next; raises EOFError when it has ended."""
    assert pipe.poll(PATIENCE), "a process says nothing"
    return pipe.recv()


def together(url: str, given: Sequence[tuple[str | None, Path | None]]) -> list[object]:
    """Start processes with `(keys, file)` each, let them go at once, and return what they say."""
    with ExitStack() as running:
        pipes = [
            running.enter_context(process(_open_keys, url, keys, file))[1] for keys, file in given
        ]
        assert [heard(pipe) for pipe in pipes] == ["ready"] * len(given)
        for pipe in pipes:
            pipe.send("go")
        return [heard(pipe) for pipe in pipes]


def _open_keys(url: str, keys: str | None, file: Path | None, pipe: Connection) -> None:
    with Database(url) as database:
        pipe.send("ready")
        pipe.recv()
        try:
            pipe.send(open_key_ring(database, keys, file).newest)
        except HookwrightError as error:
            pipe.send(f"{type(error).__name__}: {error}")
