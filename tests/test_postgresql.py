"""The PostgreSQL servers that tests use: one for a run, and an empty database for each test."""

import os
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from . import cluster, postgresql

ROOT = Path(__file__).parents[1]
# Uses the server of a run until its standard input ends, or it is killed.
USER = """
import sys
import tempfile
from tests import cluster
with cluster.shared(sys.argv[1]) as port:
    print(port, flush=True)
    sys.stdin.read()
"""
PATIENCE = 60


def told(url: str, statement: str) -> list[tuple[object, ...]]:
    """Return what a database answers."""
    with psycopg.connect(url, autocommit=True) as connection:
        answer = connection.execute(statement.encode())
        return answer.fetchall() if answer.description else []


def test_every_database_is_an_empty_one(postgresql: postgresql.Server) -> None:
    """Under a name of its own, whatever the test before has left, and whoever is still there."""
    with postgresql.database() as first:
        told(first, "CREATE TABLE left_over (id int)")
        told(first, f"ALTER DATABASE \"{first.rpartition('/')[2]}\" SET lock_timeout = '7s'")
        stranger = psycopg.connect(first)
    with closing(stranger), pytest.raises(psycopg.OperationalError):
        stranger.execute("SELECT 1")
    with postgresql.database() as second:
        assert second != first
        assert told(second, "SELECT to_regclass('left_over')") == [(None,)]
        assert told(second, "SHOW lock_timeout") == [("0",)]
        with postgresql.database() as third:
            assert third not in {first, second}
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(first)


def test_a_database_that_cannot_be_used_again_is_dropped(postgresql: postgresql.Server) -> None:
    """The next one is made anew."""
    with postgresql.database() as url:
        told(url, "DROP SCHEMA public")
    with postgresql.database() as url:
        assert told(url, "SELECT to_regnamespace('public') IS NOT NULL") == [(True,)]


def test_a_server_is_shared_and_ends_with_its_last_user(tmp_path: Path) -> None:
    """Even where each of them is killed: nothing of it is left, no process and no file."""
    cluster.Installed.found(tmp_path)
    run = uuid.uuid4().hex
    folder = Path(tempfile.gettempdir()) / f"hookwright-postgresql-{run}"
    users = [
        subprocess.Popen(
            [sys.executable, "-c", USER, run], cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    first, second = users
    with first, second:
        ports = {user.stdout.readline() for user in users if user.stdout is not None}
        assert len(ports) == 1
        url = cluster.url_of(int(ports.pop()), "postgres")
        first.kill()
        first.wait()
        assert told(url, "SELECT 1") == [(1,)]
        server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        second.kill()
    deadline = time.monotonic() + PATIENCE
    while folder.exists():
        assert time.monotonic() < deadline, "the server outlives its users"
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
