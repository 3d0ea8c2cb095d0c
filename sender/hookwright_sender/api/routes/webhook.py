"""The one webhook of a CTA or a project: set, shown, removed, tested, its secret made anew."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Literal

from sqlalchemy import Connection

from hookwright_sender.api.call import Call
from hookwright_sender.api.components import SAMPLE_ID
from hookwright_sender.api.problems import MALFORMED_HEADER, Problem
from hookwright_sender.api.routes import webhooks
from hookwright_sender.api.table import PREFIX, Answer, Operation, Reply, Resource
from hookwright_sender.errors import ForbiddenAddress, ForbiddenURL, InvalidHost, InvalidURL
from hookwright_sender.platform import errors
from hookwright_sender.platform.owner import Owner

Kind = Literal["cta", "project"]
REFUSALS = (
    errors.NotFound,
    errors.HostNotProven,
    errors.WebhookExists,
    errors.UnknownTarget,
    errors.InvalidValue,
    errors.ReservedParameter,
    errors.InvalidParameter,
    errors.UnknownMask,
    errors.TooManyParameters,
    errors.ParametersTooLarge,
    InvalidURL,
    InvalidHost,
    ForbiddenURL,
    ForbiddenAddress,
)
SETTINGS = {"url": "https://hooks.example.com/joturl", "parameters": {"token": "a secret of yours"}}
RESULT = {
    "delivery_id": SAMPLE_ID,
    "succeeded": True,
    "outcome": "success",
    "status": 200,
    "latency": 0.042,
    "body": "",
    "error": None,
}
Handler = Callable[[Call], Awaitable[Reply]]


def only_new(call: Call) -> bool:
    """Tell whether a webhook that is there already must stay (RFC 9110, section 13.1.2)."""
    condition = call.request.headers.get("if-none-match")
    if condition is not None and condition.strip() != "*":
        raise Problem(
            MALFORMED_HEADER, "webhooks have no entity tags: `if-none-match` can only be `*`"
        )
    return condition is not None


def set_of(kind: Kind) -> Handler:
    """Make the handler that creates or replaces a webhook."""

    async def handle(call: Call) -> Reply:
        done = await call.services.webhooks.set(
            call.principal,
            Owner(kind, call.id),
            call.body.get("target", "custom"),
            call.body["url"],
            call.body.get("parameters", {}),
            only_new=only_new(call),
            run=call.run,
        )
        if not done.created:
            return Reply(webhooks.shown(done.webhook))
        body = {**webhooks.shown(done.webhook), "secret": done.secret}
        return Reply(body, 201, {"location": call.request.url.path})

    return handle


def get_of(kind: Kind) -> Handler:
    """Make the handler that shows a webhook."""

    async def handle(call: Call) -> Reply:
        owner = Owner(kind, call.id)
        return Reply(
            webhooks.shown(await call.run(call.services.webhooks.get, call.principal, owner))
        )

    return handle


def remove_of(kind: Kind) -> Handler:
    """Make the handler that removes a webhook, and cancels what it still had to send."""

    async def handle(call: Call) -> Reply:
        await call.run(call.services.webhooks.remove, call.principal, Owner(kind, call.id))
        return Reply(None, 204)

    return handle


def test_of(kind: Kind) -> Handler:
    """Make the handler that sends sample data to a webhook, and waits for what comes of it."""

    async def handle(call: Call) -> Reply:
        owner = Owner(kind, call.id)
        result = await call.services.tester.test(call.principal, owner, run=call.run)
        return Reply(
            {
                "delivery_id": str(result.delivery_id),
                "succeeded": result.succeeded,
                "outcome": result.outcome,
                "status": result.status,
                "latency": result.latency,
                "body": result.body.decode("utf-8", "replace"),
                "error": result.error,
            }
        )

    return handle


def rotate_of(kind: Kind) -> Handler:
    """Make the handler that makes a new signing secret."""

    async def handle(call: Call) -> Reply:
        owner = Owner(kind, call.id)

        def work(connection: Connection) -> Reply:
            rotate = call.services.webhooks.rotate_secret
            return Reply({"secret": rotate(call.principal, owner, connection=connection)})

        return await call.once(work)

    return handle


def operations(kind: Kind, plural: str, noun: str) -> Iterator[Operation]:
    """Yield what can be done with the webhook of one kind of owner."""
    path = f"{PREFIX}/{plural}/{{id}}/webhook"
    name = f"{kind.capitalize()}Webhook"
    yield Operation(
        "PUT", path, f"set{name}", "Webhooks", f"Set the webhook of a {noun}", set_of(kind),
        (
            Answer(
                201, "The new webhook, and its secret this once.", "CreatedWebhook",
                {**webhooks.SAMPLE, "secret": "whsec_c2FtcGxlIG9mIGEgc2VjcmV0"}, ("location",),
                {"getWebhook": "id"},
            ),
            Answer(200, "The webhook as it is now.", "Webhook", webhooks.SAMPLE),
        ),
        description=(
            "Creates the webhook, or replaces its target, URL and parameters; its secret stays. "
            "With `if-none-match: *` it only creates."
        ),
        body="WebhookSettings", body_example=SETTINGS,
        conditional=True, refusals=REFUSALS, slow=True,
    )  # fmt: skip
    yield Operation(
        "GET", path, f"get{name}", "Webhooks", f"Show the webhook of a {noun}", get_of(kind),
        (Answer(200, "The webhook.", "Webhook", webhooks.SAMPLE),),
        refusals=(errors.NotFound,),
    )  # fmt: skip
    yield Operation(
        "DELETE", path, f"remove{name}", "Webhooks", f"Remove the webhook of a {noun}",
        remove_of(kind),
        (Answer(204, "It is gone, and what it still had to send is cancelled."),),
        refusals=(errors.NotFound,),
    )  # fmt: skip
    yield Operation(
        "POST", f"{path}/test", f"test{name}", "Webhooks",
        f"Send sample data to the webhook of a {noun}", test_of(kind),
        (Answer(200, "What came of it, good or bad.", "TestResult", RESULT),),
        refusals=(errors.NotFound, errors.HostNotProven), slow=True,
    )  # fmt: skip
    yield Operation(
        "POST", f"{path}/secret/rotate", f"rotate{name}Secret", "Webhooks",
        f"Make a new signing secret for the webhook of a {noun}", rotate_of(kind),
        (
            Answer(
                200, "The new secret; the one before signs too for 24 hours.", "NewSecret",
                {"secret": "whsec_c2FtcGxlIG9mIGEgc2VjcmV0"},
            ),
        ),
        description=(
            "The oldest secret is dropped where there would be more than three: send an "
            "idempotency-key, so that a repeated call does not make another one."
        ),
        refusals=(errors.NotFound,), idempotent=True,
    )  # fmt: skip


RESOURCE = Resource(
    webhooks.RESOURCE.name,
    webhooks.RESOURCE.description,
    (*operations("cta", "ctas", "CTA"), *operations("project", "projects", "project")),
    {},
)
