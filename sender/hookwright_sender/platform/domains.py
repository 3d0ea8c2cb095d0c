"""Proofs that hosts belong to those who want webhooks sent there."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from hookwright_sender.egress import proof
from hookwright_sender.egress.name_servers import NameServers
from hookwright_sender.errors import InvalidHost
from hookwright_sender.platform import audit
from hookwright_sender.platform.errors import NotFound
from hookwright_sender.platform.page import DEFAULT_LIMIT, Page, page
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.proofs import settle
from hookwright_sender.platform.record import Record, records
from hookwright_sender.platform.threads import Run
from hookwright_sender.platform.transaction import joining
from hookwright_sender.platform.upsert import upsert
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import domains

# Seconds for which a process that checks a proof again has it to itself.
LEASE = 120.0
# Look-ups at the same time, when proofs are checked again. What they find is written down one by
# one: each takes a connection, of which others want some, too.
CONCURRENCY = 20


@dataclass(frozen=True, slots=True)
class Domain:
    """A host of an account. `status` is `pending`, `verified` or `failed`.

    `reason` is a line that says precisely why, and what to do; `code` says it in one word.
    `record` is what the DNS must have, `cname_record` what counts instead for a host that is a
    CNAME, beside which nothing can stand.
    """

    id: int
    host: str
    status: str
    code: str
    reason: str
    record: Record
    cname_record: Record
    created_at: float
    checked_at: float | None
    verified_at: float | None
    next_check_at: float | None


class Domains:
    """The hosts of an account, each with its own token, and their proofs."""

    def __init__(
        self,
        database: Database,
        names: NameServers,
        new_token: Callable[[], str] = proof.new_token,
        wake: Callable[[], None] | None = None,
    ) -> None:
        self._database = database
        self._names = names
        self._new_token = new_token
        self._wake = wake

    def add(
        self, principal: Principal, host: str, *, connection: Connection | None = None
    ) -> Domain:
        """Return the domain of a host, made with a token if it is new. Raises `InvalidHost`."""
        domain, _created = self.ensure(principal, host, connection=connection)
        return domain

    def ensure(
        self, principal: Principal, host: str, *, connection: Connection | None = None
    ) -> tuple[Domain, bool]:
        """Do what `add` does, and tell whether the domain is new."""
        normal = proof.normalise_host(host)
        token = self._new_token()
        with joining(self._database, connection) as transaction:
            new = {
                "id": self._database.new_id(),
                "account_id": principal.account_id,
                "host": normal,
                "token": token,
                "status": "pending",
                "reason": f"The record was not looked up yet. Add a TXT record at {normal} with "
                f"exactly this text, and then verify the domain: {proof.record(token)}",
                "code": "not_checked",
                "created_at": self._database.clock(),
            }
            made = transaction.execute(
                upsert(self._database, domains)
                .values(new)
                .on_conflict_do_nothing(index_elements=["account_id", "host"])
                .returning(domains.c.id)
            ).first()
            if made is not None:
                audit.record(transaction, self._database, principal, "domain.add", _subject(normal))
            row = transaction.execute(_of_host(principal, normal)).one()
        return _domain(row), made is not None

    def get(self, principal: Principal, host: str) -> Domain:
        """Return the domain of a host. Raises `NotFound`."""
        with self._database.reading() as connection:
            return _domain(_found(connection, principal, host))

    def page(
        self, principal: Principal, after: int | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Domain]:
        """Return a part of the domains, newest first."""
        query = select(domains).where(domains.c.account_id == principal.account_id)
        with self._database.reading() as connection:
            return page(connection, query, domains.c.id, after, limit, _domain)

    async def verify(
        self, principal: Principal, host: str, *, run: Run = asyncio.to_thread
    ) -> Domain:
        """Look the record up and return what that made of the domain. Raises `NotFound`.

        No answer leaves the status as it was. A proof that is found releases the webhooks that
        were held for want of it; one that is gone holds them. `run` runs what blocks.
        """
        row = await run(self._row, principal, host)
        started, finding = await self._look_up(row)
        await run(self._settle, row, started, finding, principal)
        return await run(self.get, principal, host)

    async def check_due(self, limit: int = 100) -> Sequence[Domain]:
        """Check those proofs again whose time has come; return those whose status changed.

        For all accounts: the housekeeping of `serve` and `worker` calls it, in any number of
        processes, each of which takes others.
        """
        rows = await asyncio.to_thread(self._take_due, limit)
        turns = asyncio.Semaphore(CONCURRENCY)

        writing = asyncio.Lock()

        async def check(row: Row[Any]) -> Domain | None:
            async with turns:
                started, finding = await self._look_up(row)
            async with writing:
                return await asyncio.to_thread(self._settle, row, started, finding, None)

        checked = await asyncio.gather(*(check(row) for row in rows))
        return [domain for domain in checked if domain is not None]

    async def _look_up(self, row: Row[Any]) -> tuple[float, proof.Finding]:
        started = self._database.clock()
        return started, await proof.look_up(row.host, row.token, self._names)

    def _settle(
        self, row: Row[Any], started: float, finding: proof.Finding, principal: Principal | None
    ) -> Domain | None:
        """Write down what a look-up found; return the domain when its status is another now."""
        with joining(self._database, None) as connection:
            before, after = settle(connection, self._database, row.id, started, finding)
            if principal is not None:
                subject = _subject(row.host)
                audit.record(connection, self._database, principal, "domain.verify", subject)
        if before == after.status:
            return None
        if self._wake is not None:
            self._wake()
        return _domain(after)

    def _row(self, principal: Principal, host: str) -> Row[Any]:
        with self._database.reading() as connection:
            return _found(connection, principal, host)

    def _take_due(self, limit: int) -> Sequence[Row[Any]]:
        moment = self._database.clock()
        due = (
            select(domains.c.id)
            .where(domains.c.next_check_at <= moment)
            .order_by(domains.c.next_check_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        taken = (
            update(domains)
            .where(domains.c.id.in_(due.scalar_subquery()))
            .values(next_check_at=moment + LEASE)
            .returning(*domains.c)
        )
        with joining(self._database, None) as connection:
            return connection.execute(taken).fetchall()


def _subject(host: str) -> str:
    return f"domain:{host}"


def _of_host(principal: Principal, host: str) -> Select[Any]:
    return select(domains).where(
        domains.c.account_id == principal.account_id, domains.c.host == host
    )


def _found(connection: Connection, principal: Principal, host: str) -> Row[Any]:
    try:
        normal = proof.normalise_host(host)
    except InvalidHost:
        raise NotFound("domain", host) from None
    row = connection.execute(_of_host(principal, normal)).first()
    if row is None:
        raise NotFound("domain", host)
    return row


def _domain(row: Row[Any]) -> Domain:
    record, cname_record = records(row.host, row.token)
    return Domain(
        id=row.id,
        host=row.host,
        status=row.status,
        code=row.code,
        reason=row.reason,
        record=record,
        cname_record=cname_record,
        created_at=row.created_at,
        checked_at=row.checked_at,
        verified_at=row.verified_at,
        next_check_at=row.next_check_at,
    )
