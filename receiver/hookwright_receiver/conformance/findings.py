"""What a case finds out, step by step."""

from dataclasses import dataclass, field

from .client import Exchange
from .delivery import shown
from .expectation import Expectation
from .model import Case, Fault, Finding, Verdict
from .target import Target

SHOWN_BODY = 200


@dataclass(frozen=True, slots=True)
class Witnessed:
    """One answer of the application, for the cases that look at all of them."""

    case: str
    label: str
    exchange: Exchange


@dataclass
class Journal:
    """Every answer that the application itself gave in a run."""

    answers: list[Witnessed] = field(default_factory=list)


@dataclass(kw_only=True)
class Findings:
    """The steps of one case against one target, and what each of them came to."""

    case: Case
    target: Target
    journal: Journal
    findings: list[Finding] = field(default_factory=list)
    reason: str = ""

    def judge(
        self, exchange: Exchange, expectation: Expectation, label: str, *, server: bool = False
    ) -> Verdict:
        """Record what an exchange amounts to."""
        judgement = expectation.judge(exchange)
        self.add(
            judgement.verdict,
            label,
            str(expectation),
            _answer_text(exchange, judgement.got),
            fault=judgement.fault,
            exchange=exchange,
        )
        if not server and exchange.answer is not None:
            self.journal.answers.append(Witnessed(self.case.id, label, exchange))
        return judgement.verdict

    def add(  # noqa: PLR0913  a finding has these parts
        self,
        verdict: Verdict,
        label: str,
        expected: str,
        got: str,
        *,
        fault: Fault | None = None,
        exchange: Exchange | None = None,
    ) -> None:
        """Record a finding."""
        credentials = self.target.credentials
        request = ""
        if exchange is not None and verdict is not Verdict.PASSED:
            request = shown(exchange, credentials)
        self.findings.append(
            Finding(verdict, label, expected, credentials.mask(got), fault, request)
        )

    def hold(  # noqa: PLR0913  a finding has these parts
        self,
        held: bool,
        label: str,
        expected: str,
        got: str,
        *,
        fault: Fault = Fault.EFFECT,
        exchange: Exchange | None = None,
    ) -> None:
        """Record that something held, or what was there instead."""
        verdict = Verdict.PASSED if held else Verdict.FAILED
        told = None if held else fault
        self.add(verdict, label, expected, got, fault=told, exchange=exchange)

    def skip(self, reason: str) -> None:
        """Say why the case has no step for this target."""
        self.reason = reason


def _answer_text(exchange: Exchange, got: str) -> str:
    if exchange.answer is None or exchange.accepted or not exchange.answer.body:
        return got
    body = exchange.answer.body
    start = " ".join(body[:SHOWN_BODY].decode("utf-8", "replace").split())
    return f"{got}: {start}{'…' if len(body) > SHOWN_BODY else ''}"
