"""Lists, a page at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Row, Select
from sqlalchemy.sql.elements import ColumnElement

T = TypeVar("T")

DEFAULT_LIMIT = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, newest first; `next` goes into `after` of the next call, or is None."""

    items: tuple[T, ...]
    next: int | None


def page(  # noqa: PLR0913, PLR0917  what is asked, in which order, from where, how many, made of what
    connection: Connection,
    query: Select[Any],
    column: ColumnElement[int],
    after: int | None,
    limit: int,
    make: Callable[[Row[Any]], T],
) -> Page[T]:
    """Run a query for the rows whose `column`, an id, is below `after`, newest first."""
    if after is not None:
        query = query.where(column < after)
    rows: Sequence[Row[Any]] = connection.execute(
        query.order_by(column.desc()).limit(limit + 1)
    ).fetchall()
    items = tuple(make(row) for row in rows[:limit])
    return Page(items, int(rows[limit - 1].id) if len(rows) > limit else None)
