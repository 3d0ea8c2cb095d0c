"""`hookwright serve`: the sending platform as one process."""

import click


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="The port; 0 chooses one that is free.",
)
@click.option("--no-worker", is_flag=True, help="Deliver nothing: `hookwright worker` does.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Deliveries at once. Also HOOKWRIGHT_CONCURRENCY (100).",
)
def command(host: str, port: int, concurrency: int | None, *, no_worker: bool) -> None:
    """Run the sending platform: its HTTP API, and a delivery worker in the same process.

    With nothing set it keeps everything in hookwright.db, in the working directory, and makes it
    and its key file at the first start. SIGTERM ends it with 0 once what is in flight is finished.
    """
    from hookwright.platform.early import end_on_interrupt  # noqa: PLC0415  `--help` stays fast

    end_on_interrupt()
    from hookwright.platform.listener import listen  # noqa: PLC0415
    from hookwright.platform.serving import serve  # noqa: PLC0415
    from hookwright_sender.settings import Settings  # noqa: PLC0415

    if no_worker and concurrency is not None:
        raise click.UsageError("--concurrency is a worker's, and --no-worker wants none")
    given = {} if concurrency is None else {"concurrency": concurrency}
    settings = Settings.read(**given)
    with listen(host, port) as listener:
        serve(settings, listener, worker=not no_worker)
