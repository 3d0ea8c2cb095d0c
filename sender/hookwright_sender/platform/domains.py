"""Proofs that hosts belong to those who want webhooks sent there."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from sqlalchemy import Connection
from hookwright_sender.platform.page import DEFAULT_LIMIT, Page
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.record import Record
from hookwright_sender.store.database import Database


@dataclass(frozen=True, slots=True)
class Domain:
    """A host of an account. `status` is `pending`, `verified` or `failed`.

    `reason` is one line that says precisely why and what to do; `code` says it in one word.
    `record` is what to add to the DNS, `cname_record` what counts instead where the host is a CNAME.
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
    """The hosts of an account and their proofs."""

    def __init__(
        self, database: Database, names: Any, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database

    def add(
        self, principal: Principal, host: str, *, connection: Connection | None = None
    ) -> Domain:
        """Return the host's domain, made if it is new. Raises `InvalidHost`."""
        raise NotImplementedError

    def get(self, principal: Principal, host: str) -> Domain:
        raise NotImplementedError

    def page(
        self, principal: Principal, after: int | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Domain]:
        raise NotImplementedError

    async def verify(self, principal: Principal, host: str) -> Domain:
        raise NotImplementedError

    async def check_due(self, limit: int = 100) -> Sequence[Domain]:
        """Check those again whose time has come; return those whose status changed. All accounts."""
        raise NotImplementedError
