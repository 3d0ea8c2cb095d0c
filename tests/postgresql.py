"""PostgreSQL servers of the tests' own: on the loopback, on free ports, gone afterwards."""

import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from hookwright_receiver.conformance.project.ports import HOST, reserved_port

from . import cluster

if TYPE_CHECKING:
    import subprocess

PATIENCE = 30.0
# What a test may have left in a database; an empty one has this schema.
SHOW_OUT = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
EMPTY = """
    DROP SCHEMA public CASCADE;
    CREATE SCHEMA public AUTHORIZATION pg_database_owner;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
"""


class Server:
    """A server that runs; `url` is that of a superuser, who may make databases."""

    def __init__(self, port: int, host: str = HOST) -> None:
        self.port = port
        self.host = host
        self.url = self.url_of("postgres")
        # Databases that are empty again: one that is made anew costs ten times as much.
        self._spare: list[str] = []

    def url_of(self, database: str) -> str:
        """Return the URL of one of its databases."""
        return cluster.url_of(self.port, database, self.host)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Have an empty database for the time of a `with` block; yields its URL.

        Its name is new, so that whoever still knows that of a test before finds nothing there.
        """
        name = _name()
        if self._spare:
            self._command(f'ALTER DATABASE "{self._spare.pop()}" RENAME TO "{name}"')
        else:
            self._command(f'CREATE DATABASE "{name}"')
        try:
            yield self.url_of(name)
        finally:
            self._take_back(name)

    def _take_back(self, name: str) -> None:
        try:
            with psycopg.connect(self.url_of(name), autocommit=True) as connection:
                connection.execute(SHOW_OUT)
                connection.execute(EMPTY)
            spare = _name()
            self._command(
                f'ALTER DATABASE "{name}" RESET ALL', f'ALTER DATABASE "{name}" RENAME TO "{spare}"'
            )
        except psycopg.Error:
            # Whatever it is that a test has done to it.
            self._command(f'DROP DATABASE IF EXISTS "{name}" (FORCE)')
        else:
            self._spare.append(spare)

    def _command(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


class Fragile(Server):
    """A server that may be stopped and started again, on its data and its port.

    It writes to the disk what it says is written.
    """

    def __init__(self, port: int, installed: cluster.Installed) -> None:
        super().__init__(port)
        self._installed = installed
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process, whose children serve the connections; of one that is running."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers; what it did not finish before, it recovers."""
        deadline = time.monotonic() + PATIENCE
        # After a SIGKILL its children are in the way for a moment.
        while self._process is None:
            process = self._installed.process(self.port, durable=True)
            if cluster.answers(self.port, process.poll):
                self._process = process
                return
            process.kill()
            process.wait()
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start: {self._installed.log}")

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT shows everybody out, SIGKILL leaves it to recover at its next start."""
        if self._process is not None:
            cluster.end(self._process, number)
            self._process = None


@contextmanager
def running(host: str | None = None, network: str | None = None) -> Iterator[Server]:
    """Have a server for the time of a `with` block; skips where PostgreSQL is not installed.

    The one that every worker of a run uses, or where it has to listen on one more `host` beside the
    loopback, one of its own, which believes who is in that `network`.
    """
    if host is None:
        with cluster.shared() as port:
            yield Server(port)
        return
    with cluster.installed(host) as installed, reserved_port() as port:
        with (installed.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network} trust\n")
        process = installed.process(port)
        try:
            if not cluster.answers(port, process.poll):
                raise RuntimeError(f"PostgreSQL does not start: {installed.log}")
            yield Server(port, host)
        finally:
            cluster.end(process, signal.SIGINT)


@contextmanager
def fragile() -> Iterator[Fragile]:
    """Run a server that may be stopped and started again; skips like `running`."""
    with cluster.installed() as installed, reserved_port() as port:
        server = Fragile(port, installed)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _name() -> str:
    return f"test_{secrets.token_hex(6)}"
