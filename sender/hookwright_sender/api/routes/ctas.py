"""CTAs, which collect leads."""

from typing import Any

from sqlalchemy import Connection

from hookwright_sender.api import pagination, times
from hookwright_sender.api.call import Call
from hookwright_sender.api.components import (
    ID,
    NO_NUL,
    SAMPLE_ID,
    SAMPLE_TIME,
    TIME,
    answered,
    described,
    page_of,
    wanted,
)
from hookwright_sender.api.table import PREFIX, Answer, Operation, Reply, Resource
from hookwright_sender.platform.ctas import KINDS, Cta
from hookwright_sender.platform.errors import InvalidValue, NotFound

NAME = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": NO_NUL}
KIND = {
    "type": "string",
    "enum": list(KINDS),
    "description": "A `form` makes the event `form_lead`, the other two make `social_lead`.",
}
NEW = {"kind": "form", "name": "Newsletter"}
SAMPLE = {"id": SAMPLE_ID, **NEW, "created_at": SAMPLE_TIME}


def shown(cta: Cta) -> dict[str, Any]:
    """Write a CTA."""
    return {
        "id": str(cta.id),
        "kind": cta.kind,
        "name": cta.name,
        "created_at": times.written(cta.created_at),
    }


async def create(call: Call) -> Reply:
    """Make a CTA."""
    body = call.body

    def work(connection: Connection) -> Reply:
        cta = call.services.ctas.create(
            call.principal, body["kind"], body["name"], connection=connection
        )
        return Reply(shown(cta), 201, {"location": f"{PREFIX}/ctas/{cta.id}"})

    return await call.once(work)


async def page(call: Call) -> Reply:
    """List CTAs."""
    return Reply(pagination.shown(await call.run(call.services.ctas.page, *call.page), shown))


async def get(call: Call) -> Reply:
    """Show a CTA."""
    return Reply(shown(await call.run(call.services.ctas.get, call.principal, call.id)))


RESOURCE = Resource(
    "CTAs",
    "Calls to action, which collect leads.",
    (
        Operation(
            "POST", f"{PREFIX}/ctas", "createCta", "CTAs", "Make a CTA", create,
            (
                Answer(
                    201, "The CTA.", "Cta", SAMPLE, ("location",),
                    {"getCta": "id", "createLead": "id", "setCtaWebhook": "id"},
                ),
            ),
            body="NewCta", body_example=NEW, refusals=(InvalidValue,), idempotent=True,
        ),
        Operation(
            "GET", f"{PREFIX}/ctas", "listCtas", "CTAs", "List the CTAs", page,
            (Answer(200, "A page of CTAs.", "CtaPage", {"items": [SAMPLE], "next": None}),),
            query=pagination.PARAMETERS,
        ),
        Operation(
            "GET", f"{PREFIX}/ctas/{{id}}", "getCta", "CTAs", "Show a CTA", get,
            (Answer(200, "The CTA.", "Cta", SAMPLE),),
            refusals=(NotFound,),
        ),
    ),
    {
        "Cta": answered({"id": ID, "kind": KIND, "name": {"type": "string"}, "created_at": TIME}),
        "NewCta": wanted(
            {"kind": KIND, "name": described(NAME, "For people: how the CTA is called.")},
            "kind", "name",
        ),
        "CtaPage": page_of("Cta"),
    },
)  # fmt: skip
