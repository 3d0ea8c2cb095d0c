"""Processes that open the keys of a database at the same moment."""

import multiprocessing
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from hookwright_schemas import HookwrightError
from hookwright_sender.store.database import Database
from hookwright_sender.store.keys import open_key_ring

PATIENCE = 60
# Each is a process of its own, by a fork of one that has imported everything already.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])


def together(url: str, given: Sequence[tuple[str | None, Path | None]]) -> list[str]:
    """Start processes with `(keys, file)` each, let them go at once, and return what they say."""
    pipes = [PROCESSES.Pipe() for _ in given]
    started = [
        PROCESSES.Process(target=_start, args=(url, keys, file, theirs), daemon=True)
        for (keys, file), (_, theirs) in zip(given, pipes, strict=True)
    ]
    try:
        for process in started:
            process.start()
        ours = [pipe for pipe, _ in pipes]
        assert [_heard(pipe) for pipe in ours] == ["ready"] * len(given)
        for pipe in ours:
            pipe.send("go")
        return [_heard(pipe) for pipe in ours]
    finally:
        for process in started:
            process.join(PATIENCE)
            process.kill()
            process.join()
            process.close()
        for both in pipes:
            for pipe in both:
                pipe.close()


def _start(url: str, keys: str | None, file: Path | None, pipe: Connection) -> None:
    with Database(url) as database:
        pipe.send("ready")
        pipe.recv()
        try:
            pipe.send(open_key_ring(database, keys, file).newest)
        except HookwrightError as error:
            pipe.send(f"{type(error).__name__}: {error}")


def _heard(pipe: Connection) -> str:
    assert pipe.poll(PATIENCE), "a process says nothing"
    return str(pipe.recv())
