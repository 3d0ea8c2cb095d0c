"""One message's trouble stays its own: whatever a handler raises, a text holds, a sink fails of."""

import asyncio
import json
import logging
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import EVENT, module, wait_until


class UnspeakableError(Exception):
    """What cannot even be told."""

    def __str__(self):
        raise ValueError("no words")


class NoTextError(Exception):
    """What says something that is no text."""

    def __str__(self):
        return 1  # noqa: PLE0307  that is its fault


RAISED = [
    (ValueError("why"), "what a handler usually raises"),
    (asyncio.CancelledError(), "procrastinate#871: not an Exception since Python 3.8"),
    (KeyboardInterrupt(), "what Ctrl-C raises, in a thread that has none"),
    (SystemExit(3), "what a library calls that thinks it is a program"),
    (GeneratorExit(), "what is left of BaseException"),
    (MemoryError(), "a message that is too much"),
    (RecursionError("deep"), "a payload that is too deep for somebody's parser"),
    (ExceptionGroup("several", [ValueError("a"), KeyError("b")]), "what task groups raise"),
    (ValueError("a\0b"), "PostgreSQL's text has no NUL (hasura#6782)"),
    (ValueError("\ud800"), "no encoding has half of a surrogate pair"),
    (ValueError("\x1b]0;owned\x07\x9b2J"), "what a terminal would obey"),
    (ValueError("x" * 65536), "64 KiB"),
    (ValueError("\n\n"), "lines without words"),
    (ValueError(), "nothing at all"),
    (UnspeakableError(), "an error whose text is an error"),
    (NoTextError(), "an error whose text is none"),
    (type("Nämé\u202e", (Exception,), {})("x"), "a name that is not ASCII"),
    (json.JSONDecodeError("m", "d\0", 0), "one of a library's"),
]


@pytest.mark.parametrize(("error", "reason"), RAISED, ids=[reason for _, reason in RAISED])
def test_whatever_a_handler_raises(receiver, handle, error, reason):
    """It is tried again, becomes a dead letter that says why, and the message behind it is done."""

    def handler(message):
        if message.key == "header:bad":
            raise error

    handle(handler)
    bad = receiver.put("bad")
    receiver.put("good")
    receiver.work("dead", "done")
    record = receiver.record(bad)
    assert record.attempts == 3
    assert record.error.startswith(module("problems").printable(type(error).__name__))
    assert len(record.error) < 8192
    assert all(letter.isprintable() or letter == "\n" for letter in record.error)
    assert receiver.inbox.replay(bad)
    handle(lambda _message: None)
    receiver.work("done", "done")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_whatever_an_error_says(receiver, text):
    """Every category of Unicode, surrogates and controls too: it can be stored and read."""
    receiver.tell("DELETE FROM inbox")
    receiver.inbox.store([receiver.entry()])
    record = receiver.claim()
    told = module("problems").told(ValueError(text))
    receiver.end(record, told)
    assert receiver.record(record.id).error == told
    told.encode("utf-8")


@settings(
    max_examples=settings.default.max_examples // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
        | st.integers(-(10**30), 10**30)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.none()
        | st.booleans(),
        max_size=4,
    )
)
def test_whatever_a_message_holds(receiver, handle, content):
    """No message stays pending, and the one behind it is handled: through every sink."""
    handle(lambda _message: None)
    receiver.tell("DELETE FROM inbox")
    documented = module("contract").load_contract().event(EVENT).fields
    added = {name: value for name, value in content.items() if name not in documented}
    receiver.inbox.store([receiver.entry(None, id="a" + repr(content), **added)])
    receiver.inbox.store([receiver.entry(None, id="b" + repr(content))])
    receiver.work("done", "done")


