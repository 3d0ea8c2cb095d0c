"""Receivers of the documentation's kind: the runner gets through, and names what each one lacks."""

import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hookwright_receiver.conformance import Report, Verdict, grade

from .test_cross_table import PATIENCE

FOLDER = Path(__file__).parent / "minimal"
# They have no deadline: waiting longer for them to end slow requests shows nothing more.
PATIENT = replace(PATIENCE, drip_end=2.0, refused_number=1000, answer=5.0, generated=40)

# What shows of a receiver that stores nothing: that it cannot be seen to store.
UNSEEN = {
    *("P1", "P2", "P11", "P12", "D1", "D3", "D4", "D5", "D6", "D7", "T1"),
    *("K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8", "H5", "H6", "H7", "H9", "X3"),
}
# Nothing is validated, and no key is looked at.
FAILED = {
    *("P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "J1", "J6", "E1", "E5", "C5"),
    *("D8", "D10", "G2"),
}
# What is good practice alone: codes, deadlines, bounds.
WARNED = {"E4", "E6", "S2", "D2", "D9", "T2"}

RECEIVERS = {
    # An exception for everything that is no JSON in UTF-8, and no limit of size.
    "flask": (
        FAILED | {"J2", "J3", "J5", "J7", "J8", "C3", "C4", "H4", "H8"},
        WARNED | {"J4", "E3", "M3", "S3", "X1", "X2"},
        UNSEEN | {"M2"},
    ),
    # Everything is accepted, by every method, at every path.
    "php": (
        FAILED | {"J2", "J5", "J7", "H4", "H8"},
        WARNED | {"J3", "J4", "J8", "E3", "C4", "M1", "M4", "S3", "X1"},
        UNSEEN | {"M2", "X2"},
    ),
    # What JSON.parse takes, up to 100 kB; a refusal shows a stack.
    "express": (
        FAILED | {"S4", "X1"},
        WARNED | {"J7", "J8", "C4", "M1", "M2", "S1", "X2"},
        UNSEEN,
    ),
}


@contextmanager
def running(command: list[str], port: int):
    command = [part.format(port=port) for part in command]
    process = subprocess.Popen(
        command, cwd=FOLDER, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, f"{command[0]} does not listen"
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/webhook"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def command(request, needs):
    """How to start each of them; skipped where the program is missing."""
    return {
        "flask": lambda: [sys.executable, "flask_app.py", "{port}"],
        "php": lambda: [needs("php", "php-cli"), "-S", "127.0.0.1:{port}", "index.php"],
        "express": lambda: [needs("node", "nodejs"), "server.mjs", "{port}"],
    }[request.param]()


def by_verdict(report: Report, verdict: Verdict) -> set[str]:
    return {result.case.id for result in report.results if result.verdict is verdict}


@pytest.mark.parametrize(("command", "name"), [(n, n) for n in RECEIVERS], indirect=["command"])
def test_a_few_lines_of_code_get_through_and_hear_what_they_lack(command, name, port):
    """No case is an error, none passes that could not be seen, and each failure tells a remedy."""
    failed, warned, unseen = RECEIVERS[name]
    with running(command, port) as url:
        report = grade(url, patience=PATIENT, seed=1)

    assert by_verdict(report, Verdict.ERROR) == set()
    assert by_verdict(report, Verdict.FAILED) == failed
    assert by_verdict(report, Verdict.WARNED) == warned
    assert by_verdict(report, Verdict.NOT_OBSERVABLE) == unseen
    # The built-in server of PHP and node itself tell what they are; the hints follow.
    assert report.stack in {"flask", "php", None}
    assert all(finding.got for result in report.results for finding in result.troubles)
