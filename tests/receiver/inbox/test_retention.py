"""What was handled goes by itself, and disturbs nobody; its key stays to know a repeat."""

import json
import time

import pytest

from .conftest import module

DAY = 86400


def retention(receiver):
    """Return what forgets, with the receiver's settings."""
    made = module("retention").Retention(receiver.settings, receiver.database)
    receiver.sessions.append(made)
    return made


def age(receiver, days, condition="1 = 1"):
    """Let messages be so many days older."""
    receiver.tell(f"UPDATE inbox SET received_at = received_at - {days * DAY} WHERE {condition}")


@pytest.fixture
def receiver(receiver, handle):
    """A receiver with three messages that are done, two of them with a key."""
    handle(lambda _message: None)
    receiver.put("a")
    receiver.put("b")
    receiver.inbox.store([receiver.entry(id="c")])
    receiver.tell("UPDATE inbox SET key = NULL WHERE key = 'paid:c'")
    receiver.work("done", "done", "done")
    return receiver


def test_what_is_old_goes_by_itself(receiver):
    """Its payload is gone from the database, and the command line does not know it any more."""
    age(receiver, 31, "id <> 2")
    assert retention(receiver).apply() == 2
    assert [record.key for record in receiver.inbox.records()] == ["header:b"]
    assert receiver.inbox.get(1) is None
    assert not receiver.inbox.replay(1)
    payloads = [
        bytes(payload) for (payload,) in receiver.ask("SELECT payload FROM inbox ORDER BY id")
    ]
    assert len(payloads) == 2
    assert len(payloads[0]) == 32
    assert json.loads(payloads[1])


def test_a_late_repeat_is_still_a_repeat(receiver):
    """Until the key has gone too, after 90 days; another body under it is still a conflict."""
    outcome = module("inbox").Outcome
    age(receiver, 31)
    assert retention(receiver).apply() == 3
    assert receiver.inbox.store([receiver.entry("a")]) == [outcome.REPEATED]
    (conflict,) = receiver.inbox.store([receiver.entry("a", m=1)])
    assert conflict.status == 409
    age(receiver, 60)
    assert retention(receiver).apply() == 0
    assert receiver.inbox.store([receiver.entry("a")]) == [outcome.STORED]


@pytest.mark.parametrize("status", ["pending", "dead"])
def test_what_is_not_done_stays(receiver, status):
    """However old it is."""
    receiver.tell("UPDATE inbox SET status = ?", status)
    age(receiver, 1000)
    assert retention(receiver).apply() == 0
    assert receiver.statuses() == [status] * 3


def test_what_was_refused_stays(receiver):
    """It has bounds of its own."""
    kept = module("refused").RefusedDeliveries(receiver.database)
    receiver.sessions.append(kept)
    with pytest.raises(module("pipeline").Refusal) as refusal:
        receiver.entry("d", id=5)
    kept.keep(refusal.value)
    age(receiver, 1000)
    assert retention(receiver).apply() == 3
    assert [record.status for record in receiver.inbox.records("refused")] == ["refused"]
    assert receiver.inbox.backlog()[0] == {"pending": 0, "dead": 0, "refused": 1}


def test_it_can_be_turned_off(make, receiver):
    """0 keeps payloads, and 0 keeps keys."""
    age(receiver, 1000)
    assert retention(make(RETENTION_DAYS="0")).apply() == 0
    assert retention(make(KEY_RETENTION_DAYS="0")).apply() == 3
    assert receiver.ask("SELECT count(*) FROM inbox") == [(2,)]


def test_an_older_inbox_has_a_day_to_be_looked_at(receiver, caplog):
    """The first start says what will go, and nothing goes before tomorrow."""
    age(receiver, 31)
    receiver.tell("DROP TABLE inbox_retention")
    receiver.prepare()
    (said,) = [record for record in caplog.records if "RETENTION_DAYS" in record.getMessage()]
    assert said.messages_to_be_forgotten == 3
    assert retention(receiver).apply() == 0
    receiver.prepare()
    receiver.tell(f"UPDATE inbox_retention SET since = since - {DAY}")
    assert retention(receiver).apply() == 3


def test_workers_do_it(receiver, handle):
    """No command has to be run for it."""
    age(receiver, 31)
    with receiver.working():
        deadline = time.monotonic() + 30
        while receiver.statuses() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert receiver.statuses() == []


def test_an_older_table_is_brought_along(make):
    """What version 0.1.0 stored is read, what it refused is kept, and retries go on."""
    receiver = make()
    session = receiver.database.session()
    real = "REAL" if receiver.url.startswith("sqlite") else "DOUBLE PRECISION"
    older = OLDER.format(id=session.id_type, bytes=session.bytes_type, real=real)
    for statement in ("DROP TABLE inbox", *older.strip().split(";")):
        receiver.tell(statement)
    receiver.prepare()
    receiver.prepare()
    (refused,) = receiver.inbox.records("refused")
    assert (refused.error, refused.headers) == ("422: the reason", "{}")
    assert [record.key for record in receiver.inbox.records()] == ["header:old"]
    assert receiver.claim().key == "header:old"


OLDER = """
CREATE TABLE inbox (
    id {id},
    key TEXT UNIQUE,
    event TEXT NOT NULL,
    payload {bytes} NOT NULL,
    received_at {real} NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at {real} NOT NULL DEFAULT 0,
    error TEXT
);
CREATE INDEX inbox_due ON inbox (due_at) WHERE status = 'pending';
CREATE INDEX inbox_dead ON inbox (id) WHERE status = 'dead';
CREATE TABLE refused (
    id {id},
    received_at {real} NOT NULL,
    status INTEGER NOT NULL,
    reason TEXT NOT NULL,
    headers TEXT NOT NULL,
    body {bytes} NOT NULL
);
INSERT INTO inbox (key, event, payload, received_at) VALUES ('header:old', 'paid', '{{}}', 5);
INSERT INTO refused (received_at, status, reason, headers, body)
VALUES (5, 422, 'the reason', '{{}}', 'x')
"""
