"""`hookwright webhook`: the one webhook of a CTA or a project."""

from typing import IO, TYPE_CHECKING, Any

import click

from hookwright.platform import options
from hookwright.platform.words import printable, read_id, shown_moment

if TYPE_CHECKING:
    from hookwright_sender.platform.testing import TestResult
    from hookwright_sender.platform.webhooks import Webhook


@click.group("webhook", short_help="Set, show, test and remove webhooks.")
def command() -> None:
    """Look after the one webhook that a CTA or a project has (`--cta ID`, `--project ID`)."""


@command.command("set")
@click.argument("url")
@options.owner
@click.option(
    "-p",
    "--param",
    "parameters",
    multiple=True,
    metavar="K=V|K:=JSON",
    help="An additional parameter: text, or with := a JSON scalar.",
)
@click.option(
    "-d",
    "--data",
    type=click.File("rb"),
    metavar="FILE",
    help="Take parameters from a JSON object (`-`: standard input), which no one else can see.",
)
@click.option("--only-new", is_flag=True, help="Fail when there is a webhook already.")
@options.account
@options.as_json
def set_webhook(  # noqa: PLR0913, PLR0917  click gives each option as an argument
    url: str,
    cta_id: int | None,
    project_id: int | None,
    parameters: tuple[str, ...],
    data: IO[bytes] | None,
    only_new: bool,
    account_id: int | None,
    as_json: bool,
) -> None:
    """Let events go to URL, whose host must be proven (`hookwright domain`).

    Replaces a webhook that is there, with all its parameters. The signing secret of a new one is
    printed, this once.
    """
    from hookwright.interruption import run  # noqa: PLC0415
    from hookwright.platform.parameters import read  # noqa: PLC0415  `--help` stays fast
    from hookwright.platform.printing import print_json, print_object  # noqa: PLC0415
    from hookwright.platform.services import opened  # noqa: PLC0415
    from hookwright_sender.api.routes.webhooks import shown  # noqa: PLC0415

    owner = options.owner_of(cta_id, project_id)
    values = read(parameters, data.read() if data is not None else None)
    with opened() as services:
        principal = options.principal(services.database, account_id)
        done = run(
            services.webhooks.set(principal, owner, "custom", url, values, only_new=only_new)
        )
    if as_json:
        print_json(shown(done.webhook) | {"created": done.created, "secret": done.secret})
        return
    print_object(members(done.webhook) | ({"signing secret": done.secret} if done.secret else {}))
    if done.secret:
        click.echo(
            "The secret is not shown again; `webhook rotate-secret` makes another.", err=True
        )


@command.command("show")
@options.owner
@options.account
@options.as_json
def show(
    cta_id: int | None, project_id: int | None, account_id: int | None, *, as_json: bool
) -> None:
    """Show a webhook; the values of its parameters are masked."""
    from hookwright.platform.printing import print_json, print_object  # noqa: PLC0415
    from hookwright.platform.services import opened  # noqa: PLC0415
    from hookwright_sender.api.routes.webhooks import shown  # noqa: PLC0415

    owner = options.owner_of(cta_id, project_id)
    with opened() as services:
        principal = options.principal(services.database, account_id)
        webhook = services.webhooks.get(principal, owner)
    if as_json:
        print_json(shown(webhook))
    else:
        print_object(members(webhook))


@command.command("list")
@options.account
@options.as_json
def list_webhooks(account_id: int | None, *, as_json: bool) -> None:
    """List the webhooks of an account."""
    from hookwright.platform.paging import everything  # noqa: PLC0415
    from hookwright.platform.printing import print_page, print_table  # noqa: PLC0415
    from hookwright.platform.services import opened  # noqa: PLC0415
    from hookwright_sender.api.routes.webhooks import shown  # noqa: PLC0415

    with opened() as services:
        principal = options.principal(services.database, account_id)
        found = everything(lambda after: services.webhooks.page(principal, after))
    if as_json:
        print_page(shown(webhook) for webhook in found)
        return
    print_table(
        ("webhook", "of", "state", "URL"),
        [(each.id, each.owner, each.state, each.url) for each in found],
        "There is no webhook yet: `hookwright webhook set URL --cta ID` makes one.",
    )


