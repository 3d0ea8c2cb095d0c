"""What an answer amounts to: the class is a MUST, the code a SHOULD, and silence has its kinds."""

import pytest

from hookwright_receiver.conformance import Fault, Verdict
from hookwright_receiver.conformance.answer import Answer, Failure
from hookwright_receiver.conformance.client import Exchange
from hookwright_receiver.conformance.expectation import ACCEPT, accept_or, refuse


def answered(status: int) -> Exchange:
    return Exchange(b"", 0, Answer(status, "", (), b""))


def silent(failure: Failure) -> Exchange:
    return Exchange(b"", 0, failure=failure)


PASSED, WARNED, FAILED = Verdict.PASSED, Verdict.WARNED, Verdict.FAILED

ROWS = [
    (ACCEPT, answered(204), PASSED, None),
    # A redirect is a failure to a sender, which never follows one.
    (ACCEPT, answered(301), FAILED, Fault.ANSWER),
    (ACCEPT, answered(422), FAILED, Fault.ANSWER),
    (refuse(422), answered(422), PASSED, None),
    # The right class with another code.
    (refuse(422), answered(400), WARNED, Fault.ANSWER),
    (refuse(503), answered(500), WARNED, Fault.ANSWER),
    (refuse(422), answered(200), FAILED, Fault.ANSWER),
    # Where the code is what the case is for, the class is not enough.
    (refuse(401, exactly=True), answered(400), FAILED, Fault.ANSWER),
    # A 5xx to bad input is a receiver that fell over.
    (refuse(422), answered(500), FAILED, Fault.CRASH),
    (accept_or(400), answered(200), PASSED, None),
    (accept_or(400), answered(415), WARNED, Fault.ANSWER),
    # A closed connection is right only where it is listed.
    (refuse(400, closed=True), silent(Failure.CLOSED), PASSED, None),
    (refuse(400), silent(Failure.CLOSED), FAILED, Fault.CRASH),
    (ACCEPT, silent(Failure.REFUSED), FAILED, Fault.CRASH),
    (ACCEPT, silent(Failure.TIMEOUT), FAILED, Fault.TIMEOUT),
    (ACCEPT, silent(Failure.INVALID), FAILED, Fault.ANSWER),
]


@pytest.mark.parametrize(("expectation", "exchange", "verdict", "fault"), ROWS)
def test_an_exchange_is_judged(expectation, exchange, verdict, fault):
    """Each row is one answer, or its absence, and what the runner makes of it."""
    judgement = expectation.judge(exchange)

    assert (judgement.verdict, judgement.fault) == (verdict, fault)


def test_an_expectation_reads_as_a_sentence():
    """A report says what would have been right."""
    assert str(accept_or(400)) == "2xx or 400"
    assert str(refuse(431, 400, closed=True)) == "431 or 400 or a closed connection"
