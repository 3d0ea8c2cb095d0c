"""A receiver of each Python stack, in a process of its own; and raw connections to it."""

import importlib
import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hookwright_receiver import STACKS, Answers, generate

# The stacks that share the server layer of generated Python projects.
PYTHON_STACKS = [name for name, stack in STACKS.items() if "python" in stack.layers]
# Modules that are the same in each of them, and are tested in one: `test_same_modules` sees to it.
SAME_MODULES = (
    *("__main__", "contract", "database", "problems", "reading", "server", "settings", "sqlite"),
    *("startup", "strict_json", "violations"),
)
ONE_STACK = pytest.mark.parametrize("project", PYTHON_STACKS[:1], indirect=True, scope="session")
PATIENCE = 30.0
# What the tests of a module share: receivers, one of each stack.
SHARED = {"server", "patient", "hasty"}
# Starts `serve` as `python -m` does, with some constants of modules set to other values before.
LAUNCH = """
import importlib, json, runpy, sys
package, constants = sys.argv[1], json.loads(sys.argv[2])
for name, value in constants.items():
    module, _, constant = name.partition(".")
    setattr(importlib.import_module(f"{package}.{module}"), constant, value)
sys.argv = [package, "serve"]
runpy.run_module(package, run_name="__main__")
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests that share a receiver to the same process."""
    for item in items:
        own = isinstance(item, pytest.Function) and Path(__file__).parent in item.path.parents
        if own and SHARED & set(item.fixturenames):
            stack = item.callspec.params.get("project") or item.callspec.params["server"]
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem} {stack}"))


def wait_until(condition: Callable[[], bool], *, within: float = PATIENCE) -> None:
    """Poll until something is so; fail after a while."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


class Answer:
    """One answer, as it came over the wire."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.head = head
        self.body = body
        self.status = int(head.split()[1])

    @property
    def closes(self) -> bool:
        """Whether the server says that it closes the connection."""
        return b"\r\nconnection: close\r\n" in self.head.lower()


class Client:
    """One TCP connection, and what came over it."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.received = b""

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(data)

    def try_send(self, data: bytes) -> bool:
        """Send bytes if the server still takes them."""
        try:
            self.sock.sendall(data)
        except OSError:
            return False
        return True

    def has_answer(self) -> bool:
        """Tell whether there is something to read, after a moment."""
        return bool(self.received or select.select([self.sock], [], [], 0.1)[0])

    def answer(self) -> Answer:
        """Return the next answer."""
        head = self._until(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        length = int(fields.get(b"content-length", b"0"))
        while len(self.received) < length:
            self._read()
        body, self.received = self.received[:length], self.received[length:]
        return Answer(head, body)

    def is_closed(self) -> bool:
        """Tell whether nothing more comes but the end of the connection."""
        return not self.rest()

    def rest(self) -> bytes:
        """Return all that comes until the connection ends."""
        try:
            while data := self.sock.recv(65536):
                self.received += data
        except ConnectionResetError:
            pass
        rest, self.received = self.received, b""
        return rest

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.received:
            self._read()
        end = self.received.index(mark) + len(mark)
        found, self.received = self.received[:end], self.received[end:]
        return found

    def _read(self) -> None:
        data = self.sock.recv(65536)
        assert data, f"the connection ended after {self.received!r}"
        self.received += data


class Server:
    """A receiver that runs."""

    def __init__(
        self,
        project: "Project",
        folder: Path,
        settings: Mapping[str, str],
        constants: Mapping[str, float],
    ) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.clients: list[Client] = []
        environment = {"PYTHONPATH": str(project.root), "PORT": "0", "WORKERS": "0", **settings}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", LAUNCH, project.package, json.dumps(constants)],
                cwd=folder,
                env={"PATH": os.environ["PATH"], **environment},
                stderr=log,
            )

    @cached_property
    def port(self) -> int:
        """The port, once the log has named it."""
        return next(int(line["port"]) for line in self.lines() if line["message"] == "listening")

    def lines(self) -> list[dict[str, Any]]:
        """Return what was logged."""
        text = self.log.read_text()
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def is_listening(self) -> bool:
        """Tell whether it listens; fail if it has ended."""
        assert self.process.poll() is None, self.log.read_text()
        return any(line["message"] == "listening" for line in self.lines())

    def wait(self) -> None:
        """Return when it answers."""
        wait_until(self.is_listening)
        client = self.connect()
        client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.answer().status == 200
        client.sock.close()

    def connect(self) -> Client:
        """Open a connection, which ends with the server."""
        client = Client(self.port)
        self.clients.append(client)
        return client

    def memory(self) -> int:
        """Return the memory of the process that answers (bytes)."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def stored(self) -> int:
        """Return how many events are in the inbox."""
        with closing(sqlite3.connect(self.folder / "inbox.db")) as database:
            return int(
                database.execute("SELECT count(*) FROM inbox WHERE headers IS NULL").fetchone()[0]
            )

    def stop(self, number: signal.Signals) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def hang_up(self) -> None:
        """End every connection."""
        for client in self.clients:
            client.sock.close()
        self.clients.clear()

    def close(self) -> None:
        """End everything."""
        self.hang_up()
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True)
class Project:
    """A generated project, which authenticates nobody: that is not what is tested here."""

    stack: str
    root: Path

    @property
    def package(self) -> str:
        """The name of its package."""
        return f"{self.stack}_under_test"

    def module(self, name: str) -> ModuleType:
        """Import one of its modules."""
        return importlib.import_module(f"{self.package}.{name}")


@pytest.fixture(scope="session", params=PYTHON_STACKS)
def project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """A project of each stack, generated once; its modules can be imported."""
    project = Project(request.param, tmp_path_factory.mktemp(request.param) / "project")
    generate(project.root, Answers(name=project.package, stack=project.stack, auth="none"))
    sys.path.insert(0, str(project.root))
    yield project
    sys.path.remove(str(project.root))


@pytest.fixture
def start(project: Project, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a receiver: settings by name, and constants as `{"module.NAME": value}`."""
    with ExitStack() as stack:

        def start(constants: Mapping[str, float] | None = None, **settings: str) -> Server:
            server = Server(project, tmp_path, settings, constants or {})
            stack.callback(server.close)
            server.wait()
            return server

        yield start


@pytest.fixture
def run(project: Project, tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run `serve` with settings under which it ends by itself."""

    def run(**settings: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", project.package, "serve"],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(project.root), **settings},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    return run


@contextmanager
def shared(
    project: Project, folder: Path, constants: Mapping[str, float] | None = None
) -> Iterator[Server]:
    """Run a receiver that several tests share."""
    server = Server(project, folder, {}, constants or {})
    try:
        server.wait()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="module")
def server(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A receiver as it is generated; the tests of a module share it."""
    with shared(project, tmp_path_factory.mktemp("receiver")) as server:
        yield server


@pytest.fixture(scope="session")
def event(project: Project) -> bytes:
    """The body of an event that the receiver accepts."""
    samples = project.root / project.package / "schemas" / "samples"
    return min(samples.iterdir()).read_bytes()
