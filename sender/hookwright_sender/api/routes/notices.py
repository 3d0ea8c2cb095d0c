"""Notices: what an owner should know without having asked."""

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
    nullable,
    page_of,
)
from hookwright_sender.api.table import PREFIX, Answer, Operation, Reply, Resource
from hookwright_sender.platform.notices import Notice

SAMPLE = {
    "id": SAMPLE_ID,
    "kind": "webhook_disabled",
    "message": "the webhook failed for 5 days: mend the receiver, then enable it",
    "webhook_id": SAMPLE_ID,
    "domain_id": None,
    "created_at": SAMPLE_TIME,
}


def shown(notice: Notice) -> dict[str, Any]:
    """Write a notice."""
    return {
        "id": str(notice.id),
        "kind": notice.kind,
        "message": notice.message,
        "webhook_id": None if notice.webhook_id is None else str(notice.webhook_id),
        "domain_id": None if notice.domain_id is None else str(notice.domain_id),
        "created_at": times.written(notice.created_at),
    }


async def page(call: Call) -> Reply:
    """List notices."""
    return Reply(pagination.shown(await call.run(call.services.notices.page, *call.page), shown))


RESOURCE = Resource(
    "Account",
    "What an owner should know, and who changed what.",
    (
        Operation(
            "GET", f"{PREFIX}/notices", "listNotices", "Account", "List the notices", page,
            (Answer(200, "A page of notices.", "NoticePage", {"items": [SAMPLE], "next": None}),),
            query=pagination.PARAMETERS,
        ),
    ),
    {
        "Notice": answered(
            {
                "id": ID,
                "kind": described(TEXT, "What it is about, in one word."),
                "message": described(TEXT, "What happened, and what to do about it."),
                "webhook_id": nullable(ID),
                "domain_id": nullable(ID),
                "created_at": TIME,
            }
        ),
        "NoticePage": page_of("Notice"),
    },
)  # fmt: skip
