"""Aliases of links: each once on a domain, the platform's own or one of an account."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from hookwright_sender.platform.errors import AliasTaken, LinksNotProven
from hookwright_sender.platform.link import DEFAULT_HOST, Link, Place
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.upsert import upsert
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import domains, link_domains, links

# 32 characters that nobody takes for another one: a random byte chooses one evenly.
ALPHABET = b"abcdefghijkmnpqrstuvwxyz23456789"
CHOOSE = bytes(ALPHABET[byte % len(ALPHABET)] for byte in range(256))
SHORTEST = 7


def place_links(
    connection: Connection,
    database: Database,
    principal: Principal,
    wanted: Sequence[tuple[Link, str]],
    randbytes: Callable[[int], bytes],
) -> list[Place]:
    """Store links, each with the host that it is to be on; return where each of them is.

    Raises `LinksNotProven` for a host that is not the platform's and not proven to be the
    account's, and `AliasTaken` for an alias that was asked for; one that is made up is made up
    again, a little longer each time.
    """
    if not wanted:
        return []
    domains = _domains(connection, database, principal, {host for _, host in wanted})
    places: dict[int, Place] = {}
    waiting = list(range(len(wanted)))
    length = SHORTEST
    while waiting:
        tried = []
        for index in waiting:
            link, host = wanted[index]
            alias = (
                randbytes(length).translate(CHOOSE).decode() if link.alias is None else link.alias
            )
            domain = domains[host]
            tried.append(Place(database.new_id(), alias, domain.id, host, domain.nickname))
        stored = _insert(connection, database, principal, wanted, waiting, tried)
        left = []
        for index, place in zip(waiting, tried, strict=True):
            if place.id in stored:
                places[index] = place
            elif wanted[index][0].alias is not None:
                raise AliasTaken(place.alias, place.host)
            else:
                left.append(index)
        waiting = left
        length += 1
    return [places[index] for index in range(len(wanted))]


def _insert(  # noqa: PLR0913, PLR0917  see `place_links`
    connection: Connection,
    database: Database,
    principal: Principal,
    wanted: Sequence[tuple[Link, str]],
    indexes: Sequence[int],
    places: Sequence[Place],
) -> set[int]:
    """Return the ids of the links whose alias was free."""
    rows = [
        {
            "id": place.id,
            "account_id": principal.account_id,
            "project_id": wanted[index][0].project_id,
            "domain_id": place.domain_id,
            "alias": place.alias,
            "created_at": database.clock(),
        }
        for index, place in zip(indexes, places, strict=True)
    ]
    # In one order everywhere, so that no two wait for each other.
    rows.sort(key=lambda row: (row["domain_id"], row["alias"]))
    insertion = upsert(database, links).on_conflict_do_nothing(
        index_elements=["domain_id", "alias"]
    )
    return set(connection.execute(insertion.returning(links.c.id), rows).scalars())


def _domains(
    connection: Connection, database: Database, principal: Principal, hosts: set[str]
) -> dict[str, Row[Any]]:
    """Return the domains for links, made where they are missing."""
    _check_proven(connection, principal, hosts - {DEFAULT_HOST})
    table = link_domains.c
    of_account = (table.account_id == principal.account_id) & (table.host != DEFAULT_HOST)
    shared = table.account_id.is_(None) & (table.host == DEFAULT_HOST)
    query = select(link_domains).where(table.host.in_(hosts), of_account | shared)
    found = {row.host: row for row in connection.execute(query)}
    missing = sorted(hosts - found.keys())
    if not missing:
        return found
    for host in missing:
        own = host != DEFAULT_HOST
        row = {
            "id": database.new_id(),
            "account_id": principal.account_id if own else None,
            "host": host,
            "nickname": "",
        }
        insertion = upsert(database, link_domains).values(row)
        if own:
            insertion = insertion.on_conflict_do_nothing(index_elements=["account_id", "host"])
        else:
            insertion = insertion.on_conflict_do_nothing(
                index_elements=["host"], index_where=table.account_id.is_(None)
            )
        connection.execute(insertion)
    return {row.host: row for row in connection.execute(query)}


def _check_proven(connection: Connection, principal: Principal, hosts: set[str]) -> None:
    """Raise `LinksNotProven` unless all hosts are proven, which they are until the commit."""
    if not hosts:
        return
    query = select(domains.c.host).where(
        domains.c.account_id == principal.account_id,
        domains.c.host.in_(hosts),
        domains.c.status == "verified",
    )
    # In one order everywhere, so that no two wait for each other in a circle.
    query = query.order_by(domains.c.id).with_for_update(read=True)
    proven = set(connection.execute(query).scalars())
    for host in sorted(hosts - proven):
        raise LinksNotProven(host)
