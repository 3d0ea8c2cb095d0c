"""`hookwright deliveries`: what was delivered and what was not."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from hookwright.platform import options
from hookwright.platform.words import read_age, read_id, read_moment, shown_moment

if TYPE_CHECKING:
    from hookwright_sender.delivery.log import Delivery, Filters, LoggedAttempt

STATUSES = ("pending", "delivered", "dead", "cancelled")
LIMIT = 50


def filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what deliveries can be chosen by."""
    for option in (
        click.option("--until", type=read_moment, metavar="TIME", help="Made before."),
        click.option("--since", type=read_moment, metavar="TIME", help="Made then or later."),
        click.option(
            "--last-status", type=click.IntRange(100, 599), help="The last answer's status."
        ),
        click.option("--outcome", metavar="NAME", help="What became of the last attempt."),
        click.option("--status", type=click.Choice(STATUSES), help="What became of it."),
        click.option("--event", metavar="EVENT", help="Of this event, such as form_lead."),
        click.option("--webhook", "webhook_id", type=read_id, metavar="ID", help="The webhook."),
    ):
        command = option(command)
    return command


@click.group("deliveries", short_help="What was delivered and what was not; replay it.")
def command() -> None:
    """Look into the log of deliveries, and send again what a receiver missed.

    A TIME is like 2026-11-25, 2026-11-25T18:00:00Z, or how long ago: 90s, 30m, 12h, 30d, 4w.
    """


@command.command("list")
@filters
@click.option("--after", type=read_id, metavar="ID", help="Go on behind this delivery.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=LIMIT, show_default=True, help="How many."
)
@options.account
@options.as_json
def list_deliveries(
    after: int | None, limit: int, account_id: int | None, *, as_json: bool, **chosen: Any
) -> None:
    """List deliveries, the newest first."""
    from hookwright.platform.printing import print_page, print_table  # noqa: PLC0415
    from hookwright.platform.services import opened  # noqa: PLC0415  `--help` stays fast
    from hookwright_sender.api.routes.deliveries import shown  # noqa: PLC0415

    with opened() as services:
        account = options.principal(services.database, account_id).account_id
        page = services.deliveries.list(account, filters_of(chosen), after, limit)
        while not page.items and page.next is not None:
            page = services.deliveries.list(account, filters_of(chosen), page.next, limit)
    if as_json:
        print_page((shown(each) for each in page.items), page.next)
        return
    print_table(
        ("delivery", "made (UTC)", "event", "status", "tries", "last"),
        [
            (
                each.id,
                shown_moment(each.created_at),
                each.event,
                each.state,
                each.attempts,
                each.last_status or each.last_outcome or "-",
            )
            for each in page.items
        ],
        "There is no such delivery.",
    )
    if page.next is not None:
        click.echo(f"There are more: --after {page.next}", err=True)


@command.command("show")
@click.argument("delivery_id", metavar="DELIVERY", type=read_id)
@options.account
@options.as_json
def show(delivery_id: int, account_id: int | None, *, as_json: bool) -> None:
    """Show a delivery with every attempt: what was sent, what was answered, how long it took."""
    from hookwright.platform.printing import print_json, print_object  # noqa: PLC0415
    from hookwright.platform.services import opened  # noqa: PLC0415
    from hookwright_sender.api.routes.deliveries import shown, shown_attempt  # noqa: PLC0415
    from hookwright_sender.platform.errors import NotFound  # noqa: PLC0415

    with opened() as services:
        account = options.principal(services.database, account_id).account_id
        found = services.deliveries.show(account, delivery_id)
    if found is None:
        raise NotFound("delivery", delivery_id)
    if as_json:
        attempts = [shown_attempt(each) for each in found.attempts]
        print_json(shown(found.delivery) | {"attempts": attempts})
        return
    print_object(members(found.delivery))
    for attempt in found.attempts:
        click.echo()
        print_object(attempt_members(attempt))


