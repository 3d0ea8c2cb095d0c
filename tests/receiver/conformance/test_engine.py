"""The engine tells what happens, blames nobody for its own mistakes, and goes on after a crash."""

import asyncio
from dataclasses import replace

from hookwright_receiver.conformance import (
    CASES,
    CaseFinished,
    Engine,
    Fault,
    Report,
    RunFinished,
    RunStarted,
    Verdict,
    select,
)
from hookwright_receiver.conformance.credentials import Credentials
from hookwright_receiver.conformance.project.target import make_credentials
from hookwright_schemas import load_contract

from .receivers.broken_concurrency import NoNewWorkers
from .receivers.in_process import InProcessTarget
from .receivers.reference import Receiver, Refused
from .receivers.server import Server
from .test_cross_table import PATIENCE


def graded(cases, *, receiver=Receiver, server=Server, **options) -> Report:
    target = InProcessTarget(load_contract(), Credentials(), receiver=receiver, server=server)
    return asyncio.run(Engine(target, cases, patience=PATIENCE, **options).run())


def test_listeners_hear_the_beginning_each_case_and_the_end():
    """Reporters need nothing else."""
    heard = []

    report = graded(select(["M1", "A1", "X1"]), listeners=[heard.append])

    assert isinstance(heard[0], RunStarted)
    assert {event.result.case.id for event in heard[1:-1]} == {"A1", "M1", "X1"}
    assert all(isinstance(event, CaseFinished) for event in heard[1:-1])
    assert heard[-1] == RunFinished(report)


def test_a_mistake_of_the_runner_is_never_blamed_on_the_target():
    """A case that falls over itself is an error, and the others run all the same."""

    async def falls_over(_run):
        raise ZeroDivisionError("in the runner")

    broken = replace(select(["M1"])[0], run=falls_over)

    report = graded([broken, *select(["M4"])])

    assert report["M1"].verdict is Verdict.ERROR
    assert "ZeroDivisionError: in the runner" in report["M1"].findings[-1].got
    assert report["M4"].verdict is Verdict.PASSED
    assert not report.held


def test_a_connection_that_is_dropped_is_a_crash_not_a_wrong_answer():
    """And the cases after it are not failed with it."""

    class Drops(Server):
        async def answer(self, method, target, headers, body, writer):
            if dict(headers).get(b"content-length") == b"0" and method == "POST":
                return False
            return await super().answer(method, target, headers, body, writer)

    report = graded(select(["J1", "J2"]), server=Drops)

    (trouble,) = report["J1"].troubles
    assert (trouble.fault, trouble.got) == (
        Fault.CRASH,
        "the connection was closed without an answer",
    )
    assert report["J2"].verdict is Verdict.PASSED


def test_no_answer_in_time_is_a_time_out():
    """A receiver that thinks for ever is told from one that answers wrongly."""

    class Thinks(Receiver):
        async def accept(self, headers, body):
            if not body:
                await asyncio.sleep(60)
            await super().accept(headers, body)

    target = InProcessTarget(load_contract(), Credentials(), receiver=Thinks)
    patience = replace(PATIENCE, answer=0.3)
    report = asyncio.run(Engine(target, select(["J1"]), patience=patience).run())

    (trouble,) = report["J1"].troubles
    assert (trouble.fault, trouble.got) == (Fault.TIMEOUT, "no answer in time (0.3 s)")


class OnlyAdviceBroken(Receiver):
    """Keeps every standard and the contract, and none of the advice."""

    def problem(self, refused):
        if refused.status == 409:
            return 200, [], b"a repeat"
        return refused.status, refused.headers, refused.detail.encode()

    def route(self, scope) -> None:
        if scope["path"] != self.path:
            raise Refused(404, "no such path")

    def members(self, pairs):
        keys = [name for name, _ in pairs]
        if any(keys.count(name) > 1 for name in ("token", "id")):
            raise ValueError
        return dict(pairs)

    async def healthz(self):
        raise Refused(404, "no such path")

    metrics = healthz


