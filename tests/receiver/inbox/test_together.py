"""Messages that are claimed together end apart: what went wrong for users of other queues."""

import threading
from pathlib import Path

import pytest

from .conftest import EVENT, module, wait_until

MANY = 60


@pytest.fixture
def many(receiver):
    """Messages that one claim takes together, the oldest first."""
    receiver.inbox.store([receiver.entry(f"m{number:02}") for number in range(MANY)])
    return [record.key for record in receiver.inbox.records()]


def keys(receiver, status):
    """Return the keys of the messages with a status."""
    return [record.key for record in receiver.inbox.records(status)]


def fussy(receiver, key):
    """Let the database refuse that the message `key` ends well, as no other."""
    if receiver.url.startswith("sqlite"):
        receiver.tell(
            f"CREATE TRIGGER fussy BEFORE UPDATE ON inbox WHEN new.key = '{key}' "
            "AND new.status = 'done' BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )
    else:
        receiver.tell(
            f"ALTER TABLE inbox ADD CONSTRAINT fussy CHECK (key <> '{key}' OR status <> 'done')"
        )


def test_a_slow_handler_holds_nobody_back(receiver, handle, many):
    """meteor-job-collection#62, adaptivemd#10: what is claimed is not for one worker alone."""
    begun, gate = threading.Event(), threading.Event()

    def handler(message):
        if message.key == many[40]:
            begun.set()
            gate.wait(30)

    handle(handler)
    with receiver.working(1):
        assert begun.wait(30)
        # What has ended before it is written down, though its own claim goes on.
        wait_until(lambda: many[39] in keys(receiver, "done"))
        with receiver.working(1):
            wait_until(lambda: keys(receiver, "pending") == [many[40]])
        gate.set()
        wait_until(lambda: not keys(receiver, "pending"))
    assert {record.attempts for record in receiver.inbox.records()} == {1}


def test_what_is_given_back_keeps_its_place(receiver, many):
    """litestar-queues#126: what has waited longest comes first, the second time as well."""
    claimed = receiver.inbox.claim(MANY)
    receiver.inbox.store([receiver.entry("new")])
    receiver.inbox.release(claimed)
    assert [record.key for record in receiver.inbox.claim(MANY)] == many


def test_a_message_that_ends_processes_takes_the_others_along_once(make, many, receiver):
    """orleans#2983: one bad apple; hindsight#2675: nor does it come back for ever."""
    receiver = make(RETRY_DELAYS="0")
    attempts = dict.fromkeys(many, 0)
    bad, starts = many[7], 0
    while pending := keys(receiver, "pending"):
        receiver.tell("UPDATE inbox SET due_at = 0 WHERE status = 'pending'")
        starts += 1
        # A process: it ends over the bad one, whatever else it has claimed.
        while claimed := receiver.inbox.claim(MANY):
            ended = []
            for record in claimed:
                error, steps = ("died", 0) if record.attempts > 2 else (None, 0)
                attempts[record.key] += error is None
                ended.append(module("inbox").Ending(record, steps, None, error))
                if record.key == bad and error is None:
                    break
            else:
                receiver.inbox.exchange(ended, 0)
                continue
            break
        assert starts < 10, pending
    assert keys(receiver, "dead") == [bad]
    assert attempts[bad] == 3
    assert {attempts[key] for key in many if key != bad} <= {1, 2}


def test_an_end_that_the_database_does_not_take(receiver, handle, many, caplog):
    """It is that message's: the others of its transaction are done, and their rows are there."""
    handle(lambda _message: None)
    fussy(receiver, many[5])
    with receiver.working():
        wait_until(lambda: len(keys(receiver, "done")) == MANY - 1)
    assert keys(receiver, "pending") == [many[5]]
    assert receiver.ask(f"SELECT count(*) FROM received_{EVENT}") == [(MANY - 1,)]
    assert "attempt not written down" in [record.getMessage() for record in caplog.records]


def test_a_row_that_fails_among_others(receiver, handle, many):
    """Its savepoint alone is undone: one dead letter, and a row for each of the others."""
    handle(lambda _message: None)
    receiver.tell(
        f"CREATE UNIQUE INDEX fussy ON received_{EVENT} (parameters) WHERE message_id IN (8, 9)"
    )
    with receiver.working():
        wait_until(lambda: not keys(receiver, "pending"))
    assert len(keys(receiver, "dead")) == 1
    assert receiver.ask(f"SELECT count(*) FROM received_{EVENT}") == [(MANY - 1,)]


def test_who_comes_back_late_with_many(receiver, many):
    """memoryops-ai#98: of those that others have claimed since, none is touched, others are."""
    late = receiver.inbox.claim(10)
    receiver.tell("UPDATE inbox SET due_at = 0 WHERE id <= 3")
    again = [receiver.claim() for _ in range(3)]
    endings = [module("inbox").Ending(record, 0, None) for record in late]
    written, _ = receiver.inbox.exchange(endings, 0)
    assert [ending.record.key for ending in written] == many[3:10]
    receiver.inbox.release(late)
    assert [receiver.record(record.id) for record in again] == again


def test_leases_are_kept_while_a_stop_waits(make, handle, monkeypatch):
    """solid_queue#568, db-scheduler#368: who was told to stop is not dead yet."""
    monkeypatch.setattr(module("worker"), "LEASE", 0.08)
    receiver = make(STOP_TIMEOUT="30")
    begun, gate = threading.Event(), threading.Event()
    handle(lambda _message: (begun.set(), gate.wait(30)))
    number = receiver.put("a")
    pool = module("worker").WorkerPool(receiver.settings, receiver.database)
    pool.start(1)
    assert begun.wait(30)
    stopping = threading.Thread(target=pool.stop)
    stopping.start()
    due = receiver.ask("SELECT due_at FROM inbox")
    wait_until(lambda: receiver.ask("SELECT due_at FROM inbox") > due)
    gate.set()
    stopping.join(30)
    assert (receiver.record(number).status, receiver.record(number).attempts) == ("done", 1)


def test_what_ends_while_the_database_is_away_is_not_done_again(
    receiver, handle, many, monkeypatch
):
    """adaptivemd#10: it is written down as soon as that is possible."""
    seen, away = [], threading.Event()
    exchange = module("inbox").Inbox.exchange

    def interrupted(self, endings, *rest):
        if endings and not away.is_set():
            away.set()
            raise module("database").Unavailable("for a moment")
        return exchange(self, endings, *rest)

    monkeypatch.setattr(module("inbox").Inbox, "exchange", interrupted)
    monkeypatch.setattr(module("worker"), "POLL", 0.05)
    handle(lambda message: seen.append(message.key))
    with receiver.working():
        wait_until(lambda: len(keys(receiver, "done")) == MANY)
    assert away.is_set()
    assert seen == many
    assert len(Path("received/events.jsonl").read_text().splitlines()) == MANY


def test_threads_share_what_is_due(receiver, handle, many):
    """Several threads, several processes: each message once, and none is left to nobody."""
    seen: list[str] = []
    lock = threading.Lock()

    def handler(message):
        with lock:
            seen.append(message.key)

    handle(handler)
    with receiver.working(3), receiver.working(2):
        wait_until(lambda: len(keys(receiver, "done")) == MANY)
    assert sorted(seen) == many
