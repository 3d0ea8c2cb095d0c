"""The inbox and the workers of a generated project, in this process, over each database."""

import importlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest

from hookwright_receiver import Answers, generate
from hookwright_schemas import load_contract
from tests import postgresql as servers

CONTRACT = Path(__file__).parents[2] / "contracts" / "foreign"
PACKAGE = "receiver_of_foreign_messages"
DATABASES = ("sqlite", "postgresql")
PATIENCE = 30.0
EVENT = "paid"


def wait_until(condition: Callable[[], bool]) -> None:
    """Poll until something is so; fail after a while."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def module(name: str) -> ModuleType:
    """Import a module of the project."""
    return importlib.import_module(f"{PACKAGE}.{name}")


@dataclass
class Receiver:
    """A receiver without a server around it, in a folder and a database of its own."""

    url: str
    environment: dict[str, str]
    sessions: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.prepare()
        self.inbox = self.opened()

    def prepare(self) -> None:
        """Do what every process does first, after a change of the contract too."""
        environment = {"DATABASE_URL": self.url, "RETRY_DELAYS": "0,0", **self.environment}
        self.settings = module("settings").Settings.load(environment)
        self.database = module("startup").prepare(self.settings)
        self.pipeline = module("pipeline").Pipeline(
            self.settings, module("contract").load_contract()
        )

    def opened(self, **options: Any) -> Any:
        """Return an inbox with a connection of its own."""
        inbox = module("inbox").Inbox(self.database, **options)
        self.sessions.append(inbox)
        return inbox

    def entry(self, message_id: str | None = None, **payload: Any) -> Any:
        """Return what a delivery of a payment would store."""
        headers = {"content-type": "application/json"}
        if message_id is not None:
            headers["webhook-id"] = message_id
        content = {"type": EVENT, "id": "e1", **payload}
        return self.pipeline.accept(headers, json.dumps(content).encode())

    def put(self, message_id: str, **payload: Any) -> int:
        """Store a payment; return the number of its message."""
        (outcome,) = self.inbox.store([self.entry(message_id, **payload)])
        assert outcome is module("inbox").Outcome.STORED
        return max(record.id for record in self.inbox.records())

    def claim(self, inbox: Any = None) -> Any:
        """Take the message that is due longest; None when nothing is due."""
        return next(iter((inbox or self.inbox).claim()), None)

    def end(self, record: Any, error: str | None = None, **ended: Any) -> bool:
        """Write down how an attempt has ended; False when the claim has run out."""
        ending = module("inbox").Ending(
            record, **{"steps": 0, "retry_in": None, **ended}, error=error
        )
        return bool(self.inbox.exchange([ending], 0)[0])

    def record(self, message_id: int) -> Any:
        """Return a message."""
        return self.inbox.get(message_id)

    def statuses(self) -> list[str]:
        """Return what became of the messages, the oldest first."""
        return [record.status for record in self.inbox.records()]

    @contextmanager
    def working(self, count: int = 1) -> Iterator[Any]:
        """Let workers work for the time of a `with` block."""
        pool = module("worker").WorkerPool(self.settings, self.database)
        pool.start(count)
        try:
            yield pool
        finally:
            pool.stop()

    def work(self, *statuses: str) -> None:
        """Let a worker work until the messages have come to this."""
        with self.working():
            wait_until(lambda: tuple(self.statuses()) == statuses)

    def ask(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Ask the database directly."""
        session = self.database.session()
        try:
            return session.read(sql, parameters)
        finally:
            session.close()

    def tell(self, sql: str, *parameters: object) -> None:
        """Change something in the database directly."""
        session = self.database.session(patience=60.0)
        try:
            session.write(sql, parameters)
        finally:
            session.close()


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with every sink; its modules can be imported."""
    root = tmp_path_factory.mktemp("foreign") / "project"
    generate(
        root,
        Answers(
            name=PACKAGE,
            stack="starlette",
            auth="none",
            sinks=("csv", "jsonl", "sql"),
            contract=load_contract(CONTRACT),
        ),
    )
    sys.path.insert(0, str(root))
    yield root
    sys.path.remove(str(root))


@pytest.fixture(scope="session")
def shared_database(postgresql: servers.Server) -> Iterator[str]:
    """The URL of a database that these tests have one after another."""
    with postgresql.database() as url:
        yield url


@pytest.fixture
def database_url(shared_database: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, emptied again after the test: sooner than made."""
    yield shared_database
    with psycopg.connect(shared_database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


@pytest.fixture(params=DATABASES)
def make(
    request: pytest.FixtureRequest,
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Receiver]]:
    """Make receivers over one database, with settings by name."""
    monkeypatch.chdir(tmp_path)
    url = "sqlite:///inbox.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("database_url")
    made: list[Receiver] = []
    threads: list[threading.Thread] = []
    start = module("worker")._started

    def started(target: Callable[[], None]) -> threading.Thread:
        threads.append(start(target))
        return threads[-1]

    def make(**environment: str) -> Receiver:
        made.append(Receiver(url, environment))
        return made[-1]

    monkeypatch.setattr(module("worker"), "_started", started)
    yield make
    for receiver in made:
        for session in receiver.sessions:
            session.close()
    # A pool leaves some to end by themselves: here before they find themselves in another folder.
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture
def receiver(make: Callable[..., Receiver]) -> Receiver:
    """A receiver with the settings that it is generated with, but for its retries: at once."""
    return make()


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch, project: Path) -> Callable[[Any], None]:
    """Take the place of the handler, which is its owner's."""

    def handle(handler: Callable[[Any], None]) -> None:
        monkeypatch.setitem(module("worker").HANDLERS, EVENT, handler)

    return handle
