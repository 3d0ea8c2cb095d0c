"""What a case is, what one run of it found, and what that amounts to."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .run import Run


class Level(StrEnum):
    """How much a step weighs, which is somebody's word.

    MUST: a standard says so or the contract does, or an event would be lost, doubled, altered, or
    taken from a stranger. SHOULD: good practice; who breaks no more than that is warned.
    """

    MUST = "MUST"
    SHOULD = "SHOULD"


class Verdict(StrEnum):
    """What a case, or one step of it, comes to."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    NOT_OBSERVABLE = "not_observable"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"

    @property
    def label(self) -> str:
        """Return the verdict as a person reads it."""
        return "warning" if self is Verdict.WARNED else self.value.replace("_", " ")


class Fault(StrEnum):
    """In which way a step went wrong: one that fell over did not just answer wrongly."""

    ANSWER = "wrong answer"
    EFFECT = "wrong effect"
    LEAK = "leak"
    CRASH = "crash"
    TIMEOUT = "time-out"


@dataclass(frozen=True, slots=True)
class Finding:
    """One step of a case: what was expected and what came back.

    `request` holds the bytes as sent, shortened and with secrets masked. A missed SHOULD has the
    verdict WARNED, whatever was wrong. `late` is by how many seconds the runner itself was late in
    a step that ended in silence, where that is too much for a verdict.
    """

    verdict: Verdict
    label: str
    expected: str
    got: str
    fault: Fault | None = None
    request: str = ""
    level: Level = Level.MUST
    late: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """One row of `receiver-behaviour.md`: data, and the function that fires it.

    `place` names the instance of the receiver that the case runs against; cases of the place
    `shared` run beside each other, those of any other place one after another in their own.
    `observes` tells that a case needs to see effects, `counted` that a count of them will do.
    """

    id: str
    group: str
    title: str
    level: Level
    sent: str
    expect: str
    why: str
    source: str
    hints: Mapping[str, str]
    run: Callable[["Run"], Awaitable[None]]
    observes: bool = False
    counted: bool = False
    modes: frozenset[str] = frozenset({"none", "token", "signature"})
    place: str = "shared"
    last: bool = False

    def hint(self, stack: str | None) -> str:
        """Return how to mend a receiver of this stack, or of any where nothing special is known."""
        return self.hints.get(stack or "", self.hints[""])


# The first verdict that any step has is the case's.
_WORST_FIRST = (
    Verdict.ERROR,
    Verdict.FAILED,
    Verdict.WARNED,
    Verdict.NOT_OBSERVABLE,
    Verdict.PASSED,
    Verdict.NOT_APPLICABLE,
)


def worst(findings: tuple[Finding, ...]) -> Verdict:
    """Return what the steps of a case amount to; a case without a step is not applicable."""
    verdicts = {finding.verdict for finding in findings}
    return next((v for v in _WORST_FIRST if v in verdicts), Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one case. `reason` says why it was not applicable or not observable."""

    case: Case
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    reason: str = ""

    @property
    def telling(self) -> Finding | None:
        """Return the first step that gave the case its verdict, unless it passed."""
        if self.verdict is Verdict.PASSED:
            return None
        return next((f for f in self.findings if f.verdict is self.verdict), None)

    @property
    def troubles(self) -> tuple[Finding, ...]:
        """Return every step that did not pass."""
        return tuple(f for f in self.findings if f.verdict is not Verdict.PASSED)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run found out about one target."""

    target: str
    profile: str
    auth: str
    stack: str | None
    contract: str
    seed: int
    strict: bool
    results: tuple[Result, ...]
    seconds: float
    options: tuple[str, ...] = field(default=())

    def count(self, verdict: Verdict) -> int:
        """Return how many cases have this verdict."""
        return sum(result.verdict is verdict for result in self.results)

    @property
    def held(self) -> bool:
        """Tell whether no case failed and the runner made no error of its own."""
        return not any(r.verdict in {Verdict.FAILED, Verdict.ERROR} for r in self.results)

    def __getitem__(self, case: str) -> Result:
        """Return the result of the case with this id."""
        for result in self.results:
            if result.case.id == case:
                return result
        raise KeyError(case)

    def replay(self, result: Result) -> str:
        """Return the command line that runs this case alone."""
        words = ["hookwright", "check", self.target, "--case", result.case.id]
        return " ".join((*words, "--seed", str(self.seed), *self.options))
