"""The report for a person: a table, and what follows from it."""

import shlex
import sys

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hookwright.demo.phases import cross, tick
from hookwright.demo.project import Project
from hookwright.demo.report import Report, Row

LEGEND = "  stored, handled: how often, as the inbox and the sink's table tell"
HELD, FAILED = "green", "bold red"


def show(console: Console, report: Report) -> None:
    """Print the report: the table, the restart, what did not hold, where the files are."""
    console.print()
    console.print(table(console, report.rows))
    console.print(LEGEND, style="dim")
    console.print()
    for proof in report.proofs:
        said = f"{proof.host}: no webhook before its TXT record, one after it"
        _mark(console, said, held=proof.held)
    restart = report.restart
    said = (
        f"{restart.stack} was killed (SIGKILL) and started again: "
        f"{restart.kept} of {restart.before} messages still there"
    )
    _mark(console, said, held=restart.held)
    faults = report.faults
    for stack in dict.fromkeys(stack for stack, _ in faults):
        console.print()
        console.print(f"{stack}:", style="bold", markup=False)
        for _, fault in (found for found in faults if found[0] == stack):
            _mark(console, fault, held=False)
        for line in report.logs[stack]:
            console.print(Text(f"  log: {line}", "dim"), soft_wrap=True)
    total = len(report.rows) + len(report.proofs) + 1
    said = "everything held" if not faults else "not everything held"
    _mark(console, f"{said}: {total} checks in {report.seconds:.1f} s", held=not faults)
    console.print()
    where(console, report)


def table(console: Console, rows: tuple[Row, ...]) -> Table:
    """Return the table: a line for each delivery, 80 columns wide at most."""
    drawn = Table(box=None, pad_edge=False, header_style="dim")
    drawn.add_column("  event", no_wrap=True, overflow="ellipsis")
    for name in ("stack", "expected", "answer"):
        drawn.add_column(name, no_wrap=True)
    for name in ("latency", "stored", "handled"):
        drawn.add_column(name, no_wrap=True, justify="right")
    previous = None
    for row in rows:
        if previous not in (None, row.stack):
            drawn.add_row()
        previous = row.stack
        drawn.add_row(*_cells(console, row))
    return drawn


def _cells(console: Console, row: Row) -> tuple[Text, ...]:
    expected, seen = row.delivery.expected, row.seen
    mark = Text.assemble(_symbol(console, held=row.held), f" {row.delivery.name}")
    return (
        mark,
        Text(row.stack),
        Text(str(expected), "dim"),
        _judged(row.answer, held=expected.is_answered_by(row.attempt.status)),
        Text(_latency(row.attempt.latency)),
        _judged(str(seen.stored), held=seen.stored == expected.effects),
        _judged(str(seen.handled), held=seen.handled == expected.effects == seen.done),
    )


def _judged(text: str, *, held: bool) -> Text:
    return Text(text, "" if held else FAILED)


def _latency(seconds: float) -> str:
    """Return milliseconds in seven characters at most: 0.00312 -> "3.1 ms"."""
    milliseconds = seconds * 1000
    return f"{milliseconds:.1f} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"  # noqa: PLR2004


def where(console: Console, report: Report) -> None:
    """Say where the receivers are, or how to keep them."""
    if report.folder is None:
        console.print("Nothing is left of the receivers; `hookwright demo --keep DIR` keeps them.")
        return
    console.print(f"The receivers are kept in {click.format_filename(report.folder)}. To run one:")
    project = report.projects[0]
    _command(console, project, "serve")
    console.print("To look at what it has received:")
    _command(console, project, "inbox list")


def _command(console: Console, project: Project, arguments: str) -> None:
    folder = shlex.quote(click.format_filename(project.directory))
    line = f"  cd {folder} && {shlex.quote(sys.executable)} -m {project.package} {arguments}"
    # A line that was wrapped could not be copied.
    console.print(Text(line), soft_wrap=True)


def _mark(console: Console, text: str, *, held: bool) -> None:
    line = Text.assemble(_symbol(console, held=held), f" {text}")
    console.print(line, soft_wrap=True)


def _symbol(console: Console, *, held: bool) -> tuple[str, str]:
    return (tick(console), HELD) if held else (cross(console), FAILED)
