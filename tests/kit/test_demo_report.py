"""What a demo makes of what it saw: which of it did not hold, in which words, with which code."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from hookwright.demo.delivery import ACCEPTED, Delivery, Expectation, Kind, sample
from hookwright.demo.errors import NotReached
from hookwright.demo.observation import Seen
from hookwright.demo.owner import Attempts, Proof
from hookwright.demo.report import Report, Restart, Row
from hookwright.demo.sending import ThroughPlatform
from hookwright_schemas import load_contract
from hookwright_sender import Attempt, Outcome
from tests.programs import signals_kept

from .demos import replayed

CONTRACT = load_contract()
EVENT = CONTRACT.events[0].id
STACK = "starlette"
HOST = f"{STACK}.receivers.test"
LOG = '{"level": "error", "message": "broken"}'
PROVEN = Proof(STACK, HOST, refused=True, verified=True)
KEPT = Restart(STACK, 3, 3)


@pytest.fixture(autouse=True)
def _signals_kept():
    """The demo takes signals over for as long as its event loop lives."""
    with signals_kept():
        yield


def row(kind, seen, status=200, **more):
    """Return the row of a delivery that was answered so, and of which so much was seen."""
    expected = {Kind.INVALID: Expectation(422, 0), Kind.WRONG_TOKEN: Expectation(401, 0)}
    delivery = Delivery(
        kind,
        sample(CONTRACT, EVENT, "token").event,
        "msg_1",
        expected.get(kind, ACCEPTED),
    )
    outcome = Outcome.REFUSED if status is None else Outcome.of_status(status)
    return Row(STACK, delivery, Attempt(outcome, 0.0123, status, **more), seen)


def report(*rows, proof=PROVEN, restart=KEPT, trouble=None, folder=None):
    """Return a report of one receiver."""
    return Report(
        contract="joturl 1.0.0",
        proofs=(proof,),
        rows=rows,
        restart=restart,
        seconds=1.0,
        logs={STACK: [LOG]},
        troubles={STACK: trouble} if trouble else {},
        projects=(SimpleNamespace(directory=Path("here"), package="receiver"),),
        folder=folder,
    )


ONCE = Seen(1, 1, 1)
NEITHER = "stored, and must not be; handled, and must not be"
PROBLEM = {
    "response_headers": {"content-type": "application/problem+json"},
    "response_body": b'{"title": "Unprocessable", "detail": "no name"}',
}
FAULTS = [
    # what was seen, what is said of it, reason
    (report(row(Kind.SAMPLE, Seen(1))), f"{EVENT}: not handled", "handlers that raise"),
    (
        report(row(Kind.SAMPLE, Seen(1, 1))),
        f"{EVENT}: not handled; done 1x in the inbox and 0x in the sink",
        "done without an effect",
    ),
    (
        report(row(Kind.SAMPLE, Seen(1, 1, 2))),
        f"{EVENT}: handled 2 times, not once; done 1x in the inbox and 2x in the sink",
        "an effect twice",
    ),
    (
        report(row(Kind.WRONG_TOKEN, ONCE)),
        f"{EVENT}, wrong token: answered 200, not 401; {NEITHER}",
        "any token will do",
    ),
    (
        report(row(Kind.INVALID, ONCE)),
        f"{EVENT}, invalid: answered 200, not 422; {NEITHER}",
        "nothing is validated",
    ),
    (
        report(row(Kind.INVALID, Seen(1), 422)),
        f"{EVENT}, invalid: stored, and must not be",
        "refused, and stored nonetheless",
    ),
    (
        report(row(Kind.REPEAT, Seen(3, 3, 3))),
        f"{EVENT}, repeated: stored 3 times, not once; handled 3 times, not once",
        "repeats are not known",
    ),
    (
        report(row(Kind.AFTER_KILL, Seen())),
        f"{EVENT}, after kill: not stored; not handled",
        "no message is known by its id",
    ),
    (
        report(row(Kind.SAMPLE, ONCE, 422, **PROBLEM)),
        f"{EVENT}: answered 422 (Unprocessable: no name), not 2xx",
        "a good one is refused: with the reason that was given",
    ),
    (
        report(row(Kind.WHILE_DOWN, ONCE, None, error="connection refused")),
        f"{EVENT}, while down: no answer (connection refused), not 2xx",
        "no answer at all",
    ),
    (
        report(restart=Restart(STACK, 3, 0)),
        "kill and restart: 0 of 3 messages still there",
        "the inbox is lost with the process",
    ),
    (
        report(restart=Restart(STACK, 0, 0)),
        "kill and restart: 0 of 0 messages still there",
        "nothing was there to lose",
    ),
    (
        report(proof=Proof(STACK, HOST, refused=False, verified=True)),
        f"{HOST}: a webhook was set before its host was proven",
        "a host that nobody had proven",
    ),
    (
        report(proof=Proof(STACK, HOST, refused=True, verified=False)),
        f"{HOST}: not verified",
        "a record that is not found",
    ),
    (
        report(trouble="its inbox cannot be read: no inbox today"),
        "its inbox cannot be read: no inbox today",
        "the inbox cannot be looked into",
    ),
]


@pytest.mark.parametrize(("seen", "fault", "reason"), FAULTS, ids=[reason for *_, reason in FAULTS])
def test_what_did_not_hold_is_said(monkeypatch, typed, seen, fault, reason):
    """Exit code 1, its words with the log beside the table, and one line on standard error."""
    assert seen.faults == [(STACK, fault)], reason
    replayed(monkeypatch, seen)
    shown = typed("demo")
    assert shown.code == 1
    assert f"{STACK}:\n✗ {fault}\n  log: {LOG}\n✗ not everything held: " in shown.out
    assert shown.err == (
        f"hookwright: {STACK}, {fault}; `--keep DIR` leaves the receivers to look into\n"
    )
    told = typed("demo", "--json")
    assert (told.code, told.err) == (1, shown.err)
    assert told.json["held"] is False
    assert told.json["faults"] == [{"stack": STACK, "fault": fault}]
    assert told.json["logs"] == {STACK: [LOG]}
    assert [each["held"] for each in told.json["rows"]] == [False for _ in seen.rows]


def test_of_several_faults_the_first_is_said(monkeypatch, typed, tmp_path):
    """And how many more there are, and where to look; all of them stand in the table."""
    bad = report(
        row(Kind.SAMPLE, ONCE), row(Kind.REPEAT, Seen()), restart=Restart(STACK, 3, 2),
        folder=tmp_path,
    )  # fmt: skip
    replayed(monkeypatch, bad)
    ended = typed("demo")
    assert ended.code == 1
    first = f"{EVENT}, repeated: not stored; not handled"
    assert ended.err == f"hookwright: {STACK}, {first} (and 1 more); look into {tmp_path}\n"
    assert ended.out.count("✗ ") == 5
    assert f"✓ {EVENT}  " in ended.out


def test_a_receiver_that_dies_beside_the_platform_ends_the_demo():
    """The platform would try again for long; nobody waits for that."""

    async def happen(_event):
        return "1", "2"

    async def payload(_event_id):
        return dict(CONTRACT.event(EVENT).samples[0].payload)

    async def attempts(_delivery_id):
        return Attempts(False, ())

    receiver = SimpleNamespace(
        stack=STACK, has_ended=True, obituary=lambda what: f"the receiver {what}: out of memory"
    )
    owner = SimpleNamespace(payload=payload, attempts=attempts)
    subscription = SimpleNamespace(happen=happen, owner=owner, proof=PROVEN)
    sending = ThroughPlatform(CONTRACT, {STACK: subscription})
    with pytest.raises(NotReached, match="the receiver is gone: out of memory") as ended:
        asyncio.run(sending.samples(SimpleNamespace(receiver=receiver)))
    assert ended.value.exit_code == 3
