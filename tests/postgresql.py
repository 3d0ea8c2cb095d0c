"""A PostgreSQL server of the tests' own: on the loopback, on a free port, gone afterwards."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from hookwright_receiver.conformance.project.ports import reserved_port

from .programs import needs

PACKAGE = "postgresql"
PATIENCE = 30.0
# Another process may take the port between the look for a free one and its use.
ATTEMPTS = 5
HOST = "127.0.0.1"


class Server:
    """A server that runs; `url` is that of a superuser, who may make databases."""

    def __init__(self, port: int, host: str = HOST) -> None:
        self.port = port
        self.host = host
        self.url = self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """Return the URL of one of its databases."""
        return f"postgresql://postgres@{self.host}:{self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database for the time of a `with` block; yields its URL."""
        name = f"test_{secrets.token_hex(6)}"
        self._command(f'CREATE DATABASE "{name}"')
        try:
            yield self.url_of(name)
        finally:
            self._command(f'DROP DATABASE "{name}" (FORCE)')

    def _command(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


class Fragile(Server):
    """A server that may be stopped and started again, on its data and its port.

    It writes to the disk what it says is written.
    """

    def __init__(self, port: int, installed: "_Installed") -> None:
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
            if _answers(process, self.port):
                self._process = process
            elif time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start: {self._installed.log.read_text()}")

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT shows everybody out, SIGKILL leaves it to recover at its next start."""
        if self._process is not None:
            _end(self._process, number)
            self._process = None


@contextmanager
def running(host: str = HOST, network: str | None = None) -> Iterator[Server]:
    """Run a server for the time of a `with` block; skips where PostgreSQL is not installed.

    It listens on one more address for a `network` beside the loopback, and believes who is there.
    """
    with _installed(host) as installed:
        if network is not None:
            with (installed.data / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {network} trust\n")
        process, port = _start(installed)
        try:
            yield Server(port, host)
        finally:
            # Fast: whoever is still connected is shown out.
            _end(process, signal.SIGINT)


@contextmanager
def fragile() -> Iterator[Fragile]:
    """Run a server that may be stopped and started again; skips like `running`."""
    with _installed() as installed, reserved_port() as port:
        server = Fragile(port, installed)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@dataclass(frozen=True)
class _Installed:
    """A folder with data that no server uses yet, and what starts one."""

    postgres: str
    folder: Path
    identity: dict[str, Any]
    host: str

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def process(self, port: int, *, durable: bool = False) -> "subprocess.Popen[bytes]":
        synchronous = "on" if durable else "off"
        settings = {
            "port": port, "unix_socket_directories": "",
            "listen_addresses": ",".join({HOST, self.host}),
            "fsync": synchronous, "full_page_writes": synchronous, "max_connections": 200,
        }  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [self.postgres, "-D", self.data, *options],
                cwd=self.data, stdout=output, stderr=output, start_new_session=True,
                **self.identity,
            )  # fmt: skip


@contextmanager
def _installed(host: str = HOST) -> Iterator[_Installed]:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    initdb = needs("initdb", PACKAGE, folders=folders)
    postgres = needs("postgres", PACKAGE, folders=folders)
    # Not below pytest's own folder, which no other user may enter.
    folder = Path(tempfile.mkdtemp(prefix="hookwright-postgresql-"))
    try:
        installed = _Installed(postgres, folder, unprivileged(folder), host)
        subprocess.run(
            [initdb, "--pgdata", installed.data, "--username=postgres", "--auth=trust",
             "--no-sync", "--encoding=UTF8", "--locale=C"],
            check=True, cwd=folder, capture_output=True, timeout=PATIENCE * 2, **installed.identity,
        )  # fmt: skip
        yield installed
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unprivileged(folder: Path) -> dict[str, Any]:
    """Return what makes a process run as somebody else, who owns a folder: not as root, for one."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _start(installed: _Installed) -> tuple["subprocess.Popen[bytes]", int]:
    for _ in range(ATTEMPTS):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port: int = probe.getsockname()[1]
        # This server is never killed, so it need not wait for the disk.
        process = installed.process(port)
        if _answers(process, port):
            return process, port
    raise RuntimeError(f"PostgreSQL does not start: {installed.log.read_text()}")


def _end(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    process.send_signal(number)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait(PATIENCE)


def _answers(process: "subprocess.Popen[bytes]", port: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(Server(port).url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    process.kill()
    process.wait()
    return False