@command.command("replay")
@click.argument("delivery_id", metavar="[DELIVERY]", type=read_id, required=False)
@click.option("--failed", is_flag=True, help="Everything that came to nothing: --status dead.")
@filters
@options.account
@options.yes
def replay(
    delivery_id: int | None, account_id: int | None, *, failed: bool, yes: bool, **chosen: Any
) -> None:
    """Send again: DELIVERY, everything that `--failed`, or what the other options choose.

    It is the same message under the same webhook-id, and the ladder of retries begins anew. Tests
    are sent again one by one only.
    """
    from hookwright.platform.services import opened  # noqa: PLC0415
    from hookwright_sender.platform.errors import NotFound  # noqa: PLC0415

    narrowed = any(value is not None for value in chosen.values())
    if delivery_id is None and not failed and not narrowed:
        raise click.UsageError("say what: a DELIVERY, --failed, or the options of `list`")
    if delivery_id is not None and (failed or narrowed):
        raise click.UsageError("a DELIVERY is one; the options choose several: give one of both")
    with opened() as services:
        account = options.principal(services.database, account_id).account_id
        if delivery_id is not None:
            done = services.replay.one(account, delivery_id)
            if done is None:
                raise NotFound("delivery", delivery_id)
            count = int(done)
            if not done:
                raise click.UsageError(
                    f"delivery {delivery_id} has nowhere to go: its webhook was removed"
                )
        else:
            if failed:
                chosen |= {"status": "dead"}
            options.confirm("Send all of those again?", sure=yes)
            count = services.replay.range(account, filters_of(chosen))
    click.echo(f"{count} deliver{'y is' if count == 1 else 'ies are'} made again.")


@command.command("purge")
@click.option(
    "--older-than",
    type=read_age,
    metavar="AGE",
    help="Such as 30d; by default HOOKWRIGHT_RETENTION_DAYS.",
)
@options.yes
@options.as_json
def purge(older_than: float | None, *, yes: bool, as_json: bool) -> None:
    """Forget what is finished and old, of all accounts: deliveries, events, notices.

    A worker does so by itself every hour.
    """
    from hookwright.platform.opening import existing  # noqa: PLC0415
    from hookwright.platform.printing import print_json  # noqa: PLC0415
    from hookwright_sender.delivery.retention import Retention  # noqa: PLC0415
    from hookwright_sender.settings import Settings  # noqa: PLC0415

    settings = Settings.read()
    days = settings.retention_days if older_than is None else older_than / 86_400
    with existing(settings) as database:
        options.confirm(f"Forget what is finished and older than {days:g} days?", sure=yes)
        gone = Retention(database, days).purge()
    if as_json:
        print_json({"deliveries": gone.deliveries, "events": gone.events})
    else:
        click.echo(f"{gone.deliveries} deliveries and {gone.events} events are forgotten.")


def filters_of(chosen: dict[str, Any]) -> "Filters":
    """Return the filters that the options of `filters` make."""
    from hookwright_schemas import load_contract  # noqa: PLC0415
    from hookwright_sender.delivery.claim import LOST  # noqa: PLC0415
    from hookwright_sender.delivery.log import Filters  # noqa: PLC0415
    from hookwright_sender.outcome import Outcome  # noqa: PLC0415

    if chosen["event"] is not None:
        chosen["event"] = load_contract().event(chosen["event"]).id
    outcomes = (*Outcome, LOST)
    if chosen["outcome"] not in {None, *outcomes}:
        raise click.BadParameter(
            f"{chosen['outcome']!r} is no outcome: use one of {', '.join(outcomes)}",
            param_hint="'--outcome'",
        )
    names = {"status": "state", "last_status": "status"}
    return Filters(**{names.get(name, name): value for name, value in chosen.items()})


def members(delivery: "Delivery") -> dict[str, object]:
    """Describe a delivery in lines."""
    lines: dict[str, object] = {
        "delivery": delivery.id,
        "webhook": delivery.webhook_id,
        "webhook-id": f"msg_{delivery.event_id}",
        "event": f"{delivery.event} (a test)" if delivery.test else delivery.event,
        "status": delivery.state,
        "made (UTC)": shown_moment(delivery.created_at),
    }
    if delivery.due_at is not None:
        lines["due (UTC)"] = shown_moment(delivery.due_at)
    if delivery.finished_at is not None:
        lines["ended (UTC)"] = shown_moment(delivery.finished_at)
    return lines


def attempt_members(attempt: "LoggedAttempt") -> dict[str, object]:
    """Describe an attempt in lines."""
    lines: dict[str, object] = {
        f"attempt {attempt.number}": f"{shown_moment(attempt.started_at)} UTC",
        "outcome": attempt.outcome,
        "status": attempt.status,
        "latency": f"{attempt.latency * 1000:.1f} ms",
    }
    if attempt.error:
        lines["error"] = attempt.error
    lines |= {f"> {name}": value for name, value in attempt.request_headers.items()}
    lines |= {f"< {name}": value for name, value in attempt.response_headers.items()}
    if attempt.response_body:
        lines["answer"] = attempt.response_body.decode("utf-8", "replace")
    return lines
