"""`serve` and `worker` start by themselves, or say in one line why they do not."""

import os
import signal
import socket
from pathlib import Path

import pytest

from .commands import hookwright
from .platform import Platform, platform

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OTHER_KEY = "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.fixture
def here(tmp_path: Path):
    """Processes of the platform in an empty folder."""
    with platform(tmp_path) as processes:
        yield processes


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path):
    """The same over either kind of database; PostgreSQL needs HOOKWRIGHT_KEYS."""
    settings = {}
    if request.param == "PostgreSQL":
        settings["HOOKWRIGHT_DATABASE_URL"] = request.getfixturevalue("database_url")
        settings["HOOKWRIGHT_KEYS"] = KEY
    with platform(tmp_path, **settings) as processes:
        yield processes


def refused(here: Platform, *arguments: str, code: int = 2, **settings: str) -> str:
    """Run a command that does not start; return the one line that it says."""
    done = hookwright(*arguments, cwd=here.folder, environment=here.settings | settings)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr.startswith("hookwright: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def serve_once(here: Platform, **settings: str) -> None:
    """Serve, make an account, and end."""
    server = here.serve(**settings)
    server.account()
    assert server.terminate() == 0


def test_an_empty_database_just_works(anywhere: Platform) -> None:
    """It is set up, and the log says how to make the first account and where it listens."""
    server = anywhere.serve()
    host, port = server.address
    assert (host, port > 0) == ("127.0.0.1", True)
    messages = [line["message"] for line in server.lines()]
    assert any("hookwright account create NAME" in message for message in messages)
    client = server.account()
    assert client.done("GET", "/ctas") == {"items": [], "next": None}
    assert server.terminate() == 0
    assert [line["message"] for line in server.lines()][-2:] == ["stopping", "stopped"]


def test_who_has_an_account_is_not_told_how_to_make_one(anywhere: Platform) -> None:
    """The second start says where it listens, and no more."""
    serve_once(anywhere)
    server = anywhere.serve()
    assert server.address
    assert [line["message"] for line in server.lines()] == ["listening"]


def test_the_key_file_is_made_once_and_is_the_owners_alone(here: Platform) -> None:
    """At the first start, beside the database."""
    serve_once(here)
    file = here.folder / "hookwright.db.key"
    key = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    serve_once(here)
    assert file.read_text() == key


def test_text_logs_are_for_people(here: Platform) -> None:
    """As the setting has it."""
    server = here.serve(HOOKWRIGHT_LOG_FORMAT="text")
    while "listening" not in server.log():
        assert server.process.poll() is None
    assert server.terminate() == 0
    assert "{" not in server.log()


def test_ipv6_is_served_too(here: Platform) -> None:
    """Where a host is an address with colons."""
    server = here.serve("--host", "::1")
    with socket.create_connection(server.address):
        pass
    assert server.terminate() == 0


def test_two_on_one_port_are_one_too_many(here: Platform) -> None:
    """The second says so, and touches nothing."""
    server = here.serve()
    port = server.address[1]
    line = refused(here, "serve", "--port", str(port))
    assert f"port {port}: address already in use" in line
    assert server.account().ask("GET", "/ctas").status == 200


def test_a_lost_key_file_is_no_reason_for_a_new_one(here: Platform) -> None:
    """What is stored could never be read again, so nothing starts until it is back."""
    serve_once(here)
    file = here.folder / "hookwright.db.key"
    kept = file.read_bytes()
    file.unlink()
    for arguments in (["serve", "--port", "0"], ["worker"], ["webhook", "list"]):
        assert "hookwright.db.key is missing" in refused(here, *arguments)
        assert not file.exists()
    file.touch(0o600)
    file.write_bytes(kept)
    serve_once(here)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_file_that_others_can_read_is_refused(here: Platform, mode: int) -> None:
    """It is not worth much any more, and the line says what to do."""
    serve_once(here)
    (here.folder / "hookwright.db.key").chmod(mode)
    line = refused(here, "serve", "--port", "0")
    assert "hookwright.db.key" in line
    assert "chmod" in line


def test_a_key_file_of_noise_is_refused(here: Platform) -> None:
    """Without showing what it holds."""
    serve_once(here)
    (here.folder / "hookwright.db.key").write_text("a-secret-that-is-no-key")
    assert "a-secret" not in refused(here, "serve", "--port", "0")


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        pytest.param(OTHER_KEY, "was encrypted with key", id="another key"),
        pytest.param("short", "HOOKWRIGHT_KEYS", id="no key"),
        pytest.param("", "HOOKWRIGHT_KEYS", id="empty"),
    ],
)
def test_a_wrong_key_is_refused_at_once(anywhere: Platform, keys: str, part: str) -> None:
    """Not later, by the first lead that cannot be read. No key is shown."""
    serve_once(anywhere, HOOKWRIGHT_KEYS=KEY)
    for arguments in (["serve", "--port", "0"], ["worker"], ["webhook", "list"]):
        line = refused(anywhere, *arguments, HOOKWRIGHT_KEYS=keys)
        assert part in line
        assert not keys or keys not in line


