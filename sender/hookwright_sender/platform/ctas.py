"""Calls to action, which collect leads."""

from dataclasses import dataclass
from sqlalchemy import Connection
from hookwright_sender.platform.page import DEFAULT_LIMIT, Page
from hookwright_sender.platform.principal import Principal
from hookwright_sender.store.database import Database
import time
from collections.abc import Callable

KINDS = ("form", "social_optin", "social_optin_xl")


@dataclass(frozen=True, slots=True)
class Cta:
    """A CTA of one of the `KINDS`."""

    id: int
    kind: str
    name: str
    created_at: float


class Ctas:
    """The CTAs of an account."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def create(
        self, principal: Principal, kind: str, name: str, *, connection: Connection | None = None
    ) -> Cta:
        raise NotImplementedError

    def get(self, principal: Principal, cta_id: int) -> Cta:
        raise NotImplementedError

    def page(
        self, principal: Principal, after: int | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Cta]:
        raise NotImplementedError
