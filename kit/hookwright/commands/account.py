"""`hookwright account`: accounts of the platform and their API keys."""

from typing import TYPE_CHECKING, Any

import click

from hookwright.platform import options
from hookwright.platform.words import moment, read_id, shown_moment

if TYPE_CHECKING:
    from hookwright_sender.platform.accounts import Account, ApiKey


@click.group("account", short_help="Accounts of the platform and their API keys.")
def command() -> None:
    """Make accounts and API keys. None of it needs the keys that the database is encrypted with."""


@command.command("create")
@click.argument("name")
@options.as_json
def create(name: str, *, as_json: bool) -> None:
    """Make an account called NAME, and its first API key, which is shown this once.

    Works beside a server that runs. Where there is no database yet, it is made.
    """
    from hookwright.platform.opening import existing_or_new  # noqa: PLC0415  `--help` stays fast
    from hookwright.platform.printing import print_json, print_object  # noqa: PLC0415
    from hookwright_sender.platform.accounts import Accounts  # noqa: PLC0415
    from hookwright_sender.settings import Settings  # noqa: PLC0415

    with existing_or_new(Settings.read()) as database:
        made = Accounts(database).create(name)
    if as_json:
        print_json({"id": str(made.id), "key": made.key})
        return
    print_object({"account": made.id, "name": made.name, "API key": made.key})
    click.echo("The key is not shown again; send it as `Authorization: Bearer KEY`.", err=True)


@command.command("list")
@options.as_json
def list_accounts(*, as_json: bool) -> None:
    """List the accounts."""
    from hookwright.platform.opening import existing  # noqa: PLC0415
    from hookwright.platform.printing import print_page, print_table  # noqa: PLC0415
    from hookwright_sender.platform.accounts import Accounts  # noqa: PLC0415
    from hookwright_sender.settings import Settings  # noqa: PLC0415

    with existing(Settings.read()) as database:
        accounts = Accounts(database).list()
    if as_json:
        print_page(about(account) for account in accounts)
        return
    print_table(
        ("account", "created (UTC)", "name"),
        [(each.id, shown_moment(each.created_at), each.name) for each in accounts],
        "There is no account yet: `hookwright account create NAME` makes one.",
    )


@command.command("show")
@click.argument("account_id", metavar="ACCOUNT", type=read_id)
@options.as_json
def show(account_id: int, *, as_json: bool) -> None:
    """Show an account and its API keys, by their last characters."""
    from hookwright.platform.opening import existing  # noqa: PLC0415
    from hookwright.platform.printing import print_json, print_object, print_table  # noqa: PLC0415
    from hookwright_sender.platform.accounts import Accounts  # noqa: PLC0415
    from hookwright_sender.settings import Settings  # noqa: PLC0415

    with existing(Settings.read()) as database:
        accounts = Accounts(database)
        account, keys = accounts.get(account_id), accounts.keys(account_id)
    if as_json:
        print_json(about(account) | {"keys": [about_key(key) for key in keys]})
        return
    created = shown_moment(account.created_at)
    print_object({"account": account.id, "name": account.name, "created (UTC)": created})
    click.echo()
    print_table(
        ("key", "ends in", "created (UTC)", "revoked (UTC)"),
        [(k.id, k.hint, shown_moment(k.created_at), shown_moment(k.revoked_at)) for k in keys],
        "It has no API key: `hookwright account key create` makes one.",
    )


@command.group("key", short_help="Make and revoke API keys.")
def key() -> None:
    """Make and revoke the API keys of an account."""


@key.command("create")
@click.argument("account_id", metavar="[ACCOUNT]", type=read_id, required=False)
@options.as_json
def create_key(account_id: int | None, *, as_json: bool) -> None:
    """Make another API key for ACCOUNT; it is shown this once. The others stay valid."""
    from hookwright.platform.opening import existing  # noqa: PLC0415
    from hookwright.platform.printing import print_json, print_object  # noqa: PLC0415
    from hookwright_sender.platform.accounts import Accounts  # noqa: PLC0415
    from hookwright_sender.settings import Settings  # noqa: PLC0415

    with existing(Settings.read()) as database:
        account = options.principal(database, account_id).account_id
        made = Accounts(database).issue_key(account)
    if as_json:
        print_json({"id": str(made.id), "account": str(account), "key": made.key})
        return
    print_object({"account": account, "key": made.id, "API key": made.key})
    click.echo("The key is not shown again; send it as `Authorization: Bearer KEY`.", err=True)


@key.command("revoke")
@click.argument("key_id", metavar="KEY", type=read_id)
@options.account
def revoke_key(key_id: int, account_id: int | None) -> None:
    """Let an API key count no more, at once; KEY is its id (`hookwright account show`)."""
    from hookwright.platform.opening import existing  # noqa: PLC0415
    from hookwright_sender.platform.accounts import Accounts  # noqa: PLC0415
    from hookwright_sender.settings import Settings  # noqa: PLC0415

    with existing(Settings.read()) as database:
        account = options.principal(database, account_id).account_id
        Accounts(database).revoke_key(account, key_id)
    click.echo(f"Key {key_id} is revoked.")


def about(account: "Account") -> dict[str, Any]:
    """Describe an account in JSON."""
    created = moment(account.created_at)
    return {"id": str(account.id), "name": account.name, "created_at": created}


def about_key(key: "ApiKey") -> dict[str, Any]:
    """Describe an API key in JSON."""
    return {
        "id": str(key.id),
        "hint": key.hint,
        "created_at": moment(key.created_at),
        "revoked_at": moment(key.revoked_at),
    }
