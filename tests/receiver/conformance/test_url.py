"""A receiver at a URL: what cannot be seen is never passed, and a count shows a part of it."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import pytest
import trustme

from hookwright_receiver.conformance import BadOption, Unreachable, Verdict, agrade, grade
from hookwright_receiver.conformance.credentials import Credentials
from hookwright_receiver.conformance.project.ports import reserved_port
from hookwright_schemas import load_contract

from .receivers.broken_deduplication import IgnoresIds
from .receivers.in_process import Process
from .receivers.reference import Receiver, World
from .receivers.server import Server
from .test_cross_table import PATIENCE, InProcessTarget

QUICK = ("P1", "D1", "D3", "D5", "D6", "M1", "M2", "K1", "K2", "K3", "P12", "H5")
COUNTED = ("P1", "D1", "D3", "D5", "D6", "M2", "K1", "K2", "H5")


@asynccontextmanager
async def running(folder, receiver=Receiver, credentials=None):
    target = InProcessTarget(load_contract(), credentials or Credentials(), receiver=receiver)
    with reserved_port() as port:
        process = Process(target, folder, port, hurried=False)
        await process.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            await process.kill()


def graded(folder, receiver=Receiver, *, counted=False, **options):
    async def go():
        async with running(folder, receiver) as origin:
            count = {"count_url": f"{origin}/count"} if counted else {}
            return await agrade(f"{origin}/hook", patience=PATIENCE, **count, **options)

    return asyncio.run(go())


def test_what_cannot_be_seen_is_not_observable(tmp_path):
    """A receiver that is right in everything passes nothing that is about its effects."""
    report = graded(tmp_path, cases=QUICK)

    verdicts = {result.case.id: result.verdict for result in report.results}
    assert verdicts.pop("M1") is Verdict.PASSED
    assert set(verdicts.values()) == {Verdict.NOT_OBSERVABLE}
    assert report.held


def test_a_count_shows_how_many_effects_there_were(tmp_path):
    """What is stored, and what happens after a kill, a count does not show."""
    report = graded(tmp_path, counted=True, cases=QUICK)

    verdicts = {result.case.id: result.verdict for result in report.results}
    assert {case: verdicts[case] for case in COUNTED} == dict.fromkeys(COUNTED, Verdict.PASSED)
    assert {verdicts[case] for case in ("K3", "P12")} == {Verdict.NOT_OBSERVABLE}


def test_a_count_convicts(tmp_path):
    """One effect too many is a failure, whoever counts."""
    report = graded(tmp_path, IgnoresIds, counted=True, cases=["D1", "K2", "D3"])

    assert [result.verdict for result in report.results] == [
        Verdict.FAILED,
        Verdict.PASSED,
        Verdict.FAILED,
    ]


class Queued(Receiver):
    """Answers at once and works later, by workers side by side, without looking at ids."""

    slow = 0.35 * PATIENCE.still
    effects = 0

    async def keep(self, _key, _event, _payload) -> None:
        self.spawn(self.later())

    async def later(self) -> None:
        await asyncio.sleep(self.slow)
        self.effects += 1

    async def respond(self, scope, receive):
        if scope["path"] == "/count":
            return 200, [], str(self.effects).encode()
        return await super().respond(scope, receive)


class QueuedInLine(Queued):
    """The same by one worker, which takes its time for each."""

    async def later(self) -> None:
        self.turn = getattr(self, "turn", None) or asyncio.Lock()
        async with self.turn:
            await super().later()


class QueuedOnce(Queued):
    """The same, but an id is known once it has come."""

    async def keep(self, key, event, payload) -> None:
        seen = self.__dict__.setdefault("seen", set())
        if key is None or key not in seen:
            seen.add(key)
            await super().keep(key, event, payload)


DOUBLED = ("D1", "D4", "D5", "K2")


@pytest.mark.parametrize("receiver", [Queued, QueuedInLine])
def test_effects_behind_a_queue_are_waited_for(tmp_path, receiver):
    """That there are enough is no reason to stop: the second one is still in the queue."""
    report = graded(tmp_path, receiver, counted=True, cases=DOUBLED)

    assert {r.case.id: r.verdict for r in report.results} == dict.fromkeys(DOUBLED, Verdict.FAILED)


def test_late_effects_are_not_counted_against_the_next_case(tmp_path):
    """S4 asks for no effect and leaves one in the queue when it is done."""
    cases = ("C1", "D1", "D3", "D6", "M2", "S4")

    report = graded(tmp_path, QueuedOnce, counted=True, cases=cases)

    assert [(r.case.id, r.troubles) for r in report.results if r.troubles] == []


def test_a_count_that_never_stands_still_tells_nothing(tmp_path):
    """It counts something else, requests for one."""

    class CountsLooks(Queued):
        async def respond(self, scope, receive):
            self.effects += scope["path"] == "/count"
            return await super().respond(scope, receive)

    report = graded(tmp_path, CountsLooks, counted=True, cases=["D1"])

    assert report["D1"].verdict is Verdict.NOT_OBSERVABLE
    assert "stands still" in report["D1"].reason


class ReusedIdIsFine(Receiver):
    """Takes any body under an id that is known."""

    def digest(self, _payload) -> str:
        return "the same"


def test_a_wrong_answer_is_told_even_where_effects_cannot_be_seen(tmp_path):
    """The part of a case that shows is judged; that the answer is 409 is a SHOULD."""
    report = graded(tmp_path, ReusedIdIsFine, cases=["D1", "D2"])

    assert report["D2"].verdict is Verdict.WARNED
    assert report["D1"].verdict is Verdict.NOT_OBSERVABLE


def test_nobody_at_the_url(port):
    """Exit code 3: the other side could not be reached."""
    with pytest.raises(Unreachable, match="start the receiver first") as unreachable:
        grade(f"http://127.0.0.1:{port}/hook", cases=["M1"])
    assert unreachable.value.exit_code == 3


async def grade_over_tls(folder, **options):
    world = World(folder)
    receiver = Receiver(world, load_contract(), Credentials())
    server = Server(receiver)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(folder / "authority.pem")
    port = await server.start(0, context)
    try:
        return await agrade(f"https://127.0.0.1:{port}/hook", patience=PATIENCE, **options)
    finally:
        await server.abort()
        await receiver.close()


def test_a_receiver_behind_tls_is_graded_the_same(tmp_path, monkeypatch):
    """An answer before the end of a body included: those are the hardest to hear."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    cases = ("P3", "M1", "M3", "S2", "S3", "H1", "H2", "H3", "H8", "T3")

    report = asyncio.run(grade_over_tls(tmp_path, cases=cases))

    assert [(r.case.id, r.troubles) for r in report.results if r.troubles] == []


