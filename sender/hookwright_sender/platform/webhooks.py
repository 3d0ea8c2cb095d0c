"""The one webhook of a CTA or a project."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from sqlalchemy import Connection
from hookwright_schemas import Contract
from hookwright_sender.egress.policy import EgressPolicy
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.platform.owner import Owner
from hookwright_sender.platform.page import DEFAULT_LIMIT, Page
from hookwright_sender.platform.principal import Principal
from hookwright_sender.store.database import Database


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as its owner sees it: every value of `parameters` is a mask, `{"masked": true}`.

    `state` is `active`, `held` (the proof of its host is gone) or `disabled`; `reason` says why.
    """

    id: int
    owner: Owner
    target: str
    url: str
    host: str
    parameters: Mapping[str, Mapping[str, bool]]
    state: str
    reason: str
    created_at: float
    updated_at: float
    failing_since: float | None
    disabled_at: float | None


@dataclass(frozen=True, slots=True)
class SetWebhook:
    """What `set` did; `secret` is there when the webhook is new, and never shown again."""

    webhook: Webhook
    created: bool
    secret: str | None


@dataclass(frozen=True, slots=True)
class Enabled:
    """What `enable` did: how many deliveries that were missed will be made now."""

    webhook: Webhook
    replayed: int


class Webhooks:
    """The webhooks of an account."""

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        policy: EgressPolicy,
        names: Any,
        contract: Contract,
        clock: Callable[[], float] = time.time,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database

    async def set(
        self,
        principal: Principal,
        owner: Owner,
        target: str,
        url: str,
        parameters: Mapping[str, Any],
        *,
        only_new: bool = False,
    ) -> SetWebhook:
        """Create or replace. A mask among the parameters keeps the stored value.

        Raises `NotFound`, `UnknownTarget`, `InvalidURL`, `ForbiddenURL`, `ForbiddenAddress`, `InvalidHost`,
        `HostNotProven`, `WebhookExists`, `ReservedParameter`, `InvalidParameter`, `UnknownMask`,
        `TooManyParameters`, `ParametersTooLarge`.
        """
        raise NotImplementedError

    def get(self, principal: Principal, owner: Owner) -> Webhook:
        raise NotImplementedError

    def get_by_id(self, principal: Principal, webhook_id: int) -> Webhook:
        raise NotImplementedError

    def page(
        self, principal: Principal, after: int | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Webhook]:
        raise NotImplementedError

    def remove(self, principal: Principal, owner: Owner) -> None:
        raise NotImplementedError

    def rotate_secret(
        self, principal: Principal, owner: Owner, *, connection: Connection | None = None
    ) -> str:
        raise NotImplementedError

    def enable(
        self, principal: Principal, webhook_id: int, *, connection: Connection | None = None
    ) -> Enabled:
        raise NotImplementedError
