"""Order and time: what is due longest comes first, and one clock judges all leases."""

import threading
import time

from .conftest import module, wait_until


def test_what_is_due_longest_comes_first(receiver):
    """A retry that has been due for a while goes before what came after it, however much."""
    receiver.put("failed")
    first = receiver.claim()
    receiver.end(first, "not yet", retry_in=0.0)
    receiver.inbox.store([receiver.entry(f"new-{number}") for number in range(50)])
    assert receiver.claim().id == first.id


def test_a_replayed_message_does_not_wait_for_the_backlog(receiver, handle):
    """An operator who replays one message sees it handled, while new ones go on arriving."""
    handle(lambda _message: None)
    old = receiver.put("old")
    receiver.work("done")
    receiver.inbox.replay(old)
    receiver.inbox.store([receiver.entry(f"new-{number}") for number in range(50)])
    assert receiver.claim().id == old


def test_a_lease_is_on_the_databases_clock(receiver, monkeypatch):
    """A machine whose clock is minutes ahead takes nothing from one that is at work."""
    receiver.put("a")
    claimed = receiver.claim()
    with monkeypatch.context() as patch:
        for ahead in (11.0, -3600.0):
            patch.setattr(time, "time", lambda ahead=ahead: 1_700_000_000.0 + ahead)
            assert receiver.claim(receiver.opened()) is None
            receiver.inbox.renew([claimed])
            assert 0 < receiver.inbox.next_due() <= module("inbox").LEASE
    assert receiver.end(claimed)
    assert receiver.statuses() == ["done"]


def test_a_message_is_due_by_the_databases_clock_too(receiver, monkeypatch):
    """One that a machine stored whose clock is an hour ahead is handled at once all the same."""
    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)
    receiver.put("a")
    assert receiver.claim() is not None


def test_a_claim_that_has_run_out_changes_nothing(receiver):
    """The second claim is the one that counts: `exchange`, `renew` and `release` know."""
    receiver.put("a")
    late = receiver.claim()
    receiver.tell("UPDATE inbox SET due_at = 0")
    second = receiver.claim()
    assert second.id == late.id
    assert not receiver.end(late)
    assert not receiver.end(late, "late", steps=1)
    receiver.inbox.release([late])
    receiver.tell("UPDATE inbox SET due_at = 5 WHERE status = 'pending'")
    receiver.inbox.renew([late])
    assert receiver.ask("SELECT status, due_at FROM inbox") == [("pending", 5.0)]
    assert receiver.end(second)


def test_leases_are_renewed_for_handlers_that_run_and_no_others(receiver, handle, monkeypatch):
    """What has failed is due when its delay says, whatever the thread that renews is doing."""
    monkeypatch.setattr(module("worker"), "LEASE", 0.08)
    gate, begun = threading.Event(), threading.Event()
    handle(lambda _message: (begun.set(), gate.wait(30)))
    receiver.put("a")
    with receiver.working() as pool:
        assert begun.wait(30)
        due = receiver.ask("SELECT due_at FROM inbox")
        wait_until(lambda: receiver.ask("SELECT due_at FROM inbox") > due)
        gate.set()
        wait_until(lambda: receiver.statuses() == ["done"])
        assert pool._running == {}


def test_a_trouble_of_the_thread_that_renews_does_not_end_it(receiver, handle, monkeypatch, caplog):
    """One error, and all handlers that take long would run twice from then on."""
    monkeypatch.setattr(module("worker"), "LEASE", 0.08)
    gate, failed = threading.Event(), threading.Event()
    renew = module("inbox").Inbox.renew

    def fail_once(self, record):
        if not failed.is_set():
            failed.set()
            raise RuntimeError("whatever")
        renew(self, record)
        gate.set()

    monkeypatch.setattr(module("inbox").Inbox, "renew", fail_once)
    handle(lambda _message: gate.wait(30))
    receiver.put("a")
    receiver.work("done")
    assert failed.is_set()
    assert gate.is_set()
    assert "inbox unavailable" in [record.getMessage() for record in caplog.records]