@command.command("test")
@options.owner
@options.account
@options.yes
@options.as_json
def test(
    cta_id: int | None, project_id: int | None, account_id: int | None, *, yes: bool, as_json: bool
) -> None:
    """Send sample data to a webhook, now, and show what was answered.

    Exits with 0 when it was accepted, 1 when it was not.
    """
    from hookwright.interruption import run  # noqa: PLC0415
    from hookwright.platform.errors import NotDelivered  # noqa: PLC0415
    from hookwright.platform.printing import print_json, print_object  # noqa: PLC0415
    from hookwright.platform.services import delivering, opened  # noqa: PLC0415

    owner = options.owner_of(cta_id, project_id)
    with opened() as services:
        principal = options.principal(services.database, account_id)
        webhook = services.webhooks.get(principal, owner)
    options.confirm(f"Send sample data to {printable(webhook.url)}?", sure=yes)

    async def send() -> "TestResult":
        async with delivering() as services:
            return await services.tester.test(principal, owner)

    result = run(send())
    if as_json:
        print_json(test_document(result))
    else:
        print_object(test_members(result))
    if not result.succeeded:
        raise NotDelivered(
            f"the test was not accepted ({result.status or result.error or result.outcome}): "
            f"`hookwright deliveries show {result.delivery_id}` has all of it"
        )


@command.command("remove")
@options.owner
@options.account
@options.yes
def remove(
    cta_id: int | None, project_id: int | None, account_id: int | None, *, yes: bool
) -> None:
    """Remove a webhook, and with it what is queued for it."""
    from hookwright.platform.services import opened  # noqa: PLC0415

    owner = options.owner_of(cta_id, project_id)
    with opened() as services:
        principal = options.principal(services.database, account_id)
        url = printable(services.webhooks.get(principal, owner).url)
        options.confirm(f"Remove the webhook to {url}, and what is queued for it?", sure=yes)
        services.webhooks.remove(principal, owner)
    click.echo(f"The webhook to {url} is removed.")


@command.command("enable")
@click.argument("webhook_id", metavar="[WEBHOOK]", type=read_id, required=False)
@options.owner
@options.account
@options.as_json
def enable(
    webhook_id: int | None,
    cta_id: int | None,
    project_id: int | None,
    account_id: int | None,
    *,
    as_json: bool,
) -> None:
    """Enable a webhook that was disabled, and send everything that it missed.

    WEBHOOK is its id; `--cta ID` or `--project ID` will do as well.
    """
    from hookwright.platform.printing import print_json  # noqa: PLC0415
    from hookwright.platform.services import opened  # noqa: PLC0415
    from hookwright_sender.api.routes.webhooks import shown  # noqa: PLC0415

    owner = None if webhook_id is not None else options.owner_of(cta_id, project_id)
    with opened() as services:
        principal = options.principal(services.database, account_id)
        if owner is not None:
            webhook_id = services.webhooks.get(principal, owner).id
        done = services.webhooks.enable(principal, webhook_id or 0)
    if as_json:
        print_json(shown(done.webhook) | {"replayed": done.replayed})
    else:
        click.echo(f"Webhook {webhook_id} is enabled; {done.replayed} deliveries are made again.")


@command.command("rotate-secret")
@options.owner
@options.account
@options.as_json
def rotate_secret(
    cta_id: int | None, project_id: int | None, account_id: int | None, *, as_json: bool
) -> None:
    """Make a new signing secret and print it, this once; the old one signs too for 24 hours."""
    from hookwright.platform.printing import print_json, print_object  # noqa: PLC0415
    from hookwright.platform.services import opened  # noqa: PLC0415

    owner = options.owner_of(cta_id, project_id)
    with opened() as services:
        principal = options.principal(services.database, account_id)
        secret = services.webhooks.rotate_secret(principal, owner)
    if as_json:
        print_json({"secret": secret})
    else:
        print_object({"signing secret": secret})


def members(webhook: "Webhook") -> dict[str, object]:
    """Describe a webhook in lines."""
    state = f"{webhook.state}: {webhook.reason}" if webhook.reason else webhook.state
    lines: dict[str, object] = {
        "webhook": webhook.id,
        "of": webhook.owner,
        "URL": webhook.url,
        "parameters": ", ".join(webhook.parameters) or "none",
        "state": state,
        "changed (UTC)": shown_moment(webhook.updated_at),
    }
    if webhook.failing_since is not None:
        lines["failing since"] = shown_moment(webhook.failing_since)
    return lines


def test_document(result: "TestResult") -> dict[str, Any]:
    """Describe what came of a test in JSON, as the API does."""
    return {
        "delivery_id": str(result.delivery_id),
        "succeeded": result.succeeded,
        "outcome": result.outcome,
        "status": result.status,
        "latency": result.latency,
        "body": result.body.decode("utf-8", "replace"),
        "error": result.error,
    }


def test_members(result: "TestResult") -> dict[str, object]:
    """Describe what came of a test in lines."""
    lines: dict[str, object] = {
        "outcome": result.outcome,
        "status": result.status,
        "latency": f"{result.latency * 1000:.1f} ms",
        "delivery": result.delivery_id,
    }
    if result.error:
        lines["error"] = result.error
    if result.body:
        lines["answer"] = result.body.decode("utf-8", "replace")[:1024]
    return lines
