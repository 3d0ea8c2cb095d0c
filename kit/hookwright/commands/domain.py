"""`hookwright domain`: proofs that hosts are an account's own."""

from typing import TYPE_CHECKING

import click

from hookwright.platform import options
from hookwright.platform.words import shown_moment

if TYPE_CHECKING:
    from hookwright_sender.platform.domains import Domains
    from hookwright_sender.settings import Settings
    from hookwright_sender.store.database import Database

VERIFIED = "verified"
UNKNOWN = "no_answer"


@click.group("domain", short_help="Prove that a host is yours.")
def command() -> None:
    """Prove by a DNS record that a host is yours: a webhook goes to no other."""


@command.command("token")
@click.argument("host")
@options.account
@options.as_json
def token(host: str, account_id: int | None, *, as_json: bool) -> None:
    """Print the TXT record that proves HOST, in the form that a zone file has.

    The record is made for one account and one host, and stays the same.
    """
    from hookwright.platform.opening import existing  # noqa: PLC0415  `--help` stays fast
    from hookwright.platform.printing import print_json  # noqa: PLC0415
    from hookwright_sender.api.routes.domains import shown  # noqa: PLC0415
    from hookwright_sender.settings import Settings  # noqa: PLC0415

    settings = Settings.read()
    with existing(settings) as database:
        principal = options.principal(database, account_id)
        domain = domains(database, settings).add(principal, host)
    if as_json:
        print_json(shown(domain))
        return
    record = domain.record
    click.echo(f'{record.name}. {record.type} "{record.value}"')
    click.echo(
        f"Add it to the DNS of {domain.host}, then: hookwright domain verify {domain.host}\n"
        f"Where that name is a CNAME, add it at {domain.cname_record.name} instead.",
        err=True,
    )


@command.command("verify")
@click.argument("host")
@options.account
@options.as_json
def verify(host: str, account_id: int | None, *, as_json: bool) -> None:
    """Look for the record of HOST now.

    Exits with 0 when the host is proven, 1 when it is not, 3 when no name server gave an answer.
    """
    from hookwright.interruption import run  # noqa: PLC0415
    from hookwright.platform.errors import NotProven, Undecided  # noqa: PLC0415
    from hookwright.platform.opening import existing  # noqa: PLC0415
    from hookwright.platform.printing import print_json  # noqa: PLC0415
    from hookwright_sender.api.routes.domains import shown  # noqa: PLC0415
    from hookwright_sender.settings import Settings  # noqa: PLC0415

    settings = Settings.read()
    with existing(settings) as database:
        principal = options.principal(database, account_id)
        service = domains(database, settings)
        service.add(principal, host)
        domain = run(service.verify(principal, host))
    if as_json:
        print_json(shown(domain))
    if domain.code == UNKNOWN:
        raise Undecided(f"{domain.host}: {domain.reason}")
    if domain.status != VERIFIED:
        raise NotProven(f"{domain.host}: {domain.reason}")
    if not as_json:
        click.echo(f"{domain.host} is proven to be yours.")


@command.command("show")
@click.argument("host")
@options.account
@options.as_json
def show(host: str, account_id: int | None, *, as_json: bool) -> None:
    """Show a host: its record, what was found, and what to do about it."""
    from hookwright.platform.opening import existing  # noqa: PLC0415
    from hookwright.platform.printing import print_json, print_object  # noqa: PLC0415
    from hookwright_sender.api.routes.domains import shown  # noqa: PLC0415
    from hookwright_sender.settings import Settings  # noqa: PLC0415

    settings = Settings.read()
    with existing(settings) as database:
        principal = options.principal(database, account_id)
        domain = domains(database, settings).get(principal, host)
    if as_json:
        print_json(shown(domain))
        return
    record = domain.record
    print_object(
        {
            "host": domain.host,
            "status": domain.status,
            "found": domain.code,
            "what to do": domain.reason,
            "record": f'{record.name}. {record.type} "{record.value}"',
            "checked (UTC)": shown_moment(domain.checked_at),
            "proven (UTC)": shown_moment(domain.verified_at),
        }
    )


@command.command("list")
@options.account
@options.as_json
def list_domains(account_id: int | None, *, as_json: bool) -> None:
    """List the hosts of an account and whether they are proven."""
    from hookwright.platform.opening import existing  # noqa: PLC0415
    from hookwright.platform.paging import everything  # noqa: PLC0415
    from hookwright.platform.printing import print_page, print_table  # noqa: PLC0415
    from hookwright_sender.api.routes.domains import shown  # noqa: PLC0415
    from hookwright_sender.settings import Settings  # noqa: PLC0415

    settings = Settings.read()
    with existing(settings) as database:
        principal = options.principal(database, account_id)
        service = domains(database, settings)
        found = everything(lambda after: service.page(principal, after))
    if as_json:
        print_page(shown(domain) for domain in found)
        return
    print_table(
        ("status", "found", "checked (UTC)", "host"),
        [(each.status, each.code, shown_moment(each.checked_at), each.host) for each in found],
        "There is no host yet: `hookwright domain token HOST` adds one.",
    )


def domains(database: "Database", settings: "Settings") -> "Domains":
    """Return the service, with the name servers of the settings."""
    from hookwright_sender.egress.name_servers import NameServers  # noqa: PLC0415
    from hookwright_sender.platform.domains import Domains  # noqa: PLC0415

    return Domains(database, NameServers.parse(settings.nameservers))
