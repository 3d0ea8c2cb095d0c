"""A runner without a turn on its machine blames nobody for what it did not hear."""

import asyncio
from dataclasses import replace

import pytest

from hookwright_receiver.conformance import Engine, Fault, Verdict, select
from hookwright_receiver.conformance.credentials import Credentials
from hookwright_receiver.conformance.engine import TRIES
from hookwright_receiver.conformance.lag import INTERVAL, Lag
from hookwright_schemas import load_contract

from .receivers.in_process import InProcessTarget
from .receivers.reference import Receiver, Refused
from .receivers.server import Server
from .test_cross_table import PATIENCE


class Clock:
    """A clock, and a sleep that is late by what the row says, each time."""

    def __init__(self, *late):
        self.now, self.late = 0.0, list(late)

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        if not self.late:
            raise asyncio.CancelledError
        self.now += seconds + self.late.pop(0)


@pytest.mark.parametrize(
    ("late", "since", "expected", "why"),
    [
        ([], 0.0, 0.0, "nothing was measured"),
        ([0.0, 0.0], 0.0, 0.0, "it woke in time"),
        ([0.0, 2.0, 0.5], 0.0, 2.0, "the latest is what counts"),
        ([2.0, 0.0, 0.5], 2.15, 0.5, "what was before the step is another one's"),
        ([2.0], 1.0, 2.0, "what reached into the step is not"),
    ],
)
def test_it_is_known_how_late_the_runner_was(late, since, expected, why):
    """By sleeping, and looking at the clock."""
    clock = Clock(*late)
    lag = Lag(clock, clock.sleep)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(lag.watch())

    assert lag.since(since) == pytest.approx(expected), why


def test_a_sleep_that_has_not_ended_counts_too():
    """Whoever asks first after a stall must not be told that there was none."""
    clock = Clock()
    lag = Lag(clock, clock.sleep)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(lag.watch())

    clock.now += INTERVAL + 3.0

    assert lag.since(clock.now) == pytest.approx(3.0)


class Late(Lag):
    """Says for each look how late the runner was; the last number is for all that follow."""

    def __init__(self, *seconds):
        super().__init__()
        self.seconds = list(seconds)
        self.looks = 0

    def since(self, _moment):
        self.looks += 1
        return self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]


class Thinks(Receiver):
    """Answers an empty body too late, as often as `times` says."""

    times = 99

    async def accept(self, headers, body):
        if not body and self.times:
            Thinks.times = self.times - 1
            await asyncio.sleep(60)
        await super().accept(headers, body)


class HangsUp(Server):
    """Closes instead of answering to an empty body."""

    async def answer(self, method, target, headers, body, writer):
        if dict(headers).get(b"content-length") == b"0" and method == "POST":
            return False
        return await super().answer(method, target, headers, body, writer)


class Wrong(Receiver):
    """Answers an empty body, and not as it should."""

    async def accept(self, headers, body):
        if body:
            await super().accept(headers, body)


class FallsOver(Receiver):
    """Answers 500 to an empty body."""

    async def accept(self, headers, body):
        if not body:
            raise Refused(500, "oh")
        await super().accept(headers, body)


BOUND = PATIENCE.lag

ROWS = [
    # In time: who says nothing is at fault, and is asked once.
    (Thinks, Server, 99, [0.0], Verdict.FAILED, Fault.TIMEOUT, 1),
    (Thinks, Server, 99, [BOUND], Verdict.FAILED, Fault.TIMEOUT, 1),
    (Receiver, HangsUp, 0, [0.0], Verdict.FAILED, Fault.CRASH, 1),
    # Too late each time: nobody can tell.
    (Thinks, Server, 99, [BOUND + 1], Verdict.ERROR, Fault.TIMEOUT, TRIES),
    (Receiver, HangsUp, 0, [BOUND + 1], Verdict.ERROR, Fault.CRASH, TRIES),
    # Too late once: the second time tells, one way or the other.
    (Thinks, Server, 1, [BOUND + 1, 0.0], Verdict.PASSED, None, 1),
    (Thinks, Server, 99, [BOUND + 1, 0.0], Verdict.FAILED, Fault.TIMEOUT, 2),
    # What was heard was heard, however late.
    (Wrong, Server, 0, [BOUND + 1], Verdict.FAILED, Fault.ANSWER, 0),
    (FallsOver, Server, 0, [BOUND + 1], Verdict.FAILED, Fault.CRASH, 0),
]


@pytest.mark.parametrize(("receiver", "server", "times", "late", "verdict", "fault", "looks"), ROWS)
def test_silence_is_no_verdict_while_the_runner_is_late(  # noqa: PLR0913, PLR0917  a row
    monkeypatch, receiver, server, times, late, verdict, fault, looks
):
    """The case is run again, with messages of its own, and at last is the runner's error."""
    monkeypatch.setattr(Thinks, "times", times)
    target = InProcessTarget(load_contract(), Credentials(), receiver=receiver, server=server)
    lag = Late(*late)
    patience = replace(PATIENCE, answer=0.3)

    engine = Engine(target, select(["J1"]), patience=patience, lag=lag)
    result = asyncio.run(engine.run())["J1"]

    assert (result.verdict, lag.looks) == (verdict, looks), result.findings
    if fault is not None:
        assert result.troubles[0].fault is fault
    assert ("too busy" in str(result.findings)) is (verdict is Verdict.ERROR)
