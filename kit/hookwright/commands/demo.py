"""`hookwright demo`: both ends of a webhook on this machine, from generating to a kill."""

import asyncio
from pathlib import Path

import click

from hookwright.console import console
from hookwright.demo.course import Course
from hookwright.demo.errors import DidNotHold
from hookwright.demo.interruption import interruptible
from hookwright.demo.phases import Phases
from hookwright.demo.project import runnable_stacks
from hookwright.demo.report import Report
from hookwright.demo.table import show
from hookwright_schemas import load_contract


@click.command("demo")
@click.option(
    "--stack",
    "stacks",
    multiple=True,
    type=click.Choice(runnable_stacks()),
    help="Run a receiver of this stack (repeatable); all of them by default.",
)
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Leave the receivers in DIR, a folder that is new or empty.",
)
@click.option("--no-color", is_flag=True, help="Print without colour.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(stacks: tuple[str, ...], keep: Path | None, *, no_color: bool, as_json: bool) -> None:
    """Run both ends of a webhook on this machine, end to end.

    Generates a receiver for each stack, starts it, sends it every event of the contract, an invalid
    one, a repeat and one with a wrong token, kills one receiver and starts it again, and shows what
    was answered, stored and handled. Exits with 0 when everything held, 1 when something did not, 2
    for wrong usage, 3 when a receiver could not be started or reached.
    """
    course = Course(
        stacks=tuple(dict.fromkeys(stacks)) or runnable_stacks(),
        contract=load_contract(),
        keep=keep,
    )
    phases = Phases(console(no_color=no_color, stderr=True))
    report = asyncio.run(interruptible(course.run(phases)))
    if as_json:
        click.echo(report.as_json())
    else:
        show(console(no_color=no_color), report)
    raise_for_faults(report)


def raise_for_faults(report: Report) -> None:
    """Raise what the exit code is to say, unless everything held."""
    faults = report.faults
    if faults:
        stack, fault = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        remedy = (
            "`--keep DIR` leaves the receivers to look into"
            if report.folder is None
            else f"look into {report.folder}"
        )
        raise DidNotHold(f"{stack}, {fault}{more}; {remedy}")
