"""A PgBouncer of the tests' own, which lends connections by the transaction; gone afterwards."""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from hookwright_receiver.conformance.project.ports import HOST, reserved_port

from .cluster import unprivileged
from .postgresql import Server
from .programs import needs

PATIENCE = 30.0
# Nothing is ignored that a client asks for at its start, and nobody needs a password. Once a server
# does not answer, it is tried again after a second instead of 15.
CONFIGURATION = """\
[databases]
* = host={host} port={server} user=postgres
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = any
admin_users = postgres
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
server_login_retry = 1
"""


class PgBouncer:
    """A pool in front of a server, on one port; it may be ended and started again."""

    def __init__(self, command: list[str | Path], port: int, **identity: Any) -> None:
        self.port = port
        self._command = command
        self._identity = identity
        self._process: subprocess.Popen[bytes] | None = None

    def url_of(self, database: str) -> str:
        """Return the URL of a database of the server, by way of the pool."""
        return f"postgresql://postgres@{HOST}:{self.port}/{database}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            self._command, stderr=subprocess.DEVNULL, start_new_session=True, **self._identity
        )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("PgBouncer does not start")
            time.sleep(0.02)

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it: SIGKILL and SIGTERM at once, SIGINT once no transaction is open any more."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE)
            self._process = None

    def tell(self, command: str) -> None:
        """Give a command at its console: PAUSE, RESUME, RECONNECT, KILL and a database's name."""
        # The console knows no transactions, and no statements that are prepared.
        with psycopg.connect(
            self.url_of("pgbouncer"), autocommit=True, cursor_factory=psycopg.ClientCursor
        ) as console:
            console.execute(command.encode())

    def _answers(self) -> bool:
        try:
            self.tell("SHOW VERSION")
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def pgbouncer(server: Server, *, size: int = 20) -> Iterator[PgBouncer]:
    """Stand in front of a server for the time of a `with` block, with `size` connections to it.

    Skips where PgBouncer is not installed.
    """
    program = needs("pgbouncer", "pgbouncer", folders=[Path("/usr/sbin")])
    # Not below pytest's own folder, which no other user may enter.
    folder = Path(tempfile.mkdtemp(prefix="hookwright-pgbouncer-"))
    try:
        identity = unprivileged(folder)
        with reserved_port() as port:
            configuration = folder / "pgbouncer.ini"
            configuration.write_text(
                CONFIGURATION.format(host=HOST, port=port, server=server.port, size=size)
            )
            made = PgBouncer([program, "--quiet", configuration], port, **identity)
            made.start()
            try:
                yield made
            finally:
                made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