def test_postgresql_has_no_key_file(tmp_path: Path, database_url: str) -> None:
    """Several machines share it: the key is a setting of each."""
    with platform(tmp_path, HOOKWRIGHT_DATABASE_URL=database_url) as here:
        assert "HOOKWRIGHT_KEYS is not set" in refused(here, "serve", "--port", "0")
        assert "HOOKWRIGHT_KEYS is not set" in refused(here, "worker")


WRONG = [
    # settings, exit code, part of the line
    ({"HOOKWRIGHT_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, 3, "refused"),
    ({"HOOKWRIGHT_DATABASE_URL": "sqlite:///no/such/folder/x.db"}, 3, "unable to open"),
    ({"HOOKWRIGHT_DATABASE_URL": "mysql://x/y"}, 2, "HOOKWRIGHT_DATABASE_URL"),
    ({"HOOKWRIGHT_ALLOW_NETWORKS": "everything"}, 2, "HOOKWRIGHT_ALLOW_NETWORKS"),
    ({"HOOKWRIGHT_ALLOW_NETWORKS": "0.0.0.0/0"}, 2, "HOOKWRIGHT_ALLOW_NETWORKS"),
    ({"HOOKWRIGHT_ALLOW_PORTS": "http"}, 2, "HOOKWRIGHT_ALLOW_PORTS"),
    ({"HOOKWRIGHT_NAMESERVERS": "ns.example.com"}, 2, "HOOKWRIGHT_NAMESERVERS"),
    ({"HOOKWRIGHT_RETRY_DELAYS": "soon"}, 2, "HOOKWRIGHT_RETRY_DELAYS"),
    ({"HOOKWRIGHT_TIMEOUT": "0"}, 2, "HOOKWRIGHT_TIMEOUT"),
    ({"HOOKWRIGHT_LOG_FORMAT": "xml"}, 2, "HOOKWRIGHT_LOG_FORMAT"),
    ({"HOOKWRIGHT_CONCURRENCY": "many"}, 2, "HOOKWRIGHT_CONCURRENCY"),
]


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["worker"]], ids=lambda c: c[0])
@pytest.mark.parametrize(
    ("settings", "code", "part"), WRONG, ids=[str(row[0]).strip("{}") for row in WRONG]
)
def test_a_setting_that_cannot_be_used_is_named(
    here: Platform, command: list[str], settings: dict[str, str], code: int, part: str
) -> None:
    """Before anything is made or listened on."""
    assert part in refused(here, *command, code=code, **settings)
    assert not (here.folder / "hookwright.db").exists()


def test_a_worker_starts_before_or_after_the_server(anywhere: Platform) -> None:
    """Each sets up what is missing, one after the other: nothing depends on who comes first."""
    started = [anywhere.worker(), anywhere.serve("--no-worker"), anywhere.worker()]
    started[0].told("working")
    started[2].told("working")
    assert started[1].account().done("GET", "/ctas")["items"] == []
    assert [process.terminate() for process in started] == [0, 0, 0]


def test_a_worker_shows_its_metrics_where_it_is_told_to(here: Platform) -> None:
    """A worker has no API, and Prometheus wants to know."""
    worker = here.worker("--metrics-port", "0")
    line = worker.told("listening")
    with socket.create_connection((line["host"], line["port"])) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        with connection.makefile("rb") as answer:
            assert b"hookwright_claims_total" in answer.read()
    assert worker.terminate() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_at_any_moment_of_the_start_is_no_traceback(here: Platform, number: int) -> None:
    """Whoever stops it early sees at most a line."""
    server = here.serve()
    os.kill(server.process.pid, number)
    server.process.wait(30)
    assert "Traceback" not in server.log()
