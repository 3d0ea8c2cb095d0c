"""Lists that may find few among many: how far they look at once, and for how long."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, select

# Rows that one page looks at; the next one goes on from there.
ROWS = 10_000
# Milliseconds, after which PostgreSQL gives a statement up.
TIMEOUT = 10_000


def limit_time(connection: Connection) -> None:
    """Bound how long each statement of a transaction takes; SQLite's are bounded by their rows."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {TIMEOUT}")


def lowest(
    connection: Connection,
    column: ColumnElement[int],
    among: Sequence[ColumnElement[bool]],
    rows: int = ROWS,
) -> int | None:
    """Return the id at which a page that begins at the newest has looked at `rows` rows.

    None where there are fewer. `among` is what an index that ends with the id can tell.
    """
    query = select(column).where(*among).order_by(column.desc()).limit(1).offset(rows - 1)
    return connection.execute(query).scalar_one_or_none()
