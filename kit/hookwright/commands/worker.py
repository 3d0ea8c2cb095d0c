"""`hookwright worker`: deliveries without an API."""

from contextlib import nullcontext

import click


@click.command("worker")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Deliveries at once. Also HOOKWRIGHT_CONCURRENCY (100).",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where metrics are shown.")
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Show metrics for Prometheus there; 0 chooses a port that is free.",
)
def command(concurrency: int | None, host: str, metrics_port: int | None) -> None:
    """Deliver what is due, beside `hookwright serve --no-worker`, until SIGTERM.

    On PostgreSQL any number of workers, on any number of machines, share the work. On SQLite
    workers share a file of one machine, and look for what is new a little later.
    """
    from hookwright.platform.early import end_on_interrupt  # noqa: PLC0415  `--help` stays fast

    end_on_interrupt()
    from hookwright.platform.listener import listen  # noqa: PLC0415
    from hookwright.platform.serving import work  # noqa: PLC0415
    from hookwright_sender.settings import Settings  # noqa: PLC0415

    given = {} if concurrency is None else {"concurrency": concurrency}
    settings = Settings.read(**given)
    with nullcontext() if metrics_port is None else listen(host, metrics_port) as metrics:
        work(settings, metrics)
