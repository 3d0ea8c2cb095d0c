"""Forgetting what is old among very much, while deliveries come in."""

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from .conftest import PACKAGE, PATIENCE, module, wait_until

DAY = 86400
AGE = 30 * DAY
OLD = 40 * DAY
# Another process, as `serve` is one: a delivery each 50 ms until it is told to end, and then what
# became of them.
SENDER = f"""
import json, sys, threading
from collections import Counter
from {PACKAGE}.database import Unavailable
from {PACKAGE}.inbox import Inbox
from {PACKAGE}.pipeline import Entry
from {PACKAGE}.settings import Settings
from {PACKAGE}.startup import prepare

ended, outcomes, number = threading.Event(), Counter(), 0
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
inbox = Inbox(prepare(Settings.load({{"DATABASE_URL": sys.argv[1]}})))
while not ended.wait(0.05):
    number += 1
    try:
        (outcome,) = inbox.store([Entry(f"new-{{number}}", "paid", b"{{}}")])
        outcomes[str(outcome)] += 1
    except Unavailable as error:
        outcomes[str(error)] += 1
print(json.dumps(outcomes))
"""
FILLED = {
    "sqlite": (
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
        "INSERT INTO inbox (key, event, payload, received_at, status) "
        "SELECT 'old-' || n, 'paid', zeroblob(?), {now} - CASE WHEN n <= ? THEN ? ELSE 0 END, "
        "'done' FROM numbers"
    ),
    "postgresql": (
        "INSERT INTO inbox (key, event, payload, received_at, status) "
        "SELECT 'old-' || n, 'paid', convert_to(repeat('x', CAST(? AS integer)), 'UTF8'), "
        "{now} - CASE WHEN n <= ? THEN ? ELSE 0 END, 'done' FROM generate_series(1, ?) AS n"
    ),
}


@dataclass(frozen=True)
class Amount:
    """How many messages are there, of how many bytes, and how many of them are old."""

    rows: int
    size: int
    old: int


AMOUNTS = [
    pytest.param("sqlite", Amount(20_000, 5000, 4_000), id="sqlite"),
    pytest.param("postgresql", Amount(100_000, 200, 4_000), id="postgresql"),
    pytest.param(
        "sqlite", Amount(280_000, 5000, 140_000), id="sqlite-much",
        marks=[pytest.mark.soak, pytest.mark.timeout(3600)],
    ),
    pytest.param(
        "postgresql", Amount(4_000_000, 200, 100_000), id="postgresql-much",
        marks=[pytest.mark.soak, pytest.mark.timeout(3600)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "amount"), AMOUNTS, indirect=["make"])
def test_nobody_is_turned_away_meanwhile(make, project, amount):
    """It comes to its end, the second time with nothing to do; every delivery is stored."""
    receiver = make()
    fill(receiver, amount)
    retention = module("retention").Retention(receiver.settings, receiver.database)
    receiver.sessions.append(retention)
    with deliveries(project, receiver) as outcomes:
        assert retention.purge(AGE) == amount.old
        assert retention.purge(AGE) == 0
    assert outcomes.keys() == {"Outcome.STORED"}
    ((stored,),) = receiver.ask("SELECT count(*) FROM inbox WHERE status = 'pending'")
    assert stored == outcomes["Outcome.STORED"] > 0


def fill(receiver, amount):
    """Put the messages there, all of which are done."""
    kind = receiver.url.partition(":")[0]
    now = receiver.database.session().now
    parameters = (
        (amount.rows, amount.size, amount.old, OLD)
        if kind == "sqlite"
        else (amount.size, amount.old, OLD, amount.rows)
    )
    session = receiver.database.session(patience=1800.0)
    receiver.sessions.append(session)
    session.write(FILLED[kind].format(now=now), parameters)


@contextmanager
def deliveries(project, receiver):
    """Store deliveries from another process for a block; then tell what became of them."""
    process = subprocess.Popen(
        [sys.executable, "-c", SENDER, receiver.url],
        env={"PYTHONPATH": str(project)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    outcomes = {}
    try:
        begun = "SELECT 1 FROM inbox WHERE status = 'pending' LIMIT 1"
        wait_until(lambda: receiver.ask(begun) != [])
        yield outcomes
        said, _ = process.communicate(timeout=PATIENCE)
        outcomes.update(json.loads(said))
    finally:
        process.kill()
        process.communicate()
