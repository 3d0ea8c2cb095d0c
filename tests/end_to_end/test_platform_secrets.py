"""What was entered is nowhere to be found: not in the database's files, not in a log."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from hookwright_sender.store.tables import metadata
from tests import nameserver

from .conftest import Typed
from .platform import HOST, Client, Platform, cta_with_webhook, platform, proven
from .sink import Sink, sink
from .waiting import wait_until

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
# Each in a place of its own.
PATH = "path-that-is-a-secret"
QUERY = "query-that-is-a-secret"
PARAMETER = 'a "quoted" parameter/value'
NUMBER = 73317331733173
LEAD = "grace.hopper.of.the.lead@example.com"
NAME = "Grace Brewster Murray"
REPEATED = "an-idempotent-lead@example.com"


@pytest.fixture
def echo() -> Iterator[Sink]:
    """A receiver that answers with what it was sent, as the documented Flask sample does."""
    with sink() as taken:
        taken.echo = True
        yield taken


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def processes(
    request: pytest.FixtureRequest, tmp_path: Path, name_server: nameserver.Server, echo: Sink
) -> Iterator[Platform]:
    """The platform over either kind of database."""
    settings = {
        "HOOKWRIGHT_NAMESERVERS": name_server.address,
        "HOOKWRIGHT_ALLOW_PORTS": str(echo.port),
        "HOOKWRIGHT_RETRY_DELAYS": "0",
    }
    if request.param == "PostgreSQL":
        settings["HOOKWRIGHT_DATABASE_URL"] = request.getfixturevalue("database_url")
        settings["HOOKWRIGHT_KEYS"] = KEY
    with platform(tmp_path, **settings) as started:
        yield started


def stored(processes: Platform) -> bytes:
    """Return every byte that the database keeps: the files, WAL included, or every value."""
    url = processes.settings.get("HOOKWRIGHT_DATABASE_URL")
    if url is None:
        files = sorted(processes.folder.glob("hookwright.db*"))
        assert {file.name for file in files} >= {"hookwright.db", "hookwright.db-wal"}
        return b"".join(file.read_bytes() for file in files if file.suffix != ".key")
    found = []
    with psycopg.connect(url) as connection:
        for table in metadata.tables:
            for row in connection.execute(f"SELECT * FROM {table}".encode()):
                found += [v if isinstance(v, bytes) else str(v).encode() for v in row]
    return b"\n".join(found)


def forms(secret: str) -> set[bytes]:
    """Return a secret in the forms in which it could stand somewhere."""
    quoted = json.dumps(secret)[1:-1]
    written = {secret, quoted, quoted.replace("/", "\\/"), quote(secret), quote(secret, safe="")}
    plain = {text.encode() for text in written}
    encoded = {base64.b64encode(text)[:-4] for text in plain} | {
        text.hex().encode() for text in plain
    }
    return plain | encoded


def use_everything(client: Client, name_server: nameserver.Server, echo: Sink) -> list[str]:
    """Enter every secret, let it be delivered, refused and shown; return them all."""
    proven(client, name_server)
    url = f"http://{HOST}:{echo.port}/{PATH}?key={QUERY}"
    path, webhook = cta_with_webhook(client, url, token=PARAMETER, number=NUMBER)
    rotated = client.done("POST", f"{path}/webhook/secret/rotate")["secret"]
    assert client.done("POST", f"{path}/webhook/test")["succeeded"] is True
    echo.status = 500
    client.done("POST", f"{path}/leads", {"data": LEAD, "name": NAME})
    wait_until(
        lambda: {item["status"] for item in client.deliveries()} == {"delivered", "dead"},
        lambda: str(client.deliveries()),
    )
    echo.status = 200
    headers = {"idempotency-key": "once"}
    for _ in range(2):
        client.ask("POST", f"{path}/leads", {"data": REPEATED, "name": NAME}, headers)
    # Refusals quote what was entered, to whoever entered it and to nobody else.
    client.ask("PUT", f"{path}/webhook", {"url": f"http://other.example.test/{PATH}"})
    client.ask("PUT", f"{path}/webhook", {"url": f"ftp://{PATH}/", "parameters": {"a": PARAMETER}})
    client.ask("PUT", f"{path}/webhook", {"url": url, "parameters": {"data": PARAMETER}})
    client.ask("POST", f"{path}/leads", {"data": LEAD, "name": [NAME]})
    Client(client.server, client.account, f"{client.key}x").ask("GET", "/ctas")
    for item in client.deliveries():
        client.done("GET", f"/deliveries/{item['id']}")
    client.done("GET", "/events")
    secrets = [PATH, QUERY, PARAMETER, str(NUMBER), LEAD, NAME, REPEATED, client.key]
    return [*secrets, webhook["secret"], rotated]


def test_no_secret_is_found_where_it_was_stored(
    processes: Platform,
    name_server: nameserver.Server,
    echo: Sink,
    typed: Typed,
) -> None:
    """The raw files while the server runs, after a kill, and the logs of all processes.

    And an owner sees what was answered, but no parameter in it that a receiver sent back.
    """
    server = processes.serve()
    client = server.account()
    secrets = use_everything(client, name_server, echo)
    see_parameters_masked(client, secrets, typed)
    shown = [
        typed("webhook", "list", beside=server),
        typed("deliveries", "list", beside=server),
        typed("account", "show", client.account, beside=server),
    ]
    assert [each.returncode for each in shown] == [0, 0, 0]
    while_it_runs = stored(processes)
    server.kill()
    places = {
        "the database": while_it_runs,
        "the database after a kill": stored(processes),
        "the log": server.log().encode(),
    }
    found = [
        (secret, place)
        for secret in secrets
        for place, content in places.items()
        if any(form in content for form in forms(secret))
    ]
    assert found == []
    # The search finds what is there: the host is no secret.
    assert HOST.encode() in while_it_runs


def see_parameters_masked(client: Client, secrets: list[str], typed: Typed) -> None:
    """Look at every delivery, by the command and by the API."""
    parameters = [PARAMETER, str(NUMBER), *secrets[-2:]]
    for item in client.deliveries():
        by_command = typed("deliveries", "show", item["id"], beside=client.server)
        by_api = json.dumps(client.done("GET", f"/deliveries/{item['id']}"))
        assert by_command.returncode == 0, by_command.stderr
        assert "••••" in by_command.stdout
        for secret in parameters:
            assert not any(form.decode() in by_command.stdout + by_api for form in forms(secret))
