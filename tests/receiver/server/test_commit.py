"""Group commit among the threads of Flask: who writes, and what the others get."""

import contextlib
import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import wait_until

THREADS = 8


class Inbox:
    """Stands in for the inbox: each transaction waits until the test lets it go on."""

    def __init__(self, outcome):
        self.outcome = outcome
        self.batches = []
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)

    def store(self, entries):
        self.batches.append(list(entries))
        self.begun.release()
        assert self.go_on.acquire(timeout=10)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return [self.outcome] * len(entries)


@pytest.fixture
def module(project):
    """Import a module of the Flask project; on an event loop there are no threads to commit."""
    if project.stack != "flask":
        pytest.skip("its requests do not wait in threads")
    return project.module


@pytest.fixture
def pool():
    """Threads to store from."""
    with ThreadPoolExecutor(THREADS) as pool:
        yield pool


def wait_for(commit, count):
    """Wait until so many entries wait for the transaction that runs."""
    deadline = threading.Event()
    for _ in range(1000):
        if len(commit._waiting) == count:
            return
        deadline.wait(0.01)
    raise AssertionError(commit._waiting)


def test_shared(module, pool):
    """What comes while a transaction runs is stored together in the next one."""
    stored = module("inbox").Outcome.STORED
    inbox, wakes = Inbox(stored), []
    commit = module("commit").GroupCommit(inbox, lambda: wakes.append(1))
    first = pool.submit(commit.store, "first")
    assert inbox.begun.acquire(timeout=10)
    others = [pool.submit(commit.store, number) for number in range(THREADS - 1)]
    wait_for(commit, THREADS - 1)
    inbox.go_on.release(2)
    assert first.result(10) is stored
    assert [other.result(10) for other in others] == [stored] * (THREADS - 1)
    assert inbox.batches[0] == ["first"]
    assert sorted(inbox.batches[1]) == list(range(THREADS - 1))
    assert wakes == [1, 1]


def test_unavailable(module, pool):
    """A transaction that fails fails for all who wait by then, and for nobody after them."""
    unavailable = module("database").Unavailable("busy")
    stored = module("inbox").Outcome.STORED
    inbox, wakes = Inbox(unavailable), []
    commit = module("commit").GroupCommit(inbox, lambda: wakes.append(1))
    first = pool.submit(commit.store, "first")
    assert inbox.begun.acquire(timeout=10)
    second = pool.submit(commit.store, "second")
    wait_for(commit, 1)
    inbox.go_on.release()
    assert first.exception(10) is unavailable
    assert second.exception(10) is unavailable
    assert inbox.batches == [["first"]]
    assert wakes == []
    inbox.outcome = stored
    inbox.go_on.release()
    assert commit.store("third") is stored


def test_each_has_its_own(module, pool):
    """Under load every thread gets the outcome of its own entry, and every entry is stored once."""
    outcome = module("inbox").Outcome

    class Echo:
        def __init__(self):
            self.entries = []

        def store(self, entries):
            self.entries += entries
            return [outcome.STORED if entry % 3 else outcome.REPEATED for entry in entries]

    inbox = Echo()
    commit = module("commit").GroupCommit(inbox, lambda: None)
    outcomes = list(pool.map(commit.store, range(3000)))
    assert outcomes == [outcome.STORED if entry % 3 else outcome.REPEATED for entry in range(3000)]
    assert sorted(inbox.entries) == list(range(3000))


def test_a_failure_keeps_no_request(module):
    """A frame that keeps its own error would live until the next collection, with the body."""

    class Entry:
        pass

    class Locked:
        def store(self, _entries):
            raise module("database").Unavailable("busy")

    def fail(commit):
        entry = Entry()
        with contextlib.suppress(module("database").Unavailable):
            commit.store(entry)
        return weakref.ref(entry)

    commit = module("commit").GroupCommit(Locked(), lambda: None)
    gc.collect()
    gc.disable()
    try:
        left = fail(commit)
        # The thread that writes lets go of it after it has said what became of it.
        wait_until(lambda: left() is None)
    finally:
        gc.enable()