def test_a_certificate_that_cannot_be_trusted_is_nobody_there(tmp_path):
    """The reason is told; no message goes to a stranger."""
    with pytest.raises(Unreachable, match=r"(?i)certificate"):
        asyncio.run(grade_over_tls(tmp_path, cases=["M1"]))


class NoCount(Receiver):
    """Has no count URL, as a receiver in production."""

    async def respond(self, scope, receive):
        if scope["path"] == "/count":
            return 200, [], b"ok"
        return await super().respond(scope, receive)


def test_a_count_url_that_does_not_count_is_the_callers_mistake(tmp_path):
    """It is no verdict on the receiver."""
    with pytest.raises(BadOption, match="must answer with a number"):
        graded(tmp_path, NoCount, counted=True, cases=["D1"])


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("ftp://127.0.0.1/hook", {}, "neither a project's folder nor"),
        ("http://127.0.0.1:99999/hook", {}, "is not a URL"),
        ("http://127.0.0.1/hook", {"auth": "token"}, "needs --secret"),
        ("http://127.0.0.1/hook", {"secrets": ["x"]}, "needs --auth"),
        ("http://127.0.0.1/hook", {"python": "python3"}, "project's folder"),
        ("http://127.0.0.1/hook", {"profile": "lax"}, "profile is one of"),
        (".", {}, "is no project of `hookwright new`"),
        (".", {"auth": "token"}, "are for a URL"),
    ],
)
def test_bad_options_are_refused_before_anything_is_sent(target, options, message):
    """Each message is one line that names the remedy."""
    with pytest.raises(BadOption, match=message) as refused:
        grade(target, **options)
    assert refused.value.exit_code == 2
    assert "\n" not in str(refused.value)
