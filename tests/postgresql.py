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
from pathlib import Path
from typing import Any

import psycopg

from .programs import needs

PACKAGE = "postgresql"
PATIENCE = 30.0
# Another process may take the port between the look for a free one and its use.
ATTEMPTS = 5


class Server:
    """A server that runs; `url` is that of a superuser, who may make databases."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """Return the URL of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

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


@contextmanager
def running() -> Iterator[Server]:
    """Run a server for the time of a `with` block; skips where PostgreSQL is not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    initdb = needs("initdb", PACKAGE, folders=folders)
    postgres = needs("postgres", PACKAGE, folders=folders)
    # Not below pytest's own folder, which no other user may enter.
    folder = Path(tempfile.mkdtemp(prefix="hookwright-postgresql-"))
    try:
        identity = _unprivileged(folder)
        data = folder / "data"
        subprocess.run(
            [initdb, "--pgdata", data, "--username=postgres", "--auth=trust", "--no-sync",
             "--encoding=UTF8", "--locale=C"],
            check=True, cwd=folder, capture_output=True, timeout=PATIENCE * 2, **identity,
        )  # fmt: skip
        process, port = _start(postgres, data, folder / "log", identity)
        try:
            yield Server(port)
        finally:
            # Fast: whoever is still connected is shown out.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait(PATIENCE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> dict[str, Any]:
    """Return what makes a process run as somebody else: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _start(
    postgres: str, data: Path, log: Path, identity: dict[str, Any]
) -> tuple["subprocess.Popen[bytes]", int]:
    for _ in range(ATTEMPTS):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port: int = probe.getsockname()[1]
        # Only receivers are killed here, never this server, so it need not wait for the disk.
        settings = {
            "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
            "fsync": "off", "full_page_writes": "off", "max_connections": 200,
        }  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with log.open("ab") as output:
            process = subprocess.Popen(
                [postgres, "-D", data, *options],
                cwd=data, stdout=output, stderr=output, start_new_session=True, **identity,
            )  # fmt: skip
        if _answers(process, port):
            return process, port
    raise RuntimeError(f"PostgreSQL does not start: {log.read_text()}")


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
