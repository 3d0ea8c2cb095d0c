"""Options that several commands have, and what asks before something is lost."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hookwright.platform.errors import NotConfirmed
from hookwright.platform.words import read_id

if TYPE_CHECKING:
    from hookwright_sender.platform.owner import Owner
    from hookwright_sender.platform.principal import Principal
    from hookwright_sender.store.database import Database

Command = TypeVar("Command", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
yes = click.option("--yes", "-y", is_flag=True, help="Do it without asking.")
account = click.option(
    "--account",
    "account_id",
    type=read_id,
    metavar="ID",
    help="The account; not needed where there is only one.",
)


def owner(command: Command) -> Command:
    """Add what names a CTA or a project."""
    for kind, what in (("project", "The project"), ("cta", "The CTA")):
        option = click.option(
            f"--{kind}",
            f"{kind}_id",
            type=read_id,
            metavar="ID",
            help=f"{what} that it belongs to.",
        )
        command = option(command)
    return command


def owner_of(cta_id: int | None, project_id: int | None) -> "Owner":
    """Return the one that was named; anything but one is wrong usage."""
    from hookwright_sender.platform.owner import Owner  # noqa: PLC0415  `--help` stays fast

    if cta_id is not None and project_id is None:
        return Owner("cta", cta_id)
    if project_id is not None and cta_id is None:
        return Owner("project", project_id)
    raise click.UsageError("name what the webhook belongs to: --cta ID or --project ID")


def principal(database: "Database", account_id: int | None) -> "Principal":
    """Return who acts: the person at the command line, for an account that there is.

    Raises `NoAccount` when none was named and there is not exactly one, `NotFound`.
    """
    from hookwright.platform.errors import NoAccount  # noqa: PLC0415
    from hookwright_sender.platform.accounts import Accounts  # noqa: PLC0415
    from hookwright_sender.platform.principal import Principal  # noqa: PLC0415

    accounts = Accounts(database)
    if account_id is not None:
        return Principal.command(accounts.get(account_id).id)
    known = accounts.list()
    if len(known) != 1:
        raise NoAccount(len(known))
    return Principal.command(known[0].id)


def confirm(question: str, *, sure: bool) -> None:
    """Ask, unless the person said `--yes`. Raises `NotConfirmed`, also without a terminal."""
    if sure:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise NotConfirmed(question, asked=False)
    if not click.confirm(question, err=True):
        raise NotConfirmed(question, asked=True)
