"""`serve` and `worker` start from nothing, in any order, and end when they are told to."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from .platform import Platform, platform
from .waiting import wait_until

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


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


def test_a_second_start_finds_what_the_first_one_made(here: Platform) -> None:
    """The key file stays as it was made, for its owner alone; nobody is told about accounts."""
    server = here.serve()
    server.account()
    file = here.folder / "hookwright.db.key"
    key = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert server.terminate() == 0
    server.start()
    assert server.address
    assert file.read_text() == key
    assert [line["message"] for line in server.lines()] == ["listening"]


def test_text_logs_are_for_people(here: Platform) -> None:
    """As the setting has it."""
    server = here.serve(HOOKWRIGHT_LOG_FORMAT="text")
    wait_until(lambda: "listening" in server.log(), server.log)
    assert server.terminate() == 0
    assert "{" not in server.log()


def test_ipv6_is_served_too(here: Platform) -> None:
    """Where a host is an address with colons."""
    server = here.serve("--host", "::1")
    with socket.create_connection(server.address):
        pass
    assert server.terminate() == 0


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


MOMENTS = [
    # Before these it is Python that starts, and no line of ours has run.
    pytest.param("pydantic_core", id="while it imports"),
    pytest.param("hookwright.db", id="while it prepares"),
]


@pytest.mark.parametrize("mark", MOMENTS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_during_the_start_ends_it(here: Platform, number: int, mark: str) -> None:
    """Whoever stops it early sees at most a line, and it does stop."""
    server = here.serve()
    maps = Path(f"/proc/{server.process.pid}/maps")
    file = here.folder / mark
    wait_until(lambda: file.exists() or mark in maps.read_text(), "the moment to come")
    os.kill(server.process.pid, number)
    server.process.wait(30)
    assert "Traceback" not in server.log()


def test_an_interrupt_is_not_lost_in_a_callback() -> None:
    """There Python prints an exception and goes on, as if nobody had asked it to stop."""
    program = """
import gc, weakref
from hookwright.platform.early import end_on_interrupt

class Cycle: pass

def called(_reference):
    print("in the callback", flush=True)
    while True: pass

end_on_interrupt()
cycle = Cycle()
cycle.itself = cycle
reference = weakref.ref(cycle, called)
del cycle
gc.collect()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "in the callback\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == -signal.SIGINT
        assert process.stderr.read() == ""
