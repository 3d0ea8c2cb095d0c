"""What the platform's commands find, made by commands once for as many tests as want it."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hookwright.cli import hookwright
from hookwright_sender.platform.ctas import Ctas
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.projects import Projects
from hookwright_sender.store.database import Database
from hookwright_sender.store.keys import key_file_of, open_key_ring
from hookwright_sender.store.schema import upgrade
from hookwright_sender.store.tables import deliveries
from tests import nameserver
from tests.end_to_end.sink import sink
from tests.platform_database import Files, Schemas, emptied

HOST = "hooks.example.test"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@dataclass(frozen=True)
class State:
    """A database in a state, and what was printed when that was made."""

    url: str
    account: str = ""
    cta: str = ""
    project: str = ""
    record: str = ""
    # Of deliveries: one that was accepted, and a newer one that was not.
    logged: tuple[str, ...] = ()


def keys_of(kind: str) -> dict[str, str]:
    """Return the settings of the keys of a kind of database; that of a file is beside it."""
    return {"HOOKWRIGHT_KEYS": KEY} if kind == "PostgreSQL" else {}


def on_the_loopback(server: nameserver.Server, port: int) -> dict[str, str]:
    """Return the settings with which deliveries go to a port of the loopback."""
    return {
        "HOOKWRIGHT_NAMESERVERS": server.address,
        "HOOKWRIGHT_ALLOW_NETWORKS": "127.0.0.0/8",
        "HOOKWRIGHT_ALLOW_PORTS": str(port),
        "HOOKWRIGHT_ALLOW_HTTP": "true",
    }


@dataclass
class Prepared:
    """Databases of both kinds, in states that are made when they are first asked for."""

    stores: Callable[[str], Files | Schemas]
    _known: dict[tuple[str, str], State] = field(default_factory=dict)

    def back(self, kind: str, state: str, here: Path) -> State:
        """Have a database of a kind in that state, for one that is a file in that folder."""
        store = self.stores(kind)
        if (kind, state) not in self._known:
            with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as settings:
                made = MADE[state](self, settings, kind, Path(folder))
                store.keep(state, Path(folder))
            self._known[kind, state] = made
        store.back(state, here)
        return replace(self._known[kind, state], url=store.url(here))

    def begun(self, settings: pytest.MonkeyPatch, kind: str, state: str, here: Path) -> State:
        """Have a state to go on from, in the settings."""
        found = self.back(kind, state, here)
        for name, value in {"HOOKWRIGHT_DATABASE_URL": found.url, **keys_of(kind)}.items():
            settings.setenv(name, value)
        return found


def ran(*arguments: str, code: int = 0) -> Any:
    """Run `hookwright` and return what it printed, as JSON."""
    result = CliRunner().invoke(hookwright, [*arguments, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def tables(prepared: Prepared, _settings: pytest.MonkeyPatch, kind: str, here: Path) -> State:
    """Tables, and nothing in them."""
    url = prepared.stores(kind).url(here)
    with Database(url) as database:
        upgrade(database)
    if kind == "PostgreSQL":
        emptied(url)
    return State(url)


def set_up(prepared: Prepared, settings: pytest.MonkeyPatch, kind: str, here: Path) -> State:
    """The same, with keys: nobody is there yet."""
    state = prepared.begun(settings, kind, "tables", here)
    with Database(state.url) as database:
        open_key_ring(database, keys_of(kind).get("HOOKWRIGHT_KEYS"), key_file_of(database))
    return state


def ada(prepared: Prepared, settings: pytest.MonkeyPatch, kind: str, here: Path) -> State:
    """The same, with an account."""
    state = prepared.begun(settings, kind, "set-up", here)
    return replace(state, account=ran("account", "create", "Ada")["id"])


def owned(prepared: Prepared, settings: pytest.MonkeyPatch, kind: str, here: Path) -> State:
    """The same, with a CTA, a project, and a host that is proven."""
    state = prepared.begun(settings, kind, "ada", here)
    with Database(state.url) as database:
        principal = Principal.command(int(state.account))
        cta = Ctas(database).create(principal, "form", "Newsletter").id
        project = Projects(database).create(principal, "Spring").id
    record = ran("domain", "token", HOST)["record"]
    with nameserver.zone({HOST: ["A 127.0.0.1", f'TXT "{record}"']}) as server:
        settings.setenv("HOOKWRIGHT_NAMESERVERS", server.address)
        ran("domain", "verify", HOST)
    return replace(state, cta=str(cta), project=str(project), record=record)


def logged(prepared: Prepared, settings: pytest.MonkeyPatch, kind: str, here: Path) -> State:
    """The same, with a webhook and its two deliveries."""
    state = prepared.begun(settings, kind, "owned", here)
    with nameserver.zone({HOST: ["A 127.0.0.1", f'TXT "{state.record}"']}) as server, sink() as to:
        for name, value in on_the_loopback(server, to.port).items():
            settings.setenv(name, value)
        url = f"http://{HOST}:{to.port}/hook"
        ran("webhook", "set", url, "--cta", state.cta, "--param", "token=a-secret-token")
        told = []
        for status, code in ((200, 0), (500, 1)):
            to.status = status
            told.append(ran("webhook", "test", "--cta", state.cta, "--yes", code=code))
    # Tests are not among those that are sent again in numbers.
    with Database(state.url) as database, database.writing() as connection:
        connection.execute(deliveries.update().values(test=False))
    return replace(state, logged=tuple(each["delivery_id"] for each in told))


def keyed(prepared: Prepared, settings: pytest.MonkeyPatch, kind: str, here: Path) -> State:
    """An account, in a database of either kind whose key is a setting."""
    if kind == "PostgreSQL":
        return prepared.begun(settings, kind, "ada", here)
    url = prepared.stores(kind).url(here)
    for name, value in {"HOOKWRIGHT_DATABASE_URL": url, "HOOKWRIGHT_KEYS": KEY}.items():
        settings.setenv(name, value)
    return State(url, ran("account", "create", "Ada")["id"])


MADE = {
    "tables": tables,
    "set-up": set_up,
    "ada": ada,
    "keyed": keyed,
    "owned": owned,
    "logged": logged,
}
