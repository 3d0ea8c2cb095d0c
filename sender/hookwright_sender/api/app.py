"""The application: the table of routes behind the doorway, everything around it."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hookwright_sender.api import openapi
from hookwright_sender.api import trace as traces
from hookwright_sender.api.authentication import Authenticator
from hookwright_sender.api.bodies import LIMIT
from hookwright_sender.api.call import Call
from hookwright_sender.api.conversation import Conversation
from hookwright_sender.api.endpoint import Doorway, Endpoint
from hookwright_sender.api.limits import PATIENCE, Buckets, Gate
from hookwright_sender.api.metrics import Metrics
from hookwright_sender.api.problems import not_found
from hookwright_sender.api.routes import (
    audit,
    ctas,
    deliveries,
    domains,
    events,
    health,
    leads,
    links,
    notices,
    projects,
    replays,
    webhook,
    webhooks,
)
from hookwright_sender.api.services import Services
from hookwright_sender.api.table import PREFIX, Answer, Operation, Reply, Resource
from hookwright_sender.settings import Settings

RESOURCES = (
    ctas.RESOURCE,
    projects.RESOURCE,
    webhook.RESOURCE,
    webhooks.RESOURCE,
    domains.RESOURCE,
    leads.RESOURCE,
    links.RESOURCE,
    events.RESOURCE,
    deliveries.RESOURCE,
    replays.RESOURCE,
    notices.RESOURCE,
    audit.RESOURCE,
    health.RESOURCE,
)
# A call has one connection of the database at a time, in one of these threads. Together they are
# fewer than there are connections: those that are left are for what else this process does.
DOOR_THREADS = 3
THREADS = 8
SLOW_THREADS = 2
BULK_THREADS = 4
# Requests that wait for a thread; a few kilobytes each.
PLACES = 256
# Those that wait for a network, for seconds: names are looked up, webhooks are tested.
SLOW_PLACES = 64
SLOW_SHARE = 8
# Those that go through a great many deliveries: one of each account's, which is told to wait with
# the next, so that they cannot queue up.
BULK_PLACES = 64
BULK_SHARE = 1


def create_app(  # noqa: PLR0913  what tests have reason to change
    services: Services,
    settings: Settings,
    *,
    clock: Callable[[], float] = time.monotonic,
    log: Any = None,
    body_limit: int = LIMIT,
    patience: float = PATIENCE,
) -> Starlette:
    """Return the ASGI application of the platform.

    It starts nothing and owns nothing: `services` stay their owner's to close. `clock` is for the
    limits and for how long requests took; `log` is a structlog logger. `body_limit` is in bytes,
    `patience` in seconds: so long a request waits for its turn at the store, before it is told to
    come back later.
    """
    # Whose the calls at the door are is not known yet.
    door = Gate(DOOR_THREADS, PLACES, PLACES, patience, at_once=DOOR_THREADS)
    quick = Gate(THREADS, PLACES, PLACES // 2, patience)
    slow = Gate(SLOW_THREADS, SLOW_PLACES, SLOW_SHARE, patience)
    bulk = Gate(BULK_THREADS, BULK_PLACES, BULK_SHARE, patience)
    gates = {"door": door, "quick": quick, "slow": slow, "bulk": bulk}
    resources = (*RESOURCES, _description(services))
    doorway = Doorway(
        services=services,
        authenticator=Authenticator(services.accounts, door, Buckets(settings.rate_limit, clock)),
        callers=Buckets(settings.rate_limit, clock),
        **gates,
        validators=openapi.validators(resources),
        body_limit=body_limit,
    )
    metrics = Metrics(services.registry, gates)
    app = Starlette(
        routes=_routes(resources, doorway),
        middleware=[
            Middleware(
                Conversation,
                log=structlog.get_logger("hookwright.api") if log is None else log,
                metrics=metrics,
                clock=clock,
            )
        ],
        exception_handlers={HTTPException: _unknown_path},
    )
    # One path for each thing: a redirect would lose the body and the key.
    app.router.redirect_slashes = False
    return app


def _routes(resources: tuple[Resource, ...], doorway: Doorway) -> list[Route]:
    paths: dict[str, dict[str, Operation]] = {}
    for resource in resources:
        for operation in resource.operations:
            paths.setdefault(operation.path, {})[operation.method] = operation
    # Without methods of its own, so that every method comes to the endpoint.
    return [Route(path, Endpoint(of_path, doorway)) for path, of_path in paths.items()]


def _description(services: Services) -> Resource:
    """Return the one operation that needs the whole table: the document itself."""
    text = b""

    async def show(_call: Call) -> Reply:
        return Reply(text)

    description = "For programs: what this API can do."
    operation = Operation(
        "GET", f"{PREFIX}/openapi.json", "getOpenAPI", "Description", "Show the OpenAPI document",
        show, (Answer(200, "The document.", "Document"),), secured=False, blocking=False,
    )  # fmt: skip
    resource = Resource("Description", description, (operation,), {"Document": {"type": "object"}})
    text = openapi.served((*RESOURCES, resource), services.contract)
    return resource


async def _unknown_path(request: Request, _error: Exception) -> Response:
    """Answer for a path that no route has, which is all that Starlette itself refuses."""
    problem = not_found()
    trace = traces.of(request.scope)
    trace.problem = problem.kind.name
    return problem.answer(trace.request_id)
