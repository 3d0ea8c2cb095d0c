"""The platform's commands, typed in an empty folder."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from hookwright.cli import main
from hookwright_sender.platform.ctas import Ctas
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.projects import Projects
from hookwright_sender.store.database import Database
from tests import nameserver
from tests.end_to_end.sink import Sink, sink

HOST = "hooks.example.test"
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
def typed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Typed]]:
    """Return `typed(*arguments)`: runs `hookwright` at 80 columns, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()

    def typed(*arguments: object) -> Typed:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Typed(ended.value.code, captured.out, captured.err)

    yield typed
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name an empty database of either kind in the settings, and return its URL."""
    url = f"sqlite:///{tmp_path / 'hookwright.db'}"
    if request.param == "PostgreSQL":
        url = request.getfixturevalue("database_url")
        monkeypatch.setenv("HOOKWRIGHT_KEYS", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", url)
    return url


@dataclass
class Owned:
    """What an owner has: an account with a CTA, a proven host, and a receiver to send to."""

    account: str
    cta: str
    project: str
    url: str
    taken: Sink


@pytest.fixture
def owned(
    typed: Callable[..., Typed],
    store: str,
    name_server: nameserver.Server,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Owned]:
    """Set all of it up, on the loopback."""
    with sink() as taken, Database(store) as database:
        monkeypatch.setenv("HOOKWRIGHT_NAMESERVERS", name_server.address)
        monkeypatch.setenv("HOOKWRIGHT_ALLOW_NETWORKS", "127.0.0.0/8")
        monkeypatch.setenv("HOOKWRIGHT_ALLOW_PORTS", str(taken.port))
        monkeypatch.setenv("HOOKWRIGHT_ALLOW_HTTP", "true")
        account = typed("account", "create", "Ada", "--json").json["id"]
        principal = Principal.command(int(account))
        cta = Ctas(database).create(principal, "form", "Newsletter").id
        project = Projects(database).create(principal, "Spring").id
        record = typed("domain", "token", HOST, "--json").json["record"]
        name_server.records[HOST] = ["A 127.0.0.1", f'TXT "{record}"']
        assert typed("domain", "verify", HOST).code == 0
        url = f"http://{HOST}:{taken.port}/hook"
        yield Owned(account, str(cta), str(project), url, taken)