def test_a_nul_in_what_identifies_a_message(receiver):
    """It is stored, a repeat of it is a repeat, and another body under it is a conflict (F-R4)."""
    outcome = module("inbox").Outcome
    for expected in (outcome.STORED, outcome.REPEATED):
        assert receiver.inbox.store([receiver.entry(id="e\0")]) == [expected]
    (conflict,) = receiver.inbox.store([receiver.entry(id="e\0", m=1)])
    assert conflict.status == 409
    receiver.inbox.store([receiver.entry(id="e")])
    assert len(receiver.statuses()) == 2


def test_what_a_database_does_not_take(receiver, caplog):
    """The others of the same commit are stored; that one is refused for good, and never 503."""
    if receiver.url.startswith("sqlite"):
        receiver.tell(
            "CREATE TRIGGER fussy BEFORE INSERT ON inbox WHEN new.key = 'header:bad' "
            "BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )
    else:
        receiver.tell("ALTER TABLE inbox ADD CONSTRAINT fussy CHECK (key <> 'header:bad')")
    entries = [receiver.entry(message_id) for message_id in ("a", "bad", "b")]
    stored, refused, other = receiver.inbox.store(entries)
    assert stored is other is module("inbox").Outcome.STORED
    assert refused.status == 422
    assert len(receiver.statuses()) == 2
    assert [record.getMessage() for record in caplog.records] == ["not storable"]


def test_a_table_that_is_not_there_is_nobodys_fault_but_ours(receiver):
    """What no message can be stored in is not a reason to refuse this one for good."""
    receiver.tell("ALTER TABLE inbox RENAME TO elsewhere")
    with pytest.raises(Exception, match="inbox") as error:
        receiver.inbox.store([receiver.entry("a")])
    assert not isinstance(error.value, module("database").Unavailable)


def test_a_sink_that_fails_does_not_run_the_handler_again(receiver, handle):
    """One mail, one charge, however long the disk is full; replaying begins from the start."""
    handled = []
    handle(handled.append)
    Path("received").write_text("in the way")
    bad = receiver.put("bad")
    receiver.work("dead")
    assert len(handled) == 1
    assert "FileExistsError" in receiver.record(bad).error
    Path("received").unlink()
    assert receiver.inbox.replay(bad)
    receiver.work("done")
    assert len(handled) == 2


def test_a_sink_in_the_database_that_fails(receiver, handle):
    """The error is that message's: it is a dead letter, the files have it once, others are done."""
    handled = []
    handle(handled.append)
    receiver.tell('ALTER TABLE received_paid RENAME COLUMN "amount" TO "somebody else\'s"')
    receiver.put("bad", amount=1)
    receiver.put("good")
    receiver.work("dead", "done")
    assert [message.key for message in handled] == ["header:bad", "header:good"]
    assert len(Path("received/events.jsonl").read_text().splitlines()) == 2


def test_what_a_handler_changes_is_its_own(receiver, handle):
    """The sinks get what came."""
    handle(lambda message: (message.fields.clear(), message.parameters.update(x=1)))
    receiver.put("a", amount=2)
    receiver.work("done")
    (line,) = Path("received/events.jsonl").read_text().splitlines()
    assert json.loads(line)["fields"]["amount"] == 2
    assert json.loads(line)["parameters"] == {}


def test_an_event_that_the_contract_has_lost(receiver, handle):
    """A dead letter that says so; the one behind it is handled, and both can be looked at."""
    handle(lambda _message: None)
    receiver.put("old")
    receiver.tell("UPDATE inbox SET event = 'refunded'")
    receiver.put("new")
    receiver.work("dead", "done")
    first = next(receiver.inbox.records())
    assert "refunded" in first.error
    assert module("formats").message_of(first).parameters["id"] == "e1"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ends_is_replaced(receiver, handle, monkeypatch, caplog):
    """It is logged and counted, its message is handled, and meanwhile readiness tells."""
    handle(lambda _message: None)
    pool_type, worker = module("worker").WorkerPool, module("worker")
    dying = threading.Event()
    attempt = worker.attempt

    def die_once(record, **limits):
        if not dying.is_set():
            dying.set()
            raise SystemExit
        return attempt(record, **limits)

    monkeypatch.setattr(worker, "attempt", die_once)
    monkeypatch.setattr(module("inbox"), "LEASE", 0.2)
    receiver.put("a")
    with receiver.working() as pool:
        wait_until(lambda: receiver.statuses() == ["done"])
        wait_until(lambda: pool.replaced == 1)
        assert pool.trouble(None) is None
    assert "a worker has ended, and is replaced" in [r.getMessage() for r in caplog.records]
    assert isinstance(pool, pool_type)
    (replaced,) = [
        metric
        for metric in module("metrics").Metrics(receiver.opened(), pool).collect()
        if metric.name == "webhook_workers_replaced"
    ]
    assert replaced.samples[0].value == 1


def test_readiness_tells_that_handlers_do_not_move(receiver, handle, monkeypatch):
    """A handler that never ends and messages behind it; without any behind it nothing is wrong."""
    gate = threading.Event()
    begun = threading.Event()
    handle(lambda _message: (begun.set(), gate.wait(30)))
    receiver.put("a")
    with receiver.working() as pool:
        assert begun.wait(30)
        assert pool.trouble(receiver.inbox.next_due()) is None
        monkeypatch.setattr(module("worker"), "STANDSTILL", -1.0)
        assert pool.trouble(receiver.inbox.next_due()) is None
        receiver.put("b")
        assert "no handler ends" in pool.trouble(receiver.inbox.next_due() - 1)
        gate.set()
        wait_until(lambda: receiver.statuses() == ["done", "done"])
        monkeypatch.setattr(module("worker"), "STANDSTILL", 300.0)
        assert pool.trouble(receiver.inbox.next_due()) is None


def test_a_pool_that_was_told_to_run_nothing_has_no_trouble(make):
    """`WORKERS=0` leaves handlers to other processes."""
    receiver = make(WORKERS="0")
    pool = module("worker").WorkerPool(receiver.settings, receiver.database)
    pool.start()
    assert pool.trouble(-1000.0) is None
    pool.stop()


def test_a_stop_gives_back_what_does_not_end(make, handle):
    """Without counting the attempt: as many deployments as there are attempts lose nothing."""
    receiver = make(STOP_TIMEOUT="0")
    gate, seen = threading.Event(), []
    handle(lambda message: (seen.append(message.attempt), gate.wait(30)))
    number = receiver.put("long")
    for _ in range(4):
        count = len(seen)
        with receiver.working():
            wait_until(lambda count=count: len(seen) > count)
        assert (receiver.record(number).status, receiver.record(number).attempts) == ("pending", 0)
        assert receiver.inbox.next_due() <= 0
    gate.set()
    # What came back late has changed nothing: it is handled once more.
    receiver.work("done")
    assert seen == [1] * 5
    assert len(Path("received/events.jsonl").read_text().splitlines()) >= 1


def test_an_attempt_that_failed_is_what_a_dead_letter_tells(make, handle):
    """Fewer attempts than before: the message is dead, and not because a process died."""
    receiver = make(RETRY_DELAYS="0,3600")

    def fail(_message):
        raise ValueError("the reason")

    handle(fail)
    number = receiver.put("a")
    with receiver.working():
        wait_until(lambda: receiver.record(number).attempts == 2)
        wait_until(lambda: receiver.record(number).error is not None)
    receiver.tell("UPDATE inbox SET due_at = 0")
    receiver.environment["RETRY_DELAYS"] = "0"
    receiver.prepare()
    receiver.work("dead")
    assert receiver.record(number).error == "ValueError: the reason"


def test_logs_do_not_quote_what_a_handler_quotes(receiver, handle, caplog):
    """The rest of an error is in the inbox."""
    caplog.set_level(logging.DEBUG)

    def fail(message):
        raise ValueError(f"a personal word: {message.fields['id']}")

    handle(fail)
    receiver.put("a", id="secret-id")
    receiver.work("dead")
    assert not any("secret-id" in str(record.__dict__) for record in caplog.records)
