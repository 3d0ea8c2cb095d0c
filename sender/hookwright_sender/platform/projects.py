"""Projects, in which tracking links are made."""

from dataclasses import dataclass
from sqlalchemy import Connection
from hookwright_sender.platform.page import DEFAULT_LIMIT, Page
from hookwright_sender.platform.principal import Principal
from hookwright_sender.store.database import Database
import time
from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Project:
    """A project."""

    id: int
    name: str
    created_at: float


class Projects:
    """The projects of an account."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def create(
        self, principal: Principal, name: str, *, connection: Connection | None = None
    ) -> Project:
        raise NotImplementedError

    def get(self, principal: Principal, project_id: int) -> Project:
        raise NotImplementedError

    def page(
        self, principal: Principal, after: int | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Project]:
        raise NotImplementedError
