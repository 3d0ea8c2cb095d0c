"""Calls that are repeated with their Idempotency-Key: done once, answered the same."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from hookwright_sender.platform.capture import Lead
from hookwright_sender.platform.errors import (
    IdempotencyMismatch,
    InvalidIdempotencyKey,
    InvalidValue,
)
from hookwright_sender.store.tables import ctas, events, idempotent_answers

REQUEST = b'POST /api/v1/ctas {"name":"x"}'
DAY = 24 * 3600


@pytest.fixture
def make(platform, ada):
    """Make a CTA with a key; the answer is its id."""

    def call(key, request=REQUEST, principal=ada):
        def work(connection):
            cta = platform.ctas.create(principal, "form", "x", connection=connection)
            return str(cta.id).encode()

        return platform.idempotency.once(principal, key, request, work)

    return call


def count(platform):
    """Return how many CTAs there are."""
    return len(platform.rows(select(ctas)))


def test_a_repeated_call_gets_the_first_answer(platform, make):
    """And does nothing again."""
    first = make("key-1")
    again = make("key-1")
    assert (first.repeated, again.repeated) == (False, True)
    assert first.body == again.body
    assert count(platform) == 1
    assert platform.woken == [True]


def test_another_key_is_another_call(platform, make):
    """Two keys, two objects; without a key each call does its work."""
    bodies = {make(key).body for key in ("key-1", "key-2", None, None)}
    assert len(bodies) == count(platform) == 4


def test_keys_belong_to_their_account(platform, make, eve):
    """Strangers may use the same key, and see nothing of each other."""
    mine, theirs = make("key-1"), make("key-1", principal=eve)
    assert not theirs.repeated
    assert mine.body != theirs.body


def test_a_key_with_another_request_is_refused(platform, make):
    """Whoever mixes keys up hears of it, and nothing is done."""
    make("key-1")
    with pytest.raises(IdempotencyMismatch):
        make("key-1", REQUEST + b" ")
    assert count(platform) == 1


def test_a_refused_call_can_be_mended_under_its_key(platform, ada, make):
    """Nothing was done, so nothing is kept: not the key either."""

    def refused(connection):
        platform.ctas.create(ada, "form", "x", connection=connection)
        raise InvalidValue("name", "is wrong")

    with pytest.raises(InvalidValue):
        platform.idempotency.once(ada, "key-1", b"another request", refused)
    assert count(platform) == 0
    assert not make("key-1").repeated


def test_an_answer_is_kept_for_a_day(platform, make):
    """Then the key is a new one, also with another request."""
    make("key-1")
    platform.clock.advance(DAY - 1)
    assert make("key-1").repeated
    platform.clock.advance(1)
    assert not make("key-1", b"another request").repeated
    assert make("key-1", b"another request").repeated
    assert count(platform) == 2


def test_at_the_same_time_the_work_is_done_once(platform, ada):
    """Eight calls with one key at once: one works, the others wait for its answer."""
    owner = platform.cta(ada)
    together = threading.Barrier(4)

    def work(connection):
        event = platform.capture.lead(ada, Lead(owner.id, "a@b.co"), connection=connection)
        return str(event.id).encode()

    def call(number):
        if number < 4:
            together.wait()
        return platform.idempotency.once(ada, "key-1", REQUEST, work)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(call, range(8)))
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 7
    assert len({answer.body for answer in answers}) == 1
    assert len(platform.rows(select(events))) == 1


def test_whoever_waits_does_the_work_when_the_first_one_fails(platform, ada):
    """A call that waited for one that was refused is the first one then."""
    begun, go_on = threading.Event(), threading.Event()

    def failing(_connection):
        begun.set()
        go_on.wait(20)
        raise InvalidValue("name", "is wrong")

    def first():
        with pytest.raises(InvalidValue):
            platform.idempotency.once(ada, "key-1", REQUEST, failing)

    def second():
        begun.wait(20)
        return platform.idempotency.once(ada, "key-1", REQUEST, lambda _connection: b"done")

    with ThreadPoolExecutor(2) as threads:
        one, two = threads.submit(first), threads.submit(second)
        begun.wait(20)
        go_on.set()
        one.result()
        assert two.result().body == b"done"


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "a\n"])
def test_a_key_is_visible_ascii(platform, make, key):
    """1 to 255 characters; anything else is refused before anything is done."""
    with pytest.raises(InvalidIdempotencyKey):
        make(key)
    assert count(platform) == 0


def test_what_is_stored_is_neither_the_key_nor_the_answer(platform, make):
    """Both may tell something about a person."""
    answer = make("key-of-ada@example.com")
    [row] = platform.rows(select(idempotent_answers))
    stored = b"".join(value for value in row if isinstance(value, bytes))
    assert answer.body not in stored
    assert b"ada@example.com" not in stored
