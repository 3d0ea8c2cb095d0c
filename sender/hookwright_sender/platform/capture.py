"""Events in: leads of CTAs, tracking links of projects."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from sqlalchemy import Connection
from hookwright_schemas import Contract
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.platform.events import Event
from hookwright_sender.platform.principal import Principal
from hookwright_sender.store.database import Database


@dataclass(frozen=True, slots=True)
class Lead:
    """What a CTA collected; `extended_info` (a JSON object) with social CTAs alone."""

    cta_id: int
    data: str
    name: str = ""
    extended_info: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A tracking link to make; without `alias` a free one is made, without `domain_host` the platform's is used."""

    project_id: int
    long_url: str
    alias: str | None = None
    domain_host: str | None = None
    notes: str = ""
    tags: str = ""


class Capture:
    """Stores events, each with its delivery, in one transaction."""

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        contract: Contract,
        clock: Callable[[], float] = time.time,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database

    def lead(
        self, principal: Principal, lead: Lead, *, connection: Connection | None = None
    ) -> Event:
        raise NotImplementedError

    def link(
        self, principal: Principal, link: Link, *, connection: Connection | None = None
    ) -> Event:
        raise NotImplementedError

    def emit(
        self,
        principal: Principal,
        happened: Sequence[Lead | Link],
        *,
        connection: Connection | None = None,
    ) -> list[Event]:
        """Store a batch, all of it or nothing."""
        raise NotImplementedError
