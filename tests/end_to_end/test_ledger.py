"""The crash ledger: whatever is killed, each accepted event arrives once, with its effect."""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from .books import check, drained
from .emitter import Emitter
from .killing import emitting, kill_under_load
from .receivers import Project
from .stage import Stage, stage

SEED = int(os.environ.get("HOOKWRIGHT_TEST_SEED", "20261125"))
# One a second.
SHORT, LONG = 20, 120
lengths = pytest.mark.parametrize(
    "kills",
    [
        pytest.param(SHORT, marks=pytest.mark.timeout(600)),
        pytest.param(LONG, marks=[pytest.mark.soak, pytest.mark.timeout(1800)]),
    ],
)
# What nobody did, and what the books must then say.
FORGERIES = [
    # whose database, statement, trouble
    ("receiver", "DELETE FROM inbox WHERE id = 1", "0 times in the inbox"),
    ("receiver", "DELETE FROM received_form_lead", "0 effects"),
    ("receiver", "UPDATE inbox SET key = 'header:msg_1' WHERE id = 2", "nobody was told"),
    ("platform", "UPDATE deliveries SET state = 'dead'", "not delivered"),
    ("platform", "UPDATE deliveries SET attempts = attempts + 1", "an attempt twice"),
    ("platform", "UPDATE attempts SET outcome = 'timeout'", "otherwise than once"),
    ("platform", "UPDATE deliveries SET event_id = (SELECT max(id) FROM events)", "not delivered"),
]


@pytest.fixture
def receiver(project: Callable[..., Project]) -> Project:
    """A project whose handlers have an effect in a database."""
    return project(stack="starlette", sinks=("sql",))


@lengths
def test_kills_lose_nothing_on_sqlite(receiver: Project, tmp_path: Path, kills: int) -> None:
    """One process serves and delivers; it and the receiver are killed in turn."""
    run(tmp_path, receiver, None, workers=0, kills=kills)


@lengths
def test_kills_lose_nothing_on_postgresql(
    receiver: Project, tmp_path: Path, database_url: str, kills: int
) -> None:
    """One process serves, three deliver; each of them and the receiver may be the next to go."""
    run(tmp_path, receiver, database_url, workers=3, kills=kills)


def run(
    folder: Path, project: Project, database_url: str | None, *, workers: int, kills: int
) -> None:
    """Kill under load, let everything be delivered, and compare."""
    with stage(folder, project, database_url, workers=workers) as made:
        emitter, killed = asyncio.run(kill_under_load(made, kills=kills, seed=SEED))
        drained(made)
        books = check(made, emitter.accepted, SEED, what=(killed, emitter.answers))
        # Something had to be done again, or nothing was killed in flight.
        assert books.claims > len(emitter.accepted) > kills
        figures = (
            f"{len(emitter.accepted)} events, {books.attempts} attempts, {dict(killed)} killed"
        )
        print(figures, dict(emitter.answers))  # noqa: T201  with `pytest -s`


def test_the_books_find_what_is_wrong(receiver: Project, tmp_path: Path) -> None:
    """A ledger that could not fail would tell nothing."""

    async def emit(made: Stage) -> Emitter:
        async with emitting(made, SEED) as emitter:
            await emitter.until_accepted(20)
        return emitter

    with stage(tmp_path, receiver) as made:
        emitter = asyncio.run(emit(made))
        drained(made)
        check(made, emitter.accepted, SEED)
        made.server.kill()
        made.receiver.kill()
        files = {"receiver": made.receiver.database_url, "platform": made.database_url}
        originals = {url: snapshot(url) for url in files.values()}
        for whose, statement, trouble in FORGERIES:
            url = files[whose]
            with closing(sqlite3.connect(path_of(url))) as file, file:
                file.execute(statement)
            with pytest.raises(AssertionError, match=trouble):
                check(made, emitter.accepted, SEED)
            path_of(url).write_bytes(originals[url])
        check(made, emitter.accepted, SEED)
        with pytest.raises(AssertionError, match="nobody was told"):
            check(made, dict(list(emitter.accepted.items())[:-1]), SEED)


def path_of(url: str) -> Path:
    """Return the file of a SQLite database."""
    return Path(url.removeprefix("sqlite:///"))


def snapshot(url: str) -> bytes:
    """Return a SQLite database with all that is in its log."""
    with closing(sqlite3.connect(path_of(url))) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        # Changes from now on go into the file itself.
        file.execute("PRAGMA journal_mode=DELETE")
    return path_of(url).read_bytes()
