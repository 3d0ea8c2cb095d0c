"""Events a second through the Python API, against the bare inserts that they come down to."""

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bench.load import SERVER_CORE
from bench.platform import BATCH, platform
from bench.result import Result
from hookwright_schemas import load_contract

ROUNDS = 3
COUNT = 50_000
PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL")
TABLES = (
    "CREATE TABLE events (id INTEGER PRIMARY KEY, body BLOB NOT NULL, created_at REAL NOT NULL)",
    "CREATE TABLE deliveries (id INTEGER PRIMARY KEY, event_id INTEGER NOT NULL, due_at REAL)",
)


def emit() -> Iterator[Result]:
    """Measure batches of events, each validated, encoded, encrypted and stored, on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(SERVER_CORE)})
    try:
        ours, bare = [], []
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as name:
                ours.append(_ours(Path(name)))
                bare.append(_bare(Path(name)))
    finally:
        os.sched_setaffinity(0, cores)
    against = f"bare inserts of as much in batches of {BATCH} (sqlite3, synchronous=FULL)"
    yield Result(
        "sender.emit", statistics.median(ours), "events/s", against, statistics.median(bare)
    )


def _ours(folder: Path) -> float:
    with platform(f"sqlite:///{folder}/platform.db", [8000]) as made:
        ctas = made.webhooks(["http://sink.test:8000/hook"])
        made.emit(ctas, BATCH)
        started = time.perf_counter()
        made.emit(ctas, COUNT)
        return COUNT / (time.perf_counter() - started)


def _bare(folder: Path) -> float:
    body = load_contract().events[0].samples[0].body
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as file:
        for statement in (*PRAGMAS, *TABLES):
            file.execute(statement)
        started = time.perf_counter()
        for first in range(0, COUNT, BATCH):
            numbers = range(first, first + BATCH)
            file.execute("BEGIN IMMEDIATE")
            file.executemany("INSERT INTO events VALUES (?, ?, 0.0)", ((n, body) for n in numbers))
            file.executemany("INSERT INTO deliveries VALUES (?, ?, 0.0)", ((n, n) for n in numbers))
            file.execute("COMMIT")
        return COUNT / (time.perf_counter() - started)
