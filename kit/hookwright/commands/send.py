"""`hookwright send`: one event, or many, to a URL."""

import math
import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from hookwright.secret import SECRET

if TYPE_CHECKING:
    from hookwright.sending.report import Report
    from hookwright_sender import Attempt, Event


@dataclass(frozen=True)
class Options:
    """How to send; `timeout` is in seconds."""

    url: str
    secrets: tuple[str, ...]
    message_id: str | None
    count: int
    concurrency: int
    timeout: float


def _a_number(_context: click.Context, _option: click.Parameter, value: float) -> float:
    # NaN passes every comparison of a range.
    if math.isnan(value):
        raise click.BadParameter("nan is no number of seconds.")
    return value


@click.command("send")
@click.argument("event")
@click.argument("url")
@click.option(
    "--contract",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of a contract, instead of the built-in one.",
)
@click.option(
    "-f", "--field", "fields", multiple=True, metavar="K=V", help="Set a documented field."
)
@click.option(
    "-p",
    "--param",
    "parameters",
    multiple=True,
    metavar="K=V|K:=JSON",
    help="Add an additional parameter: text, or with := a JSON scalar.",
)
@click.option(
    "-d",
    "--data",
    type=click.File("rb"),
    metavar="FILE",
    help="Take fields and parameters from a JSON object (`-`: standard input).",
)
@click.option(
    "--secret",
    "secrets",
    type=SECRET,
    multiple=True,
    envvar="HOOKWRIGHT_SECRET",
    help="Sign with it; several give several signatures. Better in HOOKWRIGHT_SECRET: no other "
    "user of the machine sees it there.",
)
@click.option("--id", "message_id", metavar="ID", help="The webhook-id, of every message.")
@click.option(
    "-n", "--count", type=click.IntRange(1), default=1, show_default=True, help="How many messages."
)
@click.option(
    "-c",
    "--concurrency",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="How many at once.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, 3600, min_open=True),
    default=5.0,
    show_default=True,
    envvar="HOOKWRIGHT_TIMEOUT",
    callback=_a_number,
    help="Seconds for one attempt, from look-up to answer. Also HOOKWRIGHT_TIMEOUT.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(  # noqa: PLR0913, PLR0917  click gives each option as an argument
    event: str,
    url: str,
    folder: Path | None,
    fields: tuple[str, ...],
    parameters: tuple[str, ...],
    data: IO[bytes] | None,
    secrets: tuple[str, ...],
    message_id: str | None,
    count: int,
    concurrency: int,
    timeout: float,
    as_json: bool,
) -> None:
    """Send EVENT, starting from its documented sample, to URL.

    EVENT is an id or a short name of the contract (`hookwright contract list`). Exits with 0 when
    every message was accepted, 1 when one was not, 2 for wrong usage, 3 when nobody was reached.
    """
    from hookwright.console import console  # noqa: PLC0415
    from hookwright.interruption import run  # noqa: PLC0415
    from hookwright.sending.assembly import assemble  # noqa: PLC0415
    from hookwright_schemas import load_contract  # noqa: PLC0415  `--help` stays fast

    content = data.read() if data is not None else None
    assembled = assemble(load_contract(folder), event, fields, parameters, content)
    assembled.validate()
    options = Options(url, secrets, message_id, count, concurrency, timeout)
    report = run(send(assembled, options))
    if as_json:
        click.echo(report.as_json())
    else:
        report.show(console())
    report.raise_for_failure()


async def send(event: "Event", options: Options) -> "Report":
    """Send an event as often as the options say and return what came of it."""
    from hookwright.console import progress  # noqa: PLC0415
    from hookwright.sending.report import Report  # noqa: PLC0415
    from hookwright_sender import HttpTransport, Message, Signer, Summary, burst  # noqa: PLC0415
    from hookwright_sender.target import parse_target  # noqa: PLC0415

    parse_target(options.url)
    signer = Signer(options.secrets) if options.secrets else None
    summary = Summary()
    many = options.count > 1
    started = time.perf_counter()
    async with HttpTransport(options.timeout) as transport:
        with progress("sent", options.count) if many else nullcontext(None) as advance:

            async def one() -> "Attempt":
                message = Message.of(event, options.message_id)
                headers = message.headers_at(int(time.time()), signer)
                attempt = await transport.attempt(options.url, headers, message.body)
                return replace(attempt, message_id=message.id)

            def report(attempt: "Attempt") -> None:
                summary.add(attempt)
                if advance is not None:
                    advance()

            await burst(one, options.count, options.concurrency, report)
    seconds = time.perf_counter() - started
    return Report(event.definition.id, options.url, summary, seconds)
