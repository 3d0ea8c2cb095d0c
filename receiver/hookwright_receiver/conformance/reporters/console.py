"""The report for a terminal: a table of the groups, then what failed and how to mend it."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hookwright_receiver.conformance.groups import GROUPS
from hookwright_receiver.conformance.model import Case, Finding, Report, Result, Verdict

from .html_report import headline

STEPS_SHOWN = 3

_STYLES = {
    Verdict.PASSED: "green",
    Verdict.WARNED: "yellow",
    Verdict.FAILED: "bold red",
    Verdict.ERROR: "bold magenta",
    Verdict.NOT_OBSERVABLE: "blue",
    Verdict.NOT_APPLICABLE: "dim",
}


def listing(console: Console, cases: Iterable[Case]) -> None:
    """Print every case: what is sent, what is expected and why."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("id", "level", "what is sent", "expected", "why", "by whose word"):
        table.add_column(name)
    for case in cases:
        mark = " ◆" if case.observes else ""
        texts = (case.sent, case.expect, case.why, case.source)
        row = (case.id + mark, case.level.value, *texts)
        table.add_row(*map(escape, row))
    console.print(table)


def show(console: Console, report: Report) -> None:
    """Print a whole report."""
    console.print(_table(report))
    for result in report.results:
        if result.verdict in {Verdict.FAILED, Verdict.WARNED, Verdict.ERROR}:
            _trouble(console, report, result)
    _unseen(console, report)
    style = _STYLES[Verdict.PASSED if report.held else Verdict.FAILED]
    console.print()
    console.print(Text(headline(report), style=style), _totals(report))


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("group")
    table.add_column("cases")
    for group in GROUPS:
        results = [r for r in report.results if r.case.group == group.letter]
        if results:
            line = Text(" ").join(Text(r.case.id, style=_STYLES[r.verdict]) for r in results)
            table.add_row(group.letter, group.title, line)
    return table


def _totals(report: Report) -> str:
    parts = [
        f"{report.count(verdict)} {verdict.label}" for verdict in Verdict if report.count(verdict)
    ]
    return f"({', '.join(parts)}; {report.seconds:.1f} s, seed {report.seed})"


def _trouble(console: Console, report: Report, result: Result) -> None:
    case = result.case
    console.print()
    title = Text(f"{case.id} {case.title}: ", style="bold")
    console.print(title + Text(result.verdict.label, style=_STYLES[result.verdict]))
    facts = Table(box=None, pad_edge=False, show_header=False)
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    facts.add_row("why", escape(case.why))
    facts.add_row("source", escape(f"{case.source} ({case.level})"))
    facts.add_row("mend it", escape(case.hint(report.stack)))
    facts.add_row("replay", escape(report.replay(result)))
    for finding in result.troubles[:STEPS_SHOWN]:
        console.print(Padding(_step(finding), (0, 0, 0, 2)))
    left = len(result.troubles) - STEPS_SHOWN
    if left > 0:
        console.print(Text(f"  and {left} more like it", style="dim"))
    console.print(Padding(facts, (0, 0, 0, 2)))


def _step(finding: Finding) -> Table:
    step = Table(box=None, pad_edge=False, show_header=False)
    step.add_column(style="dim")
    step.add_column(overflow="fold")
    fault = f" ({finding.fault.value})" if finding.fault else ""
    step.add_row("step", Text(finding.label + fault))
    step.add_row("expected", Text(f"{finding.expected} ({finding.level})"))
    step.add_row("got", Text(finding.got))
    if finding.request:
        step.add_row("sent", Text(finding.request.rstrip(), style="dim"))
    return step


def _unseen(console: Console, report: Report) -> None:
    reasons: dict[tuple[Verdict, str], list[str]] = {}
    for result in report.results:
        if result.verdict in {Verdict.NOT_OBSERVABLE, Verdict.NOT_APPLICABLE}:
            reasons.setdefault((result.verdict, result.reason), []).append(result.case.id)
    if reasons:
        console.print()
    for (verdict, reason), ids in reasons.items():
        label = Text(f"{verdict.label}: ", style=_STYLES[verdict])
        console.print(label + Text(f"{' '.join(ids)} ({reason})", style="dim"))
