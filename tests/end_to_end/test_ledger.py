"""The crash ledger: whatever is killed, each accepted event arrives once, with its effect."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .books import check, drained
from .killing import kill_under_load
from .receivers import Project
from .stage import stage

SEED = int(os.environ.get("HOOKWRIGHT_TEST_SEED", "20261125"))
# One a second.
SHORT, LONG = 20, 120


@pytest.fixture
def receiver(project: Callable[..., Project]) -> Project:
    """A project whose handlers have an effect in a database."""
    return project(stack="starlette", sinks=("sql",))


@pytest.mark.parametrize(
    "kills", [SHORT, pytest.param(LONG, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])]
)
def test_kills_lose_nothing_on_sqlite(receiver: Project, tmp_path: Path, kills: int) -> None:
    """One process serves and delivers; it and the receiver are killed in turn."""
    run(tmp_path, receiver, None, workers=0, kills=kills)


@pytest.mark.parametrize(
    "kills", [SHORT, pytest.param(LONG, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])]
)
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
        # Something had to be sent again, or nothing was killed in flight.
        assert books.attempts > len(emitter.accepted) > kills
        print(len(emitter.accepted), "events", books.attempts, "attempts", killed, emitter.answers)  # noqa: T201
