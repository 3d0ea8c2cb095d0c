"""The health of a webhook: failing, recovered, disabled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright_sender.retry.decision import Action, Decision
from hookwright_sender.retry.health import PATIENCE, Change, Health, observe

DAY = 86400.0
T = 1_795_000_000.0
GOOD = Decision(Action.DELIVERED, "the receiver took it with 200")
BAD = Decision(Action.RETRY, "server error 500", T)
DEAD = Decision(Action.DEAD, "timeout, and no attempt is left after 10")
GONE = Decision(Action.DEAD, "the receiver answered 410: it is gone for good", gone=True)
WELL = Health()
FAILING = Health(failing_since=T)
DISABLED = Health(T, T + 5 * DAY, "every attempt failed")

TABLE = [
    (WELL, (GOOD, T), WELL, (), "it goes on well: nothing to write"),
    (WELL, (BAD, T), FAILING, (Change.FAILING,), "the first failure after a success"),
    (WELL, (DEAD, T), FAILING, (Change.FAILING,), "whatever becomes of the delivery"),
    (FAILING, (BAD, T + 1), FAILING, (), "one more: nothing to write, nobody to tell"),
    (FAILING, (BAD, T - 1), FAILING, (), "an older one, reported late"),
    (FAILING, (GOOD, T + 1), WELL, (Change.RECOVERED,), "it takes messages again"),
    (FAILING, (GOOD, T), WELL, (Change.RECOVERED,), "at the same moment"),
    (FAILING, (GOOD, T - 1), FAILING, (), "an older success, reported late, ends no failure"),
    (FAILING, (BAD, T + 5 * DAY - 1), FAILING, (), "not five days yet"),
    (DISABLED, (BAD, T + 6 * DAY), DISABLED, (), "in flight when it was disabled"),
    (DISABLED, (GOOD, T + 6 * DAY), DISABLED, (), "only a person enables it again"),
    (DISABLED, (GONE, T + 6 * DAY), DISABLED, (), "the first reason stays"),
]


@pytest.mark.parametrize(("before", "attempt", "after", "changes", "why"), TABLE)
def test_transitions(before, attempt, after, changes, why):
    """One attempt more; what did not change is the same object, so that nothing is written."""
    transition = observe(before, *attempt)
    assert transition.health == after, why
    assert transition.changes == changes, why
    assert (transition.health is before) == (before == after)


@pytest.mark.parametrize(
    ("at", "patience", "why"),
    [
        (T + 5 * DAY, PATIENCE, "five days to the second"),
        (T + 9 * DAY, PATIENCE, "nothing was sent for a long time, and then it failed"),
        (T + 60, 60.0, "as configured"),
    ],
)
def test_it_is_disabled_after_days_of_failures(at, patience, why):
    """Visibly, with the reason."""
    transition = observe(FAILING, BAD, at, patience)
    assert transition.changes == (Change.DISABLED,), why
    health = transition.health
    assert (health.failing_since, health.disabled_at, health.disabled) == (T, at, True)
    assert "every attempt since 2026-11-18T11:06:40Z failed" in health.reason
    assert "the last with server error 500" in health.reason
    assert health.reason.endswith("enable it again when its receiver answers")
    assert "\n" not in health.reason


@pytest.mark.parametrize(
    ("before", "changes", "why"),
    [
        (WELL, (Change.FAILING, Change.DISABLED), "out of the blue"),
        (FAILING, (Change.DISABLED,), "after other failures"),
    ],
)
def test_gone_disables_at_once(before, changes, why):
    """The receiver says so itself."""
    transition = observe(before, GONE, T + 1)
    assert transition.changes == changes, why
    assert transition.health.disabled_at == T + 1
    assert "410 (Gone) on 2026-11-18T11:06:41Z" in transition.health.reason


def test_days_are_counted_from_the_first_failure_since_the_last_success():
    """A success in between starts the count anew."""
    health = WELL
    told = []
    for day, decision in ((0, BAD), (4, BAD), (4.5, GOOD), (5, BAD), (9.9, BAD), (10, BAD)):
        transition = observe(health, decision, T + day * DAY)
        told += [(day, change) for change in transition.changes]
        health = transition.health
    assert told == [
        (0, Change.FAILING),
        (4.5, Change.RECOVERED),
        (5, Change.FAILING),
        (10, Change.DISABLED),
    ]


def test_enabling_is_a_new_start():
    """Five more days, counted from the next failure."""
    transition = observe(Health(), BAD, T + 30 * DAY)
    assert transition.health == Health(T + 30 * DAY)
    assert not transition.health.disabled


@given(
    st.lists(
        st.tuples(st.sampled_from([GOOD, BAD, DEAD, GONE]), st.floats(0, 2 * DAY)), max_size=30
    )
)
def test_whatever_happens(course):
    """Changes alternate, a disabled webhook stays disabled, and only for a reason."""
    health, at = Health(), T
    told = []
    failures_since = None
    for decision, passed in course:
        at += passed
        before = health
        transition = observe(health, decision, at)
        health = transition.health
        told += transition.changes
        if before.disabled:
            assert health is before
            continue
        failures_since = None if decision is GOOD else (failures_since or at)
        assert health.failing_since == failures_since
        due = failures_since is not None and at - failures_since >= PATIENCE
        assert health.disabled == (decision is GONE or due)
        assert bool(health.reason) == health.disabled
    assert told.count(Change.DISABLED) == health.disabled
    states = [change for change in told if change is not Change.DISABLED]
    assert states == [(Change.FAILING, Change.RECOVERED)[i % 2] for i in range(len(states))]
