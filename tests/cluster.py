"""How a PostgreSQL server is set up and run: by one test for itself, or once for all of a run."""

import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from hookwright_receiver.conformance.project.ports import HOST, reserved_port

from . import postgresql_guard
from .programs import needs

PACKAGE = "postgresql"
PATIENCE = 60.0
# As many as the workers of a run may open at the same time.
CONNECTIONS = 600
# What pytest-xdist calls a run, in each of its workers; a pytest without workers is a run too.
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex


def url_of(port: int, database: str, host: str = HOST) -> str:
    """Return the URL of a superuser, who may make databases."""
    return f"postgresql://postgres@{host}:{port}/{database}"


@dataclass(frozen=True)
class Installed:
    """What is installed, and a folder for the data of a server."""

    folder: Path
    host: str
    programs: tuple[str, str]
    identity: dict[str, Any]

    @classmethod
    def found(cls, folder: Path, host: str = HOST) -> "Installed":
        """Look for it; skips where PostgreSQL is not installed."""
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        initdb, postgres = (
            needs(name, PACKAGE, folders=folders) for name in ("initdb", "postgres")
        )
        return cls(folder, host, (initdb, postgres), unprivileged(folder))

    @property
    def data(self) -> Path:
        """Where its databases are."""
        return self.folder / "data"

    @property
    def log(self) -> str:
        """What was said so far."""
        return (self.folder / "log").read_text()

    @property
    def initdb(self) -> list[str]:
        """The command that sets it up."""
        return [
            self.programs[0], f"--pgdata={self.data}", "--username=postgres", "--auth=trust",
            "--no-sync", "--encoding=UTF8", "--locale=C",
        ]  # fmt: skip

    def command(self, port: int, *, durable: bool = False) -> list[str]:
        """Return the command that starts it; a server that is never killed need not sync."""
        synchronous = "on" if durable else "off"
        settings = {
            "port": port, "unix_socket_directories": "",
            "listen_addresses": ",".join({HOST, self.host}),
            "fsync": synchronous, "full_page_writes": synchronous, "max_connections": CONNECTIONS,
        }  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self.programs[1], "-D", str(self.data), *options]

    def process(self, port: int, *, durable: bool = False) -> "subprocess.Popen[bytes]":
        """Start it."""
        with (self.folder / "log").open("ab") as output:
            return subprocess.Popen(
                self.command(port, durable=durable), cwd=self.data, stdout=output, stderr=output,
                start_new_session=True, **self.identity,
            )  # fmt: skip

    def guarded(self, port: int) -> int:
        """Set it up and run it for as long as it has users, this process or others; return a pid.

        It may outlive this process, which is why that has no `Popen` for it.
        """
        told = [json.dumps(each) for each in (self.identity, self.initdb, self.command(port))]
        command = [sys.executable, "-I", "-S", postgresql_guard.__file__, str(self.folder), *told]
        output = (str(self.folder / "log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.posix_spawn(
            command[0], command, os.environ, setsid=True,
            file_actions=[(os.POSIX_SPAWN_OPEN, 1, *output), (os.POSIX_SPAWN_DUP2, 1, 2)],
        )  # fmt: skip


@contextmanager
def installed(host: str = HOST) -> Iterator[Installed]:
    """Set up a server of one's own, not running yet; skips where PostgreSQL is not installed."""
    # Not below pytest's own folder, which no other user may enter.
    folder = Path(tempfile.mkdtemp(prefix="hookwright-postgresql-"))
    try:
        made = Installed.found(folder, host)
        subprocess.run(
            made.initdb, check=True, cwd=folder, capture_output=True, timeout=PATIENCE,
            **made.identity,
        )  # fmt: skip
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def shared(run: str = RUN) -> Iterator[int]:
    """Use the one server of a run, which whoever comes first starts; yields its port.

    It ends with the last of its users, even if that is killed: see `postgresql_guard`.
    """
    folder = Path(tempfile.gettempdir()) / f"hookwright-postgresql-{run}"
    users = _joined(folder)
    try:
        yield _port(folder)
    finally:
        os.close(users)
        # A run leaves nothing behind. Who is not the last cannot know, and need not stay for it.
        deadline = time.monotonic() + PATIENCE
        while folder.exists() and time.monotonic() < deadline:
            time.sleep(0.05)


def unprivileged(folder: Path) -> dict[str, Any]:
    """Return what makes a process run as somebody else, who owns a folder: not as root, for one."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def end(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    """End a server, with another signal where one does not do."""
    process.send_signal(number)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait(PATIENCE)


def answers(port: int, poll: Callable[[], int | None]) -> bool:
    """Wait until a server answers, or has ended: `poll` is that of `Popen`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and poll() is None:
        try:
            psycopg.connect(url_of(port, "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False


def _joined(folder: Path) -> int:
    """Become one of the users of a folder, and not of one that is just being removed."""
    while True:
        with suppress(FileNotFoundError):
            folder.mkdir(mode=0o700, exist_ok=True)
            users = os.open(folder / "users", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(users, fcntl.LOCK_SH)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(users), (folder / "users").stat()):
                    return users
            os.close(users)


def _port(folder: Path) -> int:
    """Return the port of the server of a folder, which is started if it was not yet."""
    with (folder / "starting").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        known = folder / "port"
        if not known.exists():
            made = Installed.found(folder)
            with reserved_port() as port:
                guard = made.guarded(port)
                if not answers(port, lambda: os.waitpid(guard, os.WNOHANG)[0] or None):
                    log = made.log
                    shutil.rmtree(folder)
                    raise RuntimeError(f"PostgreSQL does not start: {log}")
            known.write_text(str(port))
        return int(known.read_text())
