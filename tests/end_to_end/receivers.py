"""Generated receivers as processes: started, killed, started again, looked into."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from hookwright_receiver import Answers, generate
from hookwright_schemas import Contract

from .waiting import PATIENCE, wait_until

TOKEN = "the-token-of-the-tests"
NOTES = "handled.jsonl"

# What a user could have written into handlers.py: each run is written down when it begins and when
# it ends. A message may say how long it takes (`work`, in seconds), for which file its handler
# waits (`gate`), or that the first attempt never ends (`hang`).
_HANDLERS = f'''"""Handlers that write down that they ran."""

import json
import os
import time


def _note(phase, message):
    line = {{"phase": phase, "at": time.time(), "pid": os.getpid(), "event": message.event,
            "attempt": message.attempt, "fields": message.fields, "parameters": message.parameters}}
    notes = os.open("{NOTES}", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(notes, json.dumps(line).encode() + b"\\n")
    os.close(notes)


def _handle(message):
    _note("begun", message)
    time.sleep(message.parameters.get("work", 0))
    while "gate" in message.parameters and not os.path.exists(message.parameters["gate"]):
        time.sleep(0.02)
    while message.parameters.get("hang") and message.attempt == 1:
        time.sleep(0.05)
    _note("done", message)
'''


@dataclass(frozen=True)
class Project:
    """A generated project."""

    root: Path
    package: str
    contract: Contract
    path: str

    @classmethod
    def generate(cls, root: Path, **answers: Any) -> "Project":
        """Generate a project in an empty folder, and let its handlers be watched."""
        decisions = generate(root, Answers(**answers)).decisions
        return cls.watched(root, decisions.package, decisions.contract, decisions.path)

    @classmethod
    def watched(cls, root: Path, package: str, contract: Contract, path: str) -> "Project":
        """Give a project that is there handlers that can be watched."""
        handlers = _HANDLERS + "".join(
            f"\n\ndef {event.id}(message):\n    _handle(message)\n" for event in contract.events
        )
        (root / package / "handlers.py").write_text(handlers)
        return cls(root, package, contract, path)


class Receiver:
    """A process of a project, in a folder that others may share."""

    def __init__(
        self, project: Project, folder: Path, command: Sequence[str] = ("serve",), **settings: str
    ) -> None:
        self.project = project
        self.folder = folder
        self._command = [sys.executable, "-m", project.package, *command]
        # Of the environment of the tests nothing goes in but the way to programs.
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(project.root),
            "PORT": "0",
            "WEBHOOK_TOKENS": TOKEN,
            **settings,
        }
        self._logs = 0
        # Which log says where it listens, and what it says.
        self._listens: tuple[int, str] | None = None
        self.start()

    def start(self) -> None:
        """Start the process; it will listen on another port than before."""
        self._logs += 1
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def _log(self) -> Path:
        return self.folder / f"{id(self):x}-{self._logs}.log"

    def log(self) -> str:
        """Return what the running process has written."""
        return self._log.read_text()

    def lines(self) -> list[dict[str, Any]]:
        """Return what it has logged; fail when it said anything in another form than JSON."""
        try:
            return whole_lines(self._log)
        except ValueError:
            raise AssertionError(self.log()) from None

    @property
    def url(self) -> str | None:
        """Where it takes its webhook; None while it does not listen."""
        # It may be started again on another thread.
        number, found = self._logs, self._listens
        if found is not None and found[0] == number:
            return found[1]
        for line in self.lines():
            if line["message"] == "listening":
                url = f"http://127.0.0.1:{line['port']}{self.project.path}"
                self._listens = (number, url)
                return url
        return None

    def listening(self) -> str:
        """Wait until it listens; return the URL."""
        wait_until(self._has_begun, lambda: f"{self._command} to listen: {self.log()}")
        url = self.url
        assert url is not None, self.log()
        return url

    def _has_begun(self) -> bool:
        return self.url is not None or self.process.poll() is not None

    def kill(self) -> None:
        """End it and its children at once, as a container's end or a loss of power does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def hold(self) -> None:
        """Hold it in the middle of what it is doing; what is sent to it waits."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on, if it was held."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGCONT)

    def kill_child(self) -> bool:
        """End one of its children, as the kernel does when memory is short; False without one."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for child in children.read_text().split()[:1]:
            os.kill(int(child), signal.SIGKILL)
            return True
        return False

    def close(self) -> None:
        """End it, whatever state it is in."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def run(self, *arguments: str) -> str:
        """Run another command of the project in the same folder; return what it printed."""
        done = subprocess.run(
            [*self._command[:3], *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def inbox(self) -> list[dict[str, Any]]:
        """Return the messages of the inbox."""
        return [json.loads(line) for line in self.run("inbox", "list", "--json").splitlines()]

    @property
    def database_url(self) -> str:
        """Where its inbox is, as any process can use it."""
        return self._environment.get("DATABASE_URL", f"sqlite:///{self.folder}/inbox.db")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask its database."""
        return query(self.database_url, sql)

    def settled(self, *, within: float = PATIENCE) -> list[dict[str, Any]]:
        """Wait until no message is pending; return the inbox."""
        pending = "SELECT count(*) FROM inbox WHERE status = 'pending'"
        wait_until(
            lambda: self.query(pending) == [(0,)],
            lambda: f"handlers: {self.query(pending)} are pending, {self.log()[-2000:]}",
            within=within,
        )
        return self.inbox()


@dataclass
class Receivers:
    """Starts receivers, and ends them all."""

    folder: Path
    _stack: ExitStack = field(default_factory=ExitStack)

    def __call__(
        self, project: Project, *command: str, folder: Path | None = None, **settings: str
    ) -> Receiver:
        """Start a process: `serve`, unless another command is named."""
        receiver = Receiver(project, folder or self.folder, command or ("serve",), **settings)
        self._stack.callback(receiver.close)
        return receiver


@contextmanager
def receivers(folder: Path) -> Iterator[Receivers]:
    """Let receivers run for the time of a `with` block."""
    made = Receivers(folder)
    with made._stack:
        yield made


def whole_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines; a line that is being written is none yet."""
    if not path.exists():
        return []
    text = path.read_text()
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def notes(folder: Path, phase: str = "done") -> list[dict[str, Any]]:
    """Return what the handlers wrote down."""
    return [line for line in whole_lines(folder / NOTES) if line["phase"] == phase]


def query(database_url: str, sql: str) -> list[tuple[Any, ...]]:
    """Ask a database of either kind; a SQLite file by `sqlite:///` and its path."""
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=10)) as file:
            return file.execute(sql).fetchall()
    with psycopg.connect(database_url) as connection:
        return connection.execute(sql.encode()).fetchall()
