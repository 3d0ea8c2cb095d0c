"""`serve` and `worker` start from nothing, in any order, and end when they are told to."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from .platform import Client, Platform, platform
from .waiting import wait_until

LISTENING = re.compile(r"listening +host=::1 port=(?P<port>\d+)\n")


@pytest.fixture
def here(tmp_path: Path):
    """Processes of the platform in an empty folder."""
    with platform(tmp_path) as processes:
        yield processes


def test_an_empty_database_just_works(here: Platform) -> None:
    """It is set up, and the log says how to make the first account and where it listens.

    A second start finds what the first one made: the key file stays as it was made, for its owner
    alone, and nobody is told about accounts.
    """
    server = here.serve()
    host, port = server.address
    assert (host, port > 0) == ("127.0.0.1", True)
    messages = [line["message"] for line in server.lines()]
    assert any("hookwright account create NAME" in message for message in messages)
    made = server.command("account", "create", "Ada", "--json")
    assert made.returncode == 0, made.stderr
    account = json.loads(made.stdout)
    client = Client(server, account["id"], account["key"])
    assert client.done("GET", "/ctas") == {"items": [], "next": None}
    file = here.folder / "hookwright.db.key"
    key = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert server.terminate() == 0
    assert [line["message"] for line in server.lines()][-2:] == ["stopping", "stopped"]
    server.start()
    assert server.address
    assert file.read_text() == key
    assert [line["message"] for line in server.lines()] == ["listening"]
    assert server.terminate() == 0


def test_text_logs_are_for_people(here: Platform) -> None:
    """As the setting has it; and where a host is an address with colons, IPv6 is served too."""
    server = here.serve("--host", "::1", HOOKWRIGHT_LOG_FORMAT="text")
    wait_until(lambda: LISTENING.search(server.log()) is not None, server.log)
    found = LISTENING.search(server.log())
    assert found is not None
    with socket.create_connection(("::1", int(found["port"]))):
        pass
    assert server.terminate() == 0
    assert "{" not in server.log()


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
