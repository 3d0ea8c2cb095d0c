"""Projects, in which tracking links are made."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from hookwright_sender.platform import audit
from hookwright_sender.platform.errors import NotFound
from hookwright_sender.platform.page import DEFAULT_LIMIT, Page, page
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.text import check_name
from hookwright_sender.platform.transaction import joining
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import projects


@dataclass(frozen=True, slots=True)
class Project:
    """A project."""

    id: int
    name: str
    created_at: float


class Projects:
    """The projects of an account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, principal: Principal, name: str, *, connection: Connection | None = None
    ) -> Project:
        """Make a project. Raises `InvalidValue`."""
        made = Project(self._database.new_id(), check_name(name), self._database.clock())
        with joining(self._database, connection) as transaction:
            transaction.execute(
                insert(projects).values(
                    id=made.id,
                    account_id=principal.account_id,
                    name=made.name,
                    created_at=made.created_at,
                )
            )
            subject = f"project:{made.id}"
            audit.record(transaction, self._database, principal, "project.create", subject)
        return made

    def get(self, principal: Principal, project_id: int) -> Project:
        """Return a project. Raises `NotFound`."""
        query = select(projects).where(
            projects.c.id == project_id, projects.c.account_id == principal.account_id
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound("project", project_id)
        return _project(row)

    def page(
        self, principal: Principal, after: int | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Project]:
        """Return a part of the projects, newest first."""
        query = select(projects).where(projects.c.account_id == principal.account_id)
        with self._database.reading() as connection:
            return page(connection, query, projects.c.id, after, limit, _project)


def _project(row: Row[Any]) -> Project:
    return Project(row.id, row.name, row.created_at)
