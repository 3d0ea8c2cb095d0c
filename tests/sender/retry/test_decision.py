"""What becomes of a delivery after each kind of attempt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright_sender.outcome import Outcome
from hookwright_sender.retry.decision import Action, decide
from hookwright_sender.retry.ladder import Ladder

NOW = 1_795_000_000.0
LADDER = Ladder()


def decided(outcome, status=None, attempts=1, retry_after=None):
    """Decide without any jitter."""
    return decide(outcome, status, attempts, retry_after, NOW, lambda: 0.5, LADDER)


RETRIED = [
    (Outcome.SERVER_ERROR, 500, "a fault of the receiver's"),
    (Outcome.SERVER_ERROR, 502, "a proxy without its server"),
    (Outcome.SERVER_ERROR, 503, "it is busy, and asks for nothing"),
    (Outcome.SERVER_ERROR, 599, "any 5xx"),
    (Outcome.CLIENT_ERROR, 408, "it did not wait for us"),
    (Outcome.CLIENT_ERROR, 425, "too early"),
    (Outcome.CLIENT_ERROR, 429, "too many, and it asks for nothing"),
    (Outcome.CLIENT_ERROR, 400, "it may be mid-deploy"),
    (Outcome.CLIENT_ERROR, 401, "its secret may be on its way"),
    (Outcome.CLIENT_ERROR, 404, "its route may be on its way"),
    (Outcome.REDIRECT, 302, "never followed, and no success"),
    (Outcome.REDIRECT, 304, "any 3xx"),
    (Outcome.DNS_ERROR, None, "the name may resolve again"),
    (Outcome.REFUSED, None, "nobody listens"),
    (Outcome.TLS_ERROR, None, "a certificate that ran out"),
    (Outcome.TIMEOUT, None, "too slow"),
    (Outcome.TIMEOUT, 200, "too slow with its headers, whatever their status"),
    (Outcome.DISCONNECTED, None, "it went away"),
    (Outcome.INVALID_RESPONSE, None, "no HTTP"),
    (Outcome.INVALID_RESPONSE, 101, "a status that ends nothing"),
    (Outcome.INVALID_RESPONSE, 410, "a 410 that made no sense disables nothing"),
]


@pytest.mark.parametrize(("outcome", "status", "why"), RETRIED)
def test_what_is_retried(outcome, status, why):
    """On the ladder; after the last step it is a dead letter. It never disables at once."""
    decision = decided(outcome, status)
    assert decision.action is Action.RETRY, why
    assert decision.retry_at == NOW + 5
    assert not decision.gone
    second = decided(outcome, status, attempts=2)
    assert second.retry_at == NOW + 300
    last = decided(outcome, status, attempts=10)
    assert (last.action, last.retry_at, last.gone) == (Action.DEAD, None, False)
    assert last.reason.endswith("and no attempt is left after 10")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_what_is_delivered(status):
    """Any 2xx, whatever else it says."""
    decision = decided(Outcome.SUCCESS, status, retry_after="60")
    assert (decision.action, decision.retry_at, decision.gone) == (Action.DELIVERED, None, False)
    assert str(status) in decision.reason


def test_gone_is_final_and_disables():
    """The receiver says that it wants nothing any more."""
    decision = decided(Outcome.CLIENT_ERROR, 410, retry_after="60")
    assert (decision.action, decision.retry_at, decision.gone) == (Action.DEAD, None, True)


def test_a_refusal_of_ours_is_final():
    """The same policy would refuse it again; the webhook itself is judged by its health."""
    decision = decided(Outcome.FORBIDDEN)
    assert (decision.action, decision.retry_at, decision.gone) == (Action.DEAD, None, False)


@pytest.mark.parametrize(
    ("outcome", "status", "retry_after", "expected", "why"),
    [
        (Outcome.CLIENT_ERROR, 429, "100", 110, "honoured, with jitter on top"),
        (Outcome.SERVER_ERROR, 503, "100", 110, "honoured"),
        (Outcome.CLIENT_ERROR, 429, "1", 5, "not sooner than the ladder"),
        (Outcome.CLIENT_ERROR, 429, "999999999", 95040, "not later than the longest step"),
        (Outcome.CLIENT_ERROR, 429, "soon", 5, "nonsense"),
        (Outcome.SERVER_ERROR, 500, "100", 5, "means nothing with a 500"),
        (Outcome.CLIENT_ERROR, 425, "100", 5, "nor with a 425"),
        (Outcome.REDIRECT, 301, "100", 5, "nor with a redirect that is not followed"),
        (Outcome.TIMEOUT, None, "100", 5, "nor without an answer"),
    ],
)
def test_retry_after(outcome, status, retry_after, expected, why):
    """Honoured on 429 and 503, within the schedule's bounds."""
    decision = decided(outcome, status, retry_after=retry_after)
    assert decision.retry_at == pytest.approx(NOW + expected), why


def test_every_outcome_is_decided():
    """A new one must not fall through unnoticed."""
    listed = {outcome for outcome, _, _ in RETRIED}
    assert listed | {Outcome.SUCCESS, Outcome.FORBIDDEN} == set(Outcome)


@given(
    st.sampled_from(Outcome),
    st.one_of(st.none(), st.integers(100, 999)),
    st.integers(1, 20),
    st.one_of(st.none(), st.text(), st.integers(-10, 10**9).map(str)),
    st.floats(0, 1, exclude_max=True),
)
def test_it_is_a_decision(outcome, status, attempts, retry_after, luck):
    """There is a time if and only if there is a retry, and it is within bounds."""
    decision = decide(outcome, status, attempts, retry_after, NOW, lambda: luck, LADDER)
    assert (decision.retry_at is not None) == (decision.action is Action.RETRY)
    assert (decision.action is Action.DELIVERED) == (outcome is Outcome.SUCCESS)
    assert not decision.gone or decision.action is Action.DEAD
    assert decision.reason
    assert "\n" not in decision.reason
    if decision.retry_at is not None:
        assert attempts < LADDER.attempts
        low = LADDER.delays[attempts - 1] * 0.8
        assert low - 1e-3 <= decision.retry_at - NOW <= LADDER.longest * 1.2 + 1e-3
