"""The platform's commands, typed in an empty folder."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import structlog

from hookwright.cli import main
from tests import nameserver, postgresql
from tests.end_to_end.sink import Sink, sink
from tests.platform_database import Files, Schemas

from .prepared import HOST, Prepared, keys_of, on_the_loopback

WIDTH = 80


@dataclass
class Typed:
    """One run of a command: its exit code and what it printed."""

    code: object
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        assert self.out, self.err
        return json.loads(self.out)

    @property
    def refusal(self) -> str:
        """The one line on standard error of a command that did nothing."""
        assert self.out == ""
        assert self.err.startswith("hookwright: "), self.err
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        return self.err.removeprefix("hookwright: ").rstrip("\n")


@pytest.fixture
def _logs_as_before() -> Iterator[None]:
    """A command sets logging up for its process, which here is that of the tests."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def typed(
    _logs_as_before: None,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Typed]:
    """Return `typed(*arguments)`: runs `hookwright` at 80 columns, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(WIDTH))

    def typed(*arguments: object) -> Typed:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Typed(ended.value.code, captured.out, captured.err)

    return typed


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The kind of the database; the keys of one that is no file are a setting."""
    for name, value in keys_of(request.param).items():
        monkeypatch.setenv(name, value)
    return str(request.param)


@pytest.fixture(scope="session")
def states_url(postgresql: postgresql.Server) -> Iterator[str]:
    """The PostgreSQL database of `prepared`."""
    with postgresql.database() as url:
        yield url


@pytest.fixture(scope="session")
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Databases in states that are made once: `.back(kind, state, folder)`."""

    @cache
    def stores(kind: str) -> Files | Schemas:
        if kind == "SQLite":
            return Files(tmp_path_factory.mktemp("states"))
        return Schemas(request.getfixturevalue("states_url"))

    return Prepared(stores)


@pytest.fixture
def empty_store(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Name an empty database of either kind in the settings, and return its URL."""
    url = f"sqlite:///{tmp_path / 'hookwright.db'}"
    if kind == "PostgreSQL":
        url = request.getfixturevalue("database_url")
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", url)
    return url


@pytest.fixture
def store(kind: str, prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name a database of either kind in the settings that is set up, and return its URL."""
    url = prepared.back(kind, "set-up", tmp_path).url
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", url)
    return url


@pytest.fixture
def ada(typed: Callable[..., Typed], prepared: Prepared, tmp_path: Path) -> str:
    """Have an account in the working directory's database, as by default; return its id."""
    return prepared.back("SQLite", "ada", tmp_path).account


@dataclass
class Owned:
    """What an owner has: an account with a CTA, a proven host, and a receiver to send to."""

    store: str
    account: str
    cta: str
    project: str
    url: str
    taken: Sink


@pytest.fixture
def owned(
    _logs_as_before: None,
    kind: str,
    prepared: Prepared,
    tmp_path: Path,
    name_server: nameserver.Server,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Owned]:
    """Have all of it, on the loopback."""
    state = prepared.back(kind, "owned", tmp_path)
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", state.url)
    name_server.records[HOST] = ["A 127.0.0.1", f'TXT "{state.record}"']
    with sink() as taken:
        for name, value in on_the_loopback(name_server, taken.port).items():
            monkeypatch.setenv(name, value)
        url = f"http://{HOST}:{taken.port}/hook"
        yield Owned(state.url, state.account, state.cta, state.project, url, taken)
