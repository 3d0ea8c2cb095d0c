"""What a case finds out, step by step."""

from dataclasses import dataclass, field

from hookwright_schemas.visible import visible

from .answer import Failure
from .client import Exchange
from .delivery import shown
from .expectation import Expectation
from .lag import Lag
from .model import Case, Fault, Finding, Level, Verdict
from .patience import Patience
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
    patience: Patience
    lag: Lag
    findings: list[Finding] = field(default_factory=list)
    reason: str = ""

    def __post_init__(self) -> None:
        self._step_began = self.lag.now()
        self._gave_up = False

    def judge(
        self,
        exchange: Exchange,
        expectation: Expectation,
        label: str,
        *,
        server: bool = False,
        level: Level | None = None,
    ) -> Verdict:
        """Record what an exchange amounts to.

        A wrong answer to a SHOULD is a warning; to fall over, or to say nothing, never is.
        """
        judgement = expectation.judge(exchange)
        weight = level or self.case.level
        verdict = judgement.verdict
        if weight is Level.SHOULD and exchange.answer and judgement.fault is Fault.ANSWER:
            verdict = Verdict.WARNED
        self.add(
            verdict,
            label,
            str(expectation),
            _answer_text(exchange, judgement.got),
            fault=judgement.fault,
            exchange=exchange,
            level=Level.SHOULD if verdict is Verdict.WARNED else weight,
        )
        if not server and exchange.answer is not None:
            self.journal.answers.append(Witnessed(self.case.id, label, exchange))
        return verdict

    def add(  # noqa: PLR0913  a finding has these parts
        self,
        verdict: Verdict,
        label: str,
        expected: str,
        got: str,
        *,
        fault: Fault | None = None,
        exchange: Exchange | None = None,
        level: Level | None = None,
        silent: bool = False,
    ) -> None:
        """Record a finding. Here text from outside comes in, and becomes harmless to print.

        `silent`: it was the end of a connection that made the step fail.
        """
        if exchange is not None and exchange.failure is Failure.CLOSED:
            silent = True
        silent = silent or self._gave_up or fault is Fault.TIMEOUT
        late = self._late() if silent and verdict is not Verdict.PASSED else 0.0
        self._step_began = self.lag.now()
        self._gave_up = False
        credentials = self.target.credentials
        request = ""
        if exchange is not None and verdict is not Verdict.PASSED:
            request = shown(exchange, credentials)
        self.findings.append(
            Finding(
                verdict,
                visible(label),
                visible(expected),
                visible(credentials.mask(got)),
                fault,
                visible(request),
                level or self.case.level,
                late,
            )
        )

    def _late(self) -> float:
        late = self.lag.since(self._step_began)
        return late if late > self.patience.lag else 0.0

    def hold(  # noqa: PLR0913  a finding has these parts
        self,
        held: bool,
        label: str,
        expected: str,
        got: str,
        *,
        fault: Fault = Fault.EFFECT,
        exchange: Exchange | None = None,
        level: Level | None = None,
    ) -> None:
        """Record that something held, or what was there instead. To leak is never a SHOULD."""
        weight = Level.MUST if fault is Fault.LEAK else level or self.case.level
        missed = Verdict.WARNED if weight is Level.SHOULD else Verdict.FAILED
        self.add(
            Verdict.PASSED if held else missed,
            label,
            expected,
            got,
            fault=None if held else fault,
            exchange=exchange,
            level=weight,
        )

    def skip(self, reason: str) -> None:
        """Say why the case has no step for this target."""
        self.reason = reason


def _answer_text(exchange: Exchange, got: str) -> str:
    if exchange.answer is None or exchange.accepted or not exchange.answer.body:
        return got
    body = exchange.answer.body
    start = " ".join(body[:SHOWN_BODY].decode("utf-8", "replace").split())
    return f"{got}: {start}{'…' if len(body) > SHOWN_BODY else ''}"
