"""`hookwright worker`: deliveries without an API."""

import click


@click.command("worker")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Deliveries at once. Also HOOKWRIGHT_CONCURRENCY (100).",
)
def command(concurrency: int | None) -> None:
    """Deliver what is due, beside `hookwright serve --no-worker`, until SIGTERM.

    On PostgreSQL any number of workers, on any number of machines, share the work. On SQLite
    workers share a file of one machine, and look for what is new a little later.
    """
    from hookwright.platform.serving import work  # noqa: PLC0415  `--help` stays fast
    from hookwright_sender.settings import Settings  # noqa: PLC0415

    given = {} if concurrency is None else {"concurrency": concurrency}
    work(Settings.read(**given))
