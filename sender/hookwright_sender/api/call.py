"""One call: what a handler is given."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection
from starlette.requests import Request

from hookwright_sender.api import idempotency
from hookwright_sender.api.components import ID_PATTERN, MAX_ID
from hookwright_sender.api.limits import Gate
from hookwright_sender.api.pagination import LIMIT
from hookwright_sender.api.problems import not_found
from hookwright_sender.api.services import Services
from hookwright_sender.api.table import Operation, Reply
from hookwright_sender.platform.principal import Principal

P = ParamSpec("P")
T = TypeVar("T")
_ID = re.compile(ID_PATTERN, re.ASCII)


def read_id(text: str) -> int:
    """Read an id; raises `ValueError` for a text that none is written as."""
    if _ID.fullmatch(text) is None or int(text) > MAX_ID:
        raise ValueError("must be the id of an object")
    return int(text)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in: whose it is, and what it says, all of it checked."""

    services: Services
    operation: Operation
    request: Request
    principal: Principal
    query: Mapping[str, Any]
    body: Any
    gate: Gate

    @property
    def id(self) -> int:
        """The id in the path; a text that is none is not there, like an id that nobody has."""
        try:
            return read_id(self.request.path_params["id"])
        except ValueError:
            raise not_found() from None

    @property
    def page(self) -> tuple[Principal, int | None, int]:
        """The arguments of a list of the caller's objects: whose, after which id, how many."""
        return self.principal, self.query.get("cursor"), self.query.get("limit", LIMIT)

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what blocks, in a thread."""
        return await self.gate.run(self.principal.account_id, function, *args, **kwargs)

    async def once(self, work: Callable[[Connection], Reply]) -> Reply:
        """Run what makes something, in a thread: once for each Idempotency-Key."""
        return await self.run(
            idempotency.once,
            self.services.idempotency,
            self.principal,
            self.request.headers.get(idempotency.HEADER),
            (self.operation.method, self.request.url.path, self.body),
            work,
        )
