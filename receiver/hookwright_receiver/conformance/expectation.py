"""What a receiver should answer, and what an answer amounts to.

The status class is a MUST and the exact code a SHOULD: the right class with another code is a
warning.
"""

from dataclasses import dataclass

from .answer import Failure
from .client import Exchange
from .model import Fault, Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict on one exchange, and what came in words."""

    verdict: Verdict
    got: str
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What will do: with `accepted` any 2xx, the `codes`, with `closed` a closed connection.

    `exactly` makes another code of the right class a failure: where the code is what a case is for.
    """

    accepted: bool = False
    codes: tuple[int, ...] = ()
    closed: bool = False
    exactly: bool = False

    def __str__(self) -> str:
        words = ["2xx"] if self.accepted else []
        words += [str(code) for code in self.codes]
        words += ["a closed connection"] if self.closed else []
        return " or ".join(words)

    def judge(self, exchange: Exchange) -> Judgement:
        """Compare the answer, or its absence, with what is expected."""
        if exchange.answer is None:
            return self._judge_silence(exchange)
        status = exchange.answer.status
        got = f"{status} {exchange.answer.reason}".strip()
        if status in self.codes or (self.accepted and exchange.accepted):
            return Judgement(Verdict.PASSED, got)
        if not self.exactly and any(status // 100 == code // 100 for code in self.codes):
            return Judgement(Verdict.WARNED, got, Fault.ANSWER)
        # A 5xx that nobody asked for is a receiver that fell over.
        fault = Fault.CRASH if status >= 500 else Fault.ANSWER  # noqa: PLR2004
        return Judgement(Verdict.FAILED, got, fault)

    def _judge_silence(self, exchange: Exchange) -> Judgement:
        got = str(exchange.failure)
        if exchange.detail:
            got = f"{got} ({exchange.detail})"
        if exchange.failure is Failure.CLOSED and self.closed:
            return Judgement(Verdict.PASSED, got)
        if exchange.failure is Failure.TIMEOUT:
            return Judgement(Verdict.FAILED, got, Fault.TIMEOUT)
        if exchange.failure is Failure.INVALID:
            return Judgement(Verdict.FAILED, got, Fault.ANSWER)
        return Judgement(Verdict.FAILED, got, Fault.CRASH)


ACCEPT = Expectation(accepted=True)


def refuse(*codes: int, closed: bool = False, exactly: bool = False) -> Expectation:
    """Expect one of these codes, or (`closed`) that the connection is closed."""
    return Expectation(codes=codes, closed=closed, exactly=exactly)


def accept_or(*codes: int) -> Expectation:
    """Expect any 2xx or one of these codes."""
    return Expectation(accepted=True, codes=codes)
