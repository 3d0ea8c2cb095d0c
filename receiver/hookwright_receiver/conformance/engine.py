"""Runs cases against a target and tells listeners what happens; it prints nothing itself."""

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hookwright_schemas import HookwrightError

from .findings import Journal
from .groups import CASES
from .lag import Lag
from .messages import Messages
from .model import Case, Fault, Finding, Report, Result, Verdict, worst
from .patience import Patience
from .run import Run, Unobservable
from .tally import Tally
from .target import Instance, Target

CASE_LIMIT = 300.0
# How often a case is run whose runner was too late for a verdict.
TRIES = 3
TOO_BUSY = "this machine was too busy to tell: the runner itself was {:.1f} s late"

# Places that wait most come first: their waiting is everybody else's time to work.
_IDLE_FIRST = ("slow clients", "handlers", "shared")


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The target answers; so many cases will be run."""

    target: Target
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class CaseFinished:
    """One case is done. Cases finish in any order."""

    result: Result


@dataclass(frozen=True, slots=True)
class RunFinished:
    """All is done."""

    report: Report


Event = RunStarted | CaseFinished | RunFinished
Listener = Callable[[Event], None]


@dataclass
class Engine:
    """One run: a target, the cases, and who wants to know."""

    target: Target
    cases: Sequence[Case] = CASES
    patience: Patience = field(default_factory=Patience)
    seed: int | None = None
    strict: bool = False
    listeners: Sequence[Listener] = ()
    options: tuple[str, ...] = ()
    lag: Lag = field(default_factory=Lag)

    async def run(self) -> Report:
        """Run every case once; raises Unreachable where there is nobody to run them against."""
        started = time.monotonic()
        self._seed = secrets.randbelow(2**32) if self.seed is None else self.seed
        self._journal = Journal()
        self._results: dict[str, Result] = {}
        self._tell(RunStarted(self.target, tuple(self.cases)))
        places: dict[str, list[Case]] = {}
        for case in self.cases:
            if self.target.credentials.mode not in case.modes:
                mode = self.target.credentials.mode
                reason = f"for authentication by {' or '.join(sorted(case.modes))}, not {mode}"
                self._finish(Result(case, Verdict.NOT_APPLICABLE, reason=reason))
            else:
                place = case.place if self.target.own else "shared"
                places.setdefault(place, []).append(case)
        order = sorted(places, key=lambda p: _IDLE_FIRST.index(p) if p in _IDLE_FIRST else 99)
        watching = asyncio.ensure_future(self.lag.watch())
        try:
            await together([self._place(place, places[place]) for place in order])
        finally:
            watching.cancel()
        report = Report(
            target=self.target.name,
            profile=self.target.profile,
            auth=self.target.credentials.mode,
            stack=self.target.stack,
            contract=self.target.contract.identity,
            seed=self._seed,
            strict=self.strict,
            results=tuple(self._results[case.id] for case in self.cases),
            seconds=time.monotonic() - started,
            options=self.options,
        )
        self._tell(RunFinished(report))
        return report

    async def _place(self, place: str, cases: list[Case]) -> None:
        async with self.target.instance(place) as instance:
            observer = instance.observer
            counts = observer is not None and not observer.apart
            tally = Tally(observer, self.patience.still) if observer and counts else None
            # Cases of a place of their own come one after another even on a shared instance.
            side_by_side = [c for c in cases if c.place == "shared" and not c.last]
            places = asyncio.Semaphore(self.target.parallel if place == "shared" else 1)

            async def guarded(case: Case) -> None:
                async with places:
                    await self._case(case, instance, tally)

            await together([guarded(case) for case in side_by_side])
            for case in cases:
                if case.place != "shared":
                    await self._case(case, instance, tally)
            for case in cases:
                if case.last:
                    await self._case(case, instance, tally)

    async def _case(self, case: Case, instance: Instance, tally: Tally | None) -> None:
        started = time.monotonic()
        for _ in range(TRIES):
            # Each time with messages of its own: the receiver has seen those of the last time.
            run = await self._attempt(case, instance, tally)
            if not _starved(run.findings):
                break
        findings = tuple(self._judged(finding) for finding in _excused(run.findings))
        seconds = time.monotonic() - started
        self._finish(Result(case, worst(findings), findings, seconds, run.reason))

    async def _attempt(self, case: Case, instance: Instance, tally: Tally | None) -> Run:
        messages = Messages(self.target.contract, self.target.credentials, instance.path)
        run = Run(
            case=case,
            target=self.target,
            journal=self._journal,
            instance=instance,
            messages=messages,
            patience=self.patience,
            seed=self._seed,
            lag=self.lag,
            tally=tally,
        )
        try:
            async with asyncio.timeout(CASE_LIMIT):
                await run.begin()
                await case.run(run)
        except HookwrightError:
            # The caller's mistake, or a receiver that does not start again: no verdict on the case.
            raise
        except Unobservable as missing:
            run.reason = f"needs {missing}"
            run.add(Verdict.NOT_OBSERVABLE, case.title, case.expect, run.reason)
        except TimeoutError:
            got = "no connection, or no end of the case, in time"
            run.add(Verdict.FAILED, case.title, case.expect, got, fault=Fault.TIMEOUT)
        except OSError as error:
            got = f"the connection failed: {error.strerror or error}"
            run.add(Verdict.FAILED, case.title, case.expect, got, fault=Fault.CRASH, silent=True)
        except Exception as error:  # noqa: BLE001  the runner's own mistake is not the target's
            got = f"{type(error).__name__}: {error}"
            run.add(Verdict.ERROR, case.title, case.expect, got)
        if instance.control is not None and not instance.control.alive():
            got = "the receiver's process ended"
            run.add(Verdict.FAILED, case.title, case.expect, got, fault=Fault.CRASH)
            await instance.control.start()
        return run

    def _judged(self, finding: Finding) -> Finding:
        if self.strict and finding.verdict is Verdict.WARNED:
            return replace(finding, verdict=Verdict.FAILED)
        return finding

    def _finish(self, result: Result) -> None:
        self._results[result.case.id] = result
        self._tell(CaseFinished(result))

    def _tell(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)


def _starved(findings: Sequence[Finding]) -> bool:
    """Tell whether all that speaks against the receiver is silence, which the runner was late for.

    {late}, {passed} -> True; {late}, {failed} -> False: that one was no silence, or heard in time
    """
    against = [f for f in findings if f.verdict in {Verdict.FAILED, Verdict.WARNED}]
    late = [finding for finding in against if finding.late]
    return bool(late) and not any(f.verdict is Verdict.FAILED for f in against if not f.late)


def _excused(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings, none of which blames the receiver for a machine that was too busy."""
    if not _starved(findings):
        return list(findings)
    return [
        replace(f, verdict=Verdict.ERROR, got=f"{f.got}; {TOO_BUSY.format(f.late)}")
        if f.late
        else f
        for f in findings
    ]


async def together(coroutines: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run coroutines side by side; the first that fails ends the others, and is raised itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for coroutine in coroutines:
                group.create_task(coroutine)
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
