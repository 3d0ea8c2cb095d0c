"""What SQLite and PostgreSQL do not say alike."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    Row,
    Table,
    Text,
    bindparam,
    literal_column,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from hookwright_sender.store.tables import deliveries

# Of a statement of SQLite: a power of four, and few enough values.
MOST_ROWS = 256
POSTGRES: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
AnyRow = Row[*tuple[Any, ...]]

COLUMNS = (
    "d.id, d.webhook_id, d.claim, d.lost, d.event_id, d.event, e.contract, e.body, d.test,"
    " d.attempts, d.step, d.created_at, d.due_at"
)
# SQLite: LIMIT knows no column, so that queues with the same room share a statement. CROSS JOIN
# keeps the order of the loops.
SQLITE = text(f"""
    SELECT {COLUMNS}
    FROM json_each(:webhooks) AS lane
    CROSS JOIN deliveries AS d ON d.id IN (
        SELECT id FROM deliveries
        WHERE webhook_id = lane.value AND state = 'pending' AND due_at <= :now
        ORDER BY due_at, id LIMIT :room)
    CROSS JOIN events AS e ON e.id = d.event_id
""")  # noqa: S608  constants
# PostgreSQL: what another worker is about to claim or to finish is left to it.
POSTGRESQL = text(f"""
    SELECT {COLUMNS}
    FROM unnest(:webhooks, :rooms) AS lane (webhook_id, room)
    CROSS JOIN LATERAL (
        SELECT * FROM deliveries
        WHERE webhook_id = lane.webhook_id AND state = 'pending' AND due_at <= :now
        ORDER BY due_at, id LIMIT lane.room
        FOR UPDATE SKIP LOCKED) AS d
    JOIN events AS e ON e.id = d.event_id
""").bindparams(  # noqa: S608  constants
    bindparam("webhooks", type_=ARRAY(BigInteger)), bindparam("rooms", type_=ARRAY(Integer))
)


# A value, and not a parameter: only then is the index of the pending sure to be used.
PENDING = deliveries.c.state == literal_column("'pending'")
DEAD = deliveries.c.state == literal_column("'dead'")


def due(connection: Connection, rooms: Mapping[int, int], moment: float) -> list[AnyRow]:
    """Return what is due by a moment: of each queue (its webhook's id) as much as it has room for.

    Taken from the pending index of each: what a queue holds beyond its room is never looked at. On
    PostgreSQL the rows are locked.
    """
    if connection.dialect.name != "sqlite":
        lanes = {"webhooks": list(rooms), "rooms": list(rooms.values()), "now": moment}
        return list(connection.execute(POSTGRESQL, lanes).all())
    alike: dict[int, list[int]] = defaultdict(list)
    for webhook, room in rooms.items():
        alike[room].append(webhook)
    found: list[AnyRow] = []
    for room, webhooks in alike.items():
        lane = {"webhooks": json.dumps(webhooks), "room": room, "now": moment}
        found += connection.execute(SQLITE, lane).all()
    return found


class _Ids(TypeDecorator[Any]):
    """Any number of ids as one parameter."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text() if dialect.name == "sqlite" else ARRAY(BigInteger())

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> Any:
        ids = list(value or ())
        return json.dumps(ids) if dialect.name == "sqlite" else ids


class _Among(FunctionElement[Any]):
    name = "among"
    inherit_cache = True


class _NotAmong(FunctionElement[Any]):
    name = "not_among"
    inherit_cache = True


def among(column: "Column[int]", name: str = "ids") -> ColumnElement[Any]:
    """Return `column IN` the ids of a parameter: one statement's text, however many those are."""
    return _Among(column, bindparam(name, type_=_Ids()))


def not_among(column: "Column[int]", name: str) -> ColumnElement[Any]:
    """Return the opposite of `among`."""
    return _NotAmong(column, bindparam(name, type_=_Ids()))


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608  rendered by Core


@compiles(_Among, "postgresql")
def _among_postgresql(element: _Among, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY ({ids})"


@compiles(_NotAmong, "sqlite")
def _not_among_sqlite(element: _NotAmong, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} NOT IN (SELECT value FROM json_each({ids}))"  # noqa: S608  rendered by Core


@compiles(_NotAmong, "postgresql")
def _not_among_postgresql(element: _NotAmong, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} <> ALL ({ids})"


def insert_many(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows, each with the values of the named columns, past what Core does for a row."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        _insert_many_sqlite(connection, table, tuple(names), rows)
    else:
        statement = _insertion(table, tuple(names))
        columns = zip(names, zip(*rows, strict=True), strict=True)
        connection.exec_driver_sql(statement, {name: list(values) for name, values in columns})


def _insert_many_sqlite(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> None:
    # A row a statement would let go of the interpreter as often, and wait for it as often.
    start, size = 0, MOST_ROWS
    while start < len(rows):
        while size > len(rows) - start:
            size //= 4
        some = rows[start : start + size]
        values = tuple(value for row in some for value in row)
        connection.exec_driver_sql(_values(table, names, size), values)
        start += size


@lru_cache(maxsize=64)
def _values(table: Table, names: tuple[str, ...], count: int) -> str:
    row = f"({', '.join('?' * len(names))})"
    into = f"INSERT INTO {table.name} ({', '.join(names)})"
    return f"{into} VALUES {', '.join([row] * count)}"


@lru_cache(maxsize=64)
def _insertion(table: Table, names: tuple[str, ...]) -> str:
    types = [table.c[name].type.compile(dialect=POSTGRES) for name in names]
    arrays = [f"%({name})s::{kind}[]" for name, kind in zip(names, types, strict=True)]
    into = f"INSERT INTO {table.name} ({', '.join(names)})"
    return f"{into} SELECT * FROM unnest({', '.join(arrays)})"  # noqa: S608  our own names
