"""What a look-up makes of a proof, and what that does to the webhooks that stand on it."""

from typing import Any

from sqlalchemy import Connection, Row, select, update

from hookwright_sender.delivery.pausing import close_queue, open_queue
from hookwright_sender.egress.proof import Finding, Status
from hookwright_sender.platform.notices import notify
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import domains, webhooks

# Seconds until a proof is checked again: one that stands, one that was lost, and one of which
# nothing is known. What was never proven is checked when its owner asks for it.
STANDING = 24 * 3600.0
LOST = 3600.0
UNKNOWN = 900.0
# TXT records of others that a reason quotes.
MOST_QUOTED = 5


def settle(
    connection: Connection, database: Database, domain_id: int, started: float, finding: Finding
) -> tuple[str, Row[Any]]:
    """Write down what a look-up found that was started at a time; hold and release webhooks.

    Returns the status before, and the domain as it is now. A look-up that was overtaken by a
    later one changes nothing.
    """
    this = domains.c.id == domain_id
    row = connection.execute(select(domains).where(this).with_for_update()).one()
    if row.checked_at is not None and row.checked_at > started:
        return row.status, row
    changes = {**_judged(row, started, finding), "checked_at": started}
    connection.execute(update(domains).where(this).values(changes))
    after = connection.execute(select(domains).where(this)).one()
    if (row.status, after.status) == ("verified", "failed"):
        _lose(connection, database, after)
    elif row.status != "verified" and after.status == "verified":
        _gain(connection, database, row)
    return row.status, after


def _judged(row: Row[Any], started: float, finding: Finding) -> dict[str, Any]:
    proven_once = row.verified_at is not None
    if finding.status is Status.VERIFIED:
        reason = finding.message
        status, verified_at, wait = "verified", started, STANDING
    elif finding.status is Status.FAILED:
        reason = _quoting(finding)
        status, verified_at, wait = "failed", row.verified_at, LOST
    else:
        still = f"The domain is {row.status} as before. " if row.status != "pending" else ""
        reason = f"{still}{finding.message}"
        status, verified_at, wait = row.status, row.verified_at, UNKNOWN
    again = proven_once or status == "verified"
    return {
        "status": status,
        "reason": reason,
        "code": finding.reason.value,
        "verified_at": verified_at,
        "next_check_at": started + wait if again else None,
    }


def _quoting(finding: Finding) -> str:
    if not finding.records:
        return finding.message
    # A DNS answer has no order of its own.
    quoted = ", ".join(f'"{record}"' for record in sorted(finding.records)[:MOST_QUOTED])
    more = len(finding.records) - MOST_QUOTED
    rest = f" and {more} more" if more > 0 else ""
    # In front, because the message ends with the text to copy.
    return f"Found {quoted}{rest}. {finding.message}"


def _lose(connection: Connection, database: Database, domain: Row[Any]) -> None:
    held = _move(
        connection,
        database,
        domain,
        ("active", "held"),
        f"The proof of {domain.host} is gone: deliveries wait until it is back. {domain.reason}",
    )
    for webhook_id in held:
        close_queue(connection, webhook_id)
    message = (
        f"The proof that {domain.host} is yours is gone, and {_counted(len(held))} held until it "
        f"is back; nothing is lost. {domain.reason}"
    )
    notify(connection, database, domain.account_id, "proof_lost", message, domain_id=domain.id)


def _gain(connection: Connection, database: Database, before: Row[Any]) -> None:
    released = _move(connection, database, before, ("held", "active"), "")
    for webhook_id in released:
        open_queue(connection, database, webhook_id)
    if before.verified_at is None:
        return
    message = (
        f"The proof that {before.host} is yours is back, and {_counted(len(released))} delivered "
        "to again."
    )
    notify(connection, database, before.account_id, "proof_regained", message, domain_id=before.id)


def _move(
    connection: Connection,
    database: Database,
    domain: Row[Any],
    states: tuple[str, str],
    reason: str,
) -> list[int]:
    """Take the domain's webhooks from one state to another; return their ids."""
    before, after = states
    # In the order in which outcomes of deliveries lock them, so that none waits in a circle.
    moving = (
        select(webhooks.c.id)
        .where(webhooks.c.domain_id == domain.id, webhooks.c.state == before)
        .order_by(webhooks.c.id)
        .with_for_update()
    )
    ids = list(connection.execute(moving).scalars())
    for webhook_id in ids:
        connection.execute(
            update(webhooks)
            .where(webhooks.c.id == webhook_id)
            .values(state=after, reason=reason, updated_at=database.clock())
        )
    return ids


def _counted(count: int) -> str:
    if count == 0:
        return "no webhook is"
    return "1 webhook is" if count == 1 else f"{count} webhooks are"
