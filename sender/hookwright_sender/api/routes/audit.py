"""The audit log: who changed what."""

from typing import Any

from hookwright_sender.api import pagination, times
from hookwright_sender.api.call import Call
from hookwright_sender.api.components import (
    ID,
    SAMPLE_ID,
    SAMPLE_TIME,
    TEXT,
    TIME,
    answered,
    described,
    page_of,
)
from hookwright_sender.api.routes import notices
from hookwright_sender.api.table import PREFIX, Answer, Operation, Reply, Resource
from hookwright_sender.platform.audit import Entry

SAMPLE = {
    "id": SAMPLE_ID,
    "actor": f"key:{SAMPLE_ID}",
    "action": "webhook.set",
    "subject": f"cta:{SAMPLE_ID}",
    "created_at": SAMPLE_TIME,
}


def shown(entry: Entry) -> dict[str, Any]:
    """Write an entry."""
    return {
        "id": str(entry.id),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "created_at": times.written(entry.created_at),
    }


async def page(call: Call) -> Reply:
    """List entries."""
    return Reply(pagination.shown(await call.run(call.services.audit.page, *call.page), shown))


RESOURCE = Resource(
    notices.RESOURCE.name,
    notices.RESOURCE.description,
    (
        Operation(
            "GET", f"{PREFIX}/audit", "listAudit", "Account", "List who changed what", page,
            (Answer(200, "A page of changes.", "AuditPage", {"items": [SAMPLE], "next": None}),),
            query=pagination.PARAMETERS,
        ),
    ),
    {
        "AuditEntry": answered(
            {
                "id": ID,
                "actor": described(TEXT, "`key:` and the id of an API key, or `command`."),
                "action": TEXT,
                "subject": TEXT,
                "created_at": TIME,
            }
        ),
        "AuditPage": page_of("AuditEntry"),
    },
)  # fmt: skip