def test_a_receiver_that_breaks_advice_alone_is_warned_and_holds():
    """Nobody fails by what no standard and no contract demands."""
    cases = select(["D2", "E5", "J6", "M3", "X1", "X2"])

    lenient = graded(cases, receiver=OnlyAdviceBroken)
    strict = graded(cases, receiver=OnlyAdviceBroken, strict=True)

    told = {r.case.id: (str(r.verdict), [str(f) for f in r.troubles]) for r in lenient.results}
    warned = {case for case, (verdict, _) in told.items() if verdict == "warned"}
    assert (warned, lenient.held) == ({"D2", "J6", "M3", "X1", "X2"}, True), told
    assert {r.case.id for r in strict.results if r.verdict is Verdict.FAILED} == warned


class LastTokenWins(Receiver):
    """Does not see that a message has two tokens."""

    def members(self, pairs):
        return dict(pairs)


def test_what_is_advice_for_a_parameter_is_not_for_a_token():
    """Two readers of such a message would not agree on who sent it."""
    target = InProcessTarget(load_contract(), make_credentials("token"), receiver=LastTokenWins)
    report = asyncio.run(Engine(target, select(["J6"]), patience=PATIENCE).run())

    levels = {finding.label: finding.verdict for finding in report["J6"].troubles}
    assert levels["a parameter twice"] is Verdict.WARNED
    assert levels["a wrong token, then the right one"] is Verdict.FAILED


class TellsThatItEnded(NoNewWorkers):
    """Starts no new worker, and is not ready without one."""

    async def readyz(self):
        if self.worker.done():
            raise Refused(503, "no worker lives")
        return await super().readyz()


def test_a_receiver_that_tells_of_its_workers_end_is_right():
    """Whoever runs it will start it again."""
    assert graded(select(["K8"]), receiver=TellsThatItEnded)["K8"].verdict is Verdict.PASSED


EVIL = b"\x1b]0;owned\x07\x1b[2J\xc2\x9b1m\x7f\xe2\x80\xae"


class Hostile(Server):
    """Answers what would take a terminal over: in the reason, in headers and in the body."""

    async def answer(self, _method, _target, _headers, _body, writer):
        head = b"HTTP/1.1 599 " + EVIL + b"\r\nAllow: " + EVIL + b"\r\nContent-Type: " + EVIL
        writer.write(head + b"\r\nConnection: close\r\n\r\n" + EVIL)
        return False


def test_what_a_receiver_answers_does_nothing_to_a_terminal():
    """Whoever prints a finding need not think of it."""
    report = graded([case for case in CASES if case.id in {"M1", "C1", "X1"}], server=Hostile)

    told = [t for r in report.results for f in r.findings for t in (f.label, f.got, f.request)]
    assert any("owned" in text for text in told)
    unsafe = {chr(n) for n in (*range(32), *range(127, 160), 0x202E)} - {"\n"}
    assert [text for text in told if unsafe & set(text)] == []


class OtherCode(Receiver):
    """Refuses in the right class, with another code."""

    def check_coding(self, headers) -> None:
        try:
            super().check_coding(headers)
        except Refused:
            raise Refused(400, "no content coding is taken") from None


def test_another_code_of_the_right_class_is_a_warning_unless_the_run_is_strict():
    """The class is a MUST and the code a SHOULD."""
    lenient = graded(select(["E5"]), receiver=OtherCode)
    strict = graded(select(["E5"]), receiver=OtherCode, strict=True)

    assert (lenient["E5"].verdict, lenient.held) == (Verdict.WARNED, True)
    assert (strict["E5"].verdict, strict.held) == (Verdict.FAILED, False)


class NoLongIntegers(Receiver):
    """Differs from the reference in negative parameters only."""

    def is_valid(self, headers, payload) -> bool:
        members = payload.values() if isinstance(payload, dict) else ()
        negative = any(isinstance(v, int) and v < 0 for v in members)
        return not negative and super().is_valid(headers, payload)


def test_a_seed_makes_the_same_payloads_and_a_difference_is_shrunk():
    """What a report shows is the smallest payload that differs, and it can be had again."""
    reports = [graded(select(["G1"]), receiver=NoLongIntegers, seed=3) for _ in range(2)]

    bodies = [r["G1"].troubles[0].request.partition("\n\n")[2] for r in reports]
    assert bodies[0] == bodies[1]
    assert ":-1" in bodies[0]


def test_every_case_is_reported_once_and_in_order():
    """Cases finish in any order; a report has the list's."""
    report = graded([case for case in CASES if case.group in "MSC"])

    ids = [result.case.id for result in report.results]
    assert ids == [case.id for case in CASES if case.group in "MSC"]
