"""A path and its operations: what is done for every one of them, before and after its handler."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hookwright_schemas.validation import SchemaValidator
from hookwright_sender.api import bodies, idempotency, queries
from hookwright_sender.api import trace as traces
from hookwright_sender.api.authentication import NOBODY, Authenticator
from hookwright_sender.api.call import Call
from hookwright_sender.api.limits import Buckets, Gate
from hookwright_sender.api.problems import KEY_NOT_TAKEN, METHOD_NOT_ALLOWED, Problem
from hookwright_sender.api.services import Services
from hookwright_sender.api.table import Operation, Reply
from hookwright_sender.platform.principal import Principal

STRANGER = Principal(NOBODY, "nobody")


@dataclass(frozen=True, slots=True)
class Doorway:
    """What every endpoint shares: who may come in, how often, and how many at once."""

    services: Services
    authenticator: Authenticator
    callers: Buckets
    door: Gate
    quick: Gate
    slow: Gate
    bulk: Gate
    validators: Mapping[str, SchemaValidator]
    body_limit: int

    def gate_of(self, operation: Operation) -> Gate:
        """Return the gate that an operation's calls go through."""
        if operation.bulky:
            return self.bulk
        if operation.slow:
            return self.slow
        return self.quick if operation.secured else self.door


class Endpoint:
    """ASGI application of one path."""

    def __init__(self, operations: Mapping[str, Operation], doorway: Doorway) -> None:
        self._operations = operations
        self._doorway = doorway
        methods = {*operations, *(["HEAD"] if "GET" in operations else [])}
        self._allow = ", ".join(sorted(methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what goes wrong is raised, and answered above."""
        method = scope["method"]
        operation = self._operations.get("GET" if method == "HEAD" else method)
        if operation is None:
            raise Problem(
                METHOD_NOT_ALLOWED, f"use {self._allow} here", headers={"allow": self._allow}
            )
        request = Request(scope, receive, send)
        response = _written(await self._answered(operation, request))
        if method == "HEAD":
            # The length stays that of the answer to a GET (RFC 9110, section 9.3.2).
            response.body = b""
        await response(scope, receive, send)

    async def _answered(self, operation: Operation, request: Request) -> Reply:
        trace = traces.of(request.scope)
        trace.operation = operation.id
        doorway = self._doorway
        principal = STRANGER
        if operation.secured:
            principal = await doorway.authenticator.principal(request)
            trace.account, trace.actor = principal.account_id, principal.actor
            doorway.callers.take(principal.actor)
        if operation.refuses_keys and idempotency.HEADER in request.headers:
            raise Problem(
                KEY_NOT_TAKEN,
                "a repeated call is done again here: send it without an idempotency-key",
            )
        query = queries.parse(request.scope["query_string"], operation.query)
        body = await self._body(operation, request)
        gate = doorway.gate_of(operation)
        call = Call(doorway.services, operation, request, principal, query, body, gate)
        if not operation.blocking:
            return await operation.handler(call)
        async with gate.entered(principal.account_id):
            return await operation.handler(call)

    async def _body(self, operation: Operation, request: Request) -> Any:
        if operation.body is None:
            return None
        media_type = request.headers.get("content-type")
        if media_type is not None or operation.body_required:
            bodies.check_media_type(media_type)
        body = await bodies.read(request, self._doorway.body_limit)
        if not body and not operation.body_required:
            return {}
        return bodies.parse(body, self._doorway.validators[operation.body])


def _written(reply: Reply) -> Response:
    if reply.body is None:
        return Response(None, reply.status, dict(reply.headers))
    if isinstance(reply.body, bytes):
        return Response(reply.body, reply.status, dict(reply.headers), reply.media_type)
    text = json.dumps(reply.body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, reply.status, dict(reply.headers), reply.media_type)
