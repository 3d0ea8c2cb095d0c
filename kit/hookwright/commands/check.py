"""`hookwright check`: fire every case at a receiver and grade it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from hookwright.console import Progress, console, progress
from hookwright.interruption import run
from hookwright.secret import SECRET
from hookwright_receiver.conformance import (
    CaseFinished,
    Event,
    Report,
    RunStarted,
    Verdict,
    agrade,
    select,
)
from hookwright_receiver.conformance.credentials import MODES
from hookwright_receiver.conformance.grade import PROFILES, Options
from hookwright_receiver.conformance.reporters.console import listing, show
from hookwright_receiver.conformance.reporters.html_report import html
from hookwright_receiver.conformance.reporters.json_report import text as json_text
from hookwright_receiver.conformance.reporters.junit import junit

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

FILE = click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path)

WRITERS: dict[str, Callable[[Report], str]] = {"json": json_text, "junit": junit, "html": html}


class ProgressBar:
    """Listens to a run and moves the bar on."""

    def __init__(self) -> None:
        self._bar: AbstractContextManager[Progress] | None = None
        self._advance: Progress | None = None

    def __call__(self, event: Event) -> None:
        """Begin with the run, and go on with each case."""
        if isinstance(event, RunStarted):
            self._bar = progress("Checking", len(event.cases))
            self._advance = self._bar.__enter__()
        elif isinstance(event, CaseFinished) and self._advance is not None:
            self._advance()

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)


@click.command(name="check")
@click.argument("target", required=False)
@click.option("--profile", type=click.Choice(PROFILES), default="documented", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings are failures.")
@click.option(
    "--auth", type=click.Choice(MODES), help="How a URL's sender is known (default: none)."
)
@click.option(
    "--secret",
    "secrets",
    type=SECRET,
    multiple=True,
    envvar="HOOKWRIGHT_SECRET",
    help="A URL's token or signing secret; again for the older one. Better in HOOKWRIGHT_SECRET.",
)
@click.option(
    "--case", "cases", multiple=True, metavar="ID", help="Run this case alone (repeatable)."
)
@click.option("--group", "groups", multiple=True, metavar="LETTER", help="Run this group alone.")
@click.option("--list", "only_list", is_flag=True, help="List the cases and stop.")
@click.option("--seed", type=click.IntRange(min=0), help="Make the generated payloads again.")
@click.option(
    "--contract", type=click.Path(path_type=Path), metavar="DIR", help="The contract's folder."
)
@click.option("--python", metavar="P", help="The interpreter to run a project with.")
@click.option("--count-url", metavar="URL", help="Answers GET with the number of effects so far.")
@click.option(
    "--database-url",
    metavar="URL",
    envvar="HOOKWRIGHT_CHECK_DATABASE_URL",
    help="A PostgreSQL server for a project's inboxes (SQLite). With a password in it, better in "
    "HOOKWRIGHT_CHECK_DATABASE_URL.",
)
@click.option("--json", "json_file", type=FILE, metavar="F", help="Write the report as JSON.")
@click.option(
    "--junit", "junit_file", type=FILE, metavar="F", help="Write the report as JUnit XML."
)
@click.option(
    "--html", "html_file", type=FILE, metavar="F", help="Write the report as one HTML page."
)
@click.option("--no-color", is_flag=True, help="Print without colour.")
@click.pass_context
def command(  # noqa: PLR0913, PLR0917  click gives each option as an argument
    context: click.Context,
    target: str | None,
    profile: str,
    strict: bool,
    auth: str | None,
    secrets: tuple[str, ...],
    cases: tuple[str, ...],
    groups: tuple[str, ...],
    only_list: bool,
    seed: int | None,
    contract: Path | None,
    python: str | None,
    count_url: str | None,
    database_url: str | None,
    json_file: Path | None,
    junit_file: Path | None,
    html_file: Path | None,
    no_color: bool,
) -> int:
    """Fire every case at TARGET and grade it.

    TARGET is the URL of a receiver that runs, or the folder of a project of `hookwright new`: that
    one is graded in a scratch copy, with a database, secrets and a port of its own.
    """
    screen = console(no_color=no_color)
    if only_list:
        listing(screen, select(cases, groups))
        return 0
    if target is None:
        raise click.UsageError("name what to check: a URL, or a project's folder")
    if _is_unwanted(context, auth):
        secrets = ()
    bar = ProgressBar()
    options: Options = {
        "profile": profile,
        "strict": strict,
        "auth": auth,
        "secrets": secrets,
        "cases": cases,
        "groups": groups,
        "seed": seed,
        "contract": contract,
        "python": python,
        "count_url": count_url,
        "database_url": database_url,
        "listeners": [bar],
    }
    files = {"json": json_file, "junit": junit_file, "html": html_file}
    _check_writable(files)
    try:
        # A project's processes are ended on the way out.
        report = run(agrade(target, **options), orderly=True)
    finally:
        bar.close()
    to_stdout = any(str(file) == "-" for file in files.values())
    show(console(no_color=no_color, stderr=True) if to_stdout else screen, report)
    for name, file in files.items():
        _write(file, WRITERS[name], report)
    return _exit_code(report)


def _is_unwanted(context: click.Context, auth: str | None) -> bool:
    """Tell whether a secret of the environment is meant for another command than this one."""
    source = context.get_parameter_source("secrets")
    return source is ParameterSource.ENVIRONMENT and auth in {None, "none"}


def _check_writable(files: dict[str, Path | None]) -> None:
    """Refuse before the run what could not be written after it."""
    given = [file for file in files.values() if file is not None]
    if [str(file) for file in given].count("-") > 1:
        raise click.UsageError("one report at most can go to standard output: name a file")
    for file in given:
        if str(file) != "-" and not file.absolute().parent.is_dir():
            raise click.UsageError(f"{file} cannot be written: {file.parent} is no folder")


def _write(file: Path | None, writer: Callable[[Report], str], report: Report) -> None:
    if file is None:
        return
    if str(file) == "-":
        sys.stdout.write(writer(report))
        return
    try:
        file.write_text(writer(report), "utf-8")
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error.strerror}") from None


def _exit_code(report: Report) -> int:
    if report.held:
        return 0
    wrong = [r.case.id for r in report.results if r.verdict in {Verdict.FAILED, Verdict.ERROR}]
    number = f"{len(wrong)} {'case' if len(wrong) == 1 else 'cases'}"
    click.echo(
        f"hookwright: {number} did not hold ({' '.join(wrong)}); the hints say how to mend it",
        err=True,
    )
    return 1
