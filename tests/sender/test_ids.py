"""Ids: no two alike, in the order of time, and they fit a signed 64-bit integer."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright_sender.ids import EPOCH_MS, SEQUENCES, Ids, first_id_at

START = EPOCH_MS / 1000


@given(st.lists(st.floats(min_value=0, max_value=2**40 / 1000), min_size=1, max_size=200))
def test_ids_rise_whatever_the_clock_does(moments):
    """A clock that stands still, or is set back, makes none twice."""
    times = iter(moments)
    ids = Ids(7, lambda: START + next(times))
    made = [ids.new() for _ in moments]
    assert made == sorted(set(made))
    assert all(0 <= each < 2**63 for each in made)


def test_a_full_millisecond_borrows_from_the_next():
    """More ids than a millisecond has are made all the same."""
    ids = Ids(7, lambda: START + 1)
    made = [ids.new() for _ in range(3 * SEQUENCES)]
    assert made == sorted(set(made))


def test_processes_have_nodes_of_their_own():
    """The same moment and place in the sequence, another node: another id."""
    assert Ids(1, lambda: START + 1).new() != Ids(2, lambda: START + 1).new()


def test_threads_share_one():
    """No two threads get the same id."""
    ids, made = Ids(1), []

    def make():
        made.extend([ids.new() for _ in range(2000)])

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8000


@given(st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 4095))
def test_a_moment_parts_the_ids_before_it_from_those_after(made_at, asked_for, node):
    """`first_id_at` is what a filter by time compares with; whole milliseconds here."""
    made = Ids(node, lambda: START + made_at / 1000).new()
    bound = first_id_at(START + asked_for / 1000)
    if made_at > asked_for:
        assert made >= bound
    if made_at < asked_for - 1:
        assert made < bound


@pytest.mark.parametrize(
    ("moment", "bound"),
    [
        # Before there were any.
        (0.0, 0),
        # 2099 and 9999: the bits are used up in 2095, and no database takes a 65th.
        (4_102_358_400.0, (1 << 63) - 1),
        (253_402_300_799.0, (1 << 63) - 1),
    ],
)
def test_a_moment_that_no_id_can_tell_has_a_bound_all_the_same(moment, bound):
    """Whoever filters by time may name any."""
    assert first_id_at(moment) == bound
