"""The sending platform as processes: started, killed, started again, and spoken to over HTTP."""

import http.client
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hookwright_sender.platform.accounts import Accounts
from hookwright_sender.store.database import Database
from tests import nameserver

from .commands import HOOKWRIGHT, hookwright
from .receivers import whole_lines
from .waiting import PATIENCE, wait_until


class Process:
    """A `hookwright serve` or `hookwright worker`, with its log in a file."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], settings: dict[str, str]) -> None:
        self.folder = folder
        self._arguments = arguments
        self.settings = settings
        self._logs = 0
        self.start()

    def start(self) -> None:
        """Start the process."""
        self._logs += 1
        with self.log_file.open("w") as log:
            self.process = subprocess.Popen(
                [HOOKWRIGHT, *self._arguments],
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], **self.settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def log_file(self) -> Path:
        """Where it writes to this time."""
        return self.folder / f"{self._arguments[0]}-{id(self):x}-{self._logs}.log"

    def log(self) -> str:
        """Return what it has written."""
        return self.log_file.read_text()

    def lines(self) -> list[dict[str, Any]]:
        """Return what it has logged; fail when it said anything in another form than JSON."""
        try:
            return whole_lines(self.log_file)
        except ValueError:
            raise AssertionError(self.log()) from None

    def told(self, message: str) -> dict[str, Any]:
        """Wait until it has logged a message; return the line."""
        wait_until(
            lambda: self._line(message) is not None or self.process.poll() is not None,
            lambda: f"{self._arguments} to say {message!r}: {self.log()}",
        )
        line = self._line(message)
        assert line is not None, self.log()
        return line

    def _line(self, message: str) -> dict[str, Any] | None:
        return next((line for line in self.lines() if line["message"] == message), None)

    def kill(self) -> None:
        """End it at once, as a loss of power does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def terminate(self) -> int:
        """End it in order; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


class Server(Process):
    """A `hookwright serve` on a free port."""

    @property
    def address(self) -> tuple[str, int]:
        """Wait until it listens; return where."""
        line = self.told("listening")
        return line["host"], line["port"]

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run another command beside it, with the same settings."""
        return hookwright(*arguments, cwd=self.folder, environment=self.settings)

    def account(self, name: str = "Ada") -> "Client":
        """Make an account beside it; return who may ask for it."""
        assert self.address, "its database is set up by then"
        default = f"sqlite:///{self.folder}/hookwright.db"
        with Database(self.settings.get("HOOKWRIGHT_DATABASE_URL", default)) as database:
            made = Accounts(database).create(name)
        return Client(self, str(made.id), made.key)


@dataclass
class Answer:
    """What the API answered."""

    status: int
    body: Any


@dataclass
class Client:
    """Somebody with an API key; the server may be another process from one call to the next."""

    server: Server
    account: str
    key: str

    def ask(
        self, method: str, path: str, body: Any = None, more: dict[str, str] | None = None
    ) -> Answer:
        """Send a request, with `more` headers, and return its answer."""
        connection = http.client.HTTPConnection(*self.server.address, timeout=PATIENCE)
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        headers |= more or {}
        content = None if body is None else json.dumps(body)
        try:
            connection.request(method, f"/api/v1{path}", content, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        return Answer(response.status, json.loads(text) if text else None)

    def done(self, method: str, path: str, body: Any = None) -> Any:
        """Do the same where nothing but a success will do; return its body."""
        answer = self.ask(method, path, body)
        assert 200 <= answer.status < 300, (method, path, answer)
        return answer.body

    def deliveries(self) -> list[dict[str, Any]]:
        """Return every delivery."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.done("GET", f"/deliveries?limit=100{cursor}")
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = f"&cursor={page['next']}"


@dataclass
class Platform:
    """Starts processes over one store, and ends them all."""

    folder: Path
    settings: dict[str, str]
    _stack: ExitStack = field(default_factory=ExitStack)

    def serve(self, *arguments: str, **settings: str) -> Server:
        """Start a server on a free port."""
        command = ("serve", "--port", "0", *arguments)
        return self._started(Server(self.folder, command, self.settings | settings))

    def worker(self, *arguments: str, **settings: str) -> Process:
        """Start a worker."""
        return self._started(Process(self.folder, ("worker", *arguments), self.settings | settings))

    def _started(self, process: Any) -> Any:
        self._stack.callback(process.kill)
        return process


@contextmanager
def platform(folder: Path, **settings: str) -> Iterator[Platform]:
    """Let processes of the platform run for the time of a `with` block, over a store in `folder`.

    They deliver to the loopback, over plain HTTP; `settings` go into their environment.
    """
    development = {
        "HOOKWRIGHT_ALLOW_NETWORKS": "127.0.0.0/8",
        "HOOKWRIGHT_ALLOW_HTTP": "true",
        "HOOKWRIGHT_RATE_LIMIT": "100000",
    }
    made = Platform(folder, development | settings)
    with made._stack:
        yield made


HOST = "hooks.example.test"


def proven(client: Client, name_server: nameserver.Server, host: str = HOST) -> None:
    """Prove a host on the loopback, as its owner does."""
    record = client.done("POST", "/domains", {"host": host})["record"]
    name_server.records[host] = ["A 127.0.0.1", f'TXT "{record}"']
    found = client.done("POST", f"/domains/{host}/verify")
    assert found["status"] == "verified", found


def cta_with_webhook(client: Client, url: str, **parameters: Any) -> tuple[str, dict[str, Any]]:
    """Make a CTA whose leads go to a URL; return its path, and the webhook with its secret."""
    cta = client.done("POST", "/ctas", {"kind": "form", "name": "Newsletter"})
    path = f"/ctas/{cta['id']}"
    settings = {"url": url, "parameters": parameters}
    return path, client.done("PUT", f"{path}/webhook", settings)
