"""The crash ledger: whatever is killed, each accepted event arrives once, with its effect."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from .books import check, drained
from .killing import CALLERS, kill_under_load
from .receivers import Project
from .stage import Stage, stage

SEED = int(os.environ.get("HOOKWRIGHT_TEST_SEED", "20261125"))
# One a second. With three each kind of process dies, one of them with something in flight.
FEW, MANY, MOST = 3, 20, 120
FEW_CALLERS = 3
lengths = pytest.mark.parametrize(
    "kills",
    [
        pytest.param(FEW, marks=pytest.mark.timeout(600)),
        pytest.param(MANY, marks=[pytest.mark.soak, pytest.mark.timeout(600)]),
        pytest.param(MOST, marks=[pytest.mark.soak, pytest.mark.timeout(1800)]),
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
    """One process serves and delivers; it and the receiver are killed in turn.

    And a ledger that could not fail would tell nothing: the books find what is wrong.
    """
    with stage(tmp_path, receiver) as made:
        accepted = run(made, kills)
        find_forgeries(made, accepted)


@lengths
def test_kills_lose_nothing_on_postgresql(
    receiver: Project, tmp_path: Path, database_url: str, kills: int
) -> None:
    """One process serves, others deliver; each of them and the receiver may be the next to go."""
    with stage(tmp_path, receiver, database_url, workers=2 if kills == FEW else 3) as made:
        run(made, kills)


def run(made: Stage, kills: int) -> Mapping[int, str]:
    """Kill under load, let everything be delivered, and compare; return what was accepted."""
    callers = FEW_CALLERS if kills == FEW else CALLERS
    emitter, killed = asyncio.run(kill_under_load(made, kills=kills, seed=SEED, callers=callers))
    drained(made)
    books = check(made, emitter.accepted, SEED, what=(killed, emitter.answers))
    # Something had to be done again, or nothing was killed in flight.
    assert books.claims > len(emitter.accepted) > kills
    figures = f"{len(emitter.accepted)} events, {books.attempts} attempts, {dict(killed)} killed"
    print(figures, dict(emitter.answers))  # noqa: T201  with `pytest -s`
    return emitter.accepted


def find_forgeries(made: Stage, accepted: Mapping[int, str]) -> None:
    """End both sides, falsify what they have stored, and see that the books tell."""
    made.server.kill()
    made.receiver.kill()
    files = {"receiver": made.receiver.database_url, "platform": made.database_url}
    originals = {url: snapshot(url) for url in files.values()}
    for whose, statement, trouble in FORGERIES:
        url = files[whose]
        with closing(sqlite3.connect(path_of(url))) as file, file:
            file.execute(statement)
        with pytest.raises(AssertionError, match=trouble):
            check(made, accepted, SEED)
        path_of(url).write_bytes(originals[url])
    check(made, accepted, SEED)
    with pytest.raises(AssertionError, match="nobody was told"):
        check(made, dict(list(accepted.items())[:-1]), SEED)


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
