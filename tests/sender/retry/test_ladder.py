"""The ladder: how long a delivery waits after each attempt that failed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright_sender.errors import InvalidRetryDelays
from hookwright_sender.retry.ladder import DELAYS, JITTER, Ladder

SECONDS = {"s": 1, "min": 60, "h": 3600}
DOCUMENTED = "at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h"
UNITS = st.floats(0, 1, exclude_max=True)
LADDERS = st.lists(st.floats(0, 2_592_000), min_size=1, max_size=12).map(
    lambda delays: Ladder(tuple(sorted(delays)))
)


def half():
    """No jitter at all."""
    return 0.5


def test_the_schedule_is_the_documented_one():
    """That of Standard Webhooks, the first attempt being made at once."""
    _at_once, *others = DOCUMENTED.split(", ")
    expected = tuple(float(int(n) * SECONDS[unit]) for n, unit in (each.split() for each in others))
    assert expected == DELAYS
    assert JITTER == 0.2
    ladder = Ladder()
    assert [ladder.delay(failed, half) for failed in range(1, 10)] == pytest.approx(list(expected))
    assert ladder.attempts == 10
    assert ladder.delay(10, half) is None
    assert ladder.longest == 86400


@given(LADDERS, st.data(), UNITS)
def test_the_jitter_has_its_range(ladder, data, unit):
    """A fifth, earlier or later."""
    step = data.draw(st.integers(1, len(ladder.delays)))
    base = ladder.delays[step - 1]
    delay = ladder.delay(step, lambda: unit)
    assert base * 0.8 <= delay <= base * 1.2
    assert delay == pytest.approx(base * (0.8 + 0.4 * unit))


@given(LADDERS, UNITS)
def test_it_only_gets_longer(ladder, unit):
    """With the same luck, each step is at least as long as the one before."""
    delays = [ladder.delay(step, lambda: unit) for step in range(1, ladder.attempts)]
    assert delays == sorted(delays)
    assert ladder.delay(ladder.attempts, lambda: unit) is None


@pytest.mark.parametrize(
    ("step", "asked", "luck", "expected", "why"),
    [
        (1, 120.0, 0.0, 120.0, "as asked, and not a moment sooner"),
        (1, 120.0, 0.5, 132.0, "the jitter only adds to it"),
        (3, 1.0, 0.5, 1800.0, "never sooner than the step"),
        (3, 0.0, 0.5, 1800.0, "such as at once"),
        (3, 1700.0, 0.5, 1870.0, "within the step's own jitter"),
        (1, 1e9, 0.0, 86400.0, "never later than the longest step"),
        (9, 1e9, 0.999, 103662.72, "the last one is no exception"),
        (10, 5.0, 0.5, None, "there is no step left, whatever is asked"),
    ],
)
def test_a_receiver_may_ask_for_time(step, asked, luck, expected, why):
    """Within the schedule's bounds."""
    delay = Ladder().delay_asked(step, asked, lambda: luck)
    assert delay == (None if expected is None else pytest.approx(expected)), why


@given(LADDERS, st.data(), st.floats(0, 1e10), UNITS)
def test_what_is_asked_stays_within_the_bounds(ladder, data, asked, unit):
    """From the step itself, or what was asked if that is longer, to the longest step."""
    step = data.draw(st.integers(1, len(ladder.delays)))
    delay = ladder.delay_asked(step, asked, lambda: unit)
    assert delay >= ladder.delay(step, lambda: unit)
    assert delay >= min(asked, ladder.longest)
    assert delay <= ladder.longest * 1.2


@pytest.mark.parametrize(
    ("parts", "delays", "why"),
    [
        ((), DELAYS, "nothing was set"),
        (("5", "300"), (5.0, 300.0), "two retries"),
        (("0.5", "0.5", "1e3"), (0.5, 0.5, 1000.0), "fractions, and the same again"),
        (("0",), (0.0,), "one retry, at once"),
        (("2592000",), (2592000.0,), "30 days"),
        (("1",) * 100, (1.0,) * 100, "a hundred"),
    ],
)
def test_delays_can_be_set(parts, delays, why):
    """HOOKWRIGHT_RETRY_DELAYS, split at its commas."""
    assert Ladder.parse(parts).delays == delays, why


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("5", "soon"), "has something that is no number"),
        (("5", ""), "has something that is no number"),
        (("-1",), "has a delay that is not between 0 and 2592000"),
        (("nan",), "has a delay that is not between 0 and 2592000"),
        (("inf",), "has a delay that is not between 0 and 2592000"),
        (("2592001",), "has a delay that is not between 0 and 2592000"),
        (("300", "5"), "has a delay that is shorter than the one before it"),
        (("1",) * 101, "has 101 delays, and 100 are the most"),
    ],
)
def test_delays_that_make_no_ladder(parts, expected):
    """One line that names the setting and shows one that would do."""
    with pytest.raises(InvalidRetryDelays) as caught:
        Ladder.parse(parts)
    assert str(caught.value).startswith(f"HOOKWRIGHT_RETRY_DELAYS {expected}: give seconds")
    assert caught.value.exit_code == 2


def test_no_attempt_has_failed_before_the_first():
    """A mistake of ours, and not a delay."""
    with pytest.raises(ValueError, match="first attempt"):
        Ladder().delay(0, half)


def test_a_ladder_without_steps():
    """One attempt, at once, and that is that."""
    assert Ladder(()).longest == 0
    assert Ladder(()).delay(1, half) is None
    assert Ladder(()).attempts == 1
