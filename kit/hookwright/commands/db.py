"""`hookwright db`: the database of the platform."""

import json

import click


@click.group("db", short_help="Set up the platform's database, or bring it up to date.")
def command() -> None:
    """Look after the database that HOOKWRIGHT_DATABASE_URL names (sqlite:///hookwright.db)."""


@command.command("upgrade")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def upgrade(*, as_json: bool) -> None:
    """Bring the tables up to date, all or nothing, and say what was done.

    `serve` and `worker` do so themselves when they start.
    """
    from hookwright.platform.opening import database_of  # noqa: PLC0415  `--help` stays fast
    from hookwright_sender.settings import Settings  # noqa: PLC0415
    from hookwright_sender.store import schema  # noqa: PLC0415

    with database_of(Settings.read()) as database:
        name = database.shown
        made = schema.is_empty(database)
        upgraded = schema.upgrade(database)
        if as_json:
            document = {"database": name, "revision": schema.REVISIONS[-1], "changed": upgraded}
            click.echo(json.dumps(document))
        elif made:
            click.echo(f"{name}: set up, at revision {schema.REVISIONS[-1]}.")
        elif upgraded:
            click.echo(f"{name}: upgraded to revision {schema.REVISIONS[-1]}.")
        else:
            click.echo(f"{name}: is up to date, at revision {schema.REVISIONS[-1]}.")
