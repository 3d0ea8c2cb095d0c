"""Calls that may be repeated: the first answer again, for the same Idempotency-Key."""

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from hookwright_schemas import canonical
from hookwright_sender.api.table import Reply
from hookwright_sender.platform.idempotency import Idempotency
from hookwright_sender.platform.principal import Principal

HEADER = "idempotency-key"
REPLAYED = "idempotency-replayed"


def once(
    idempotency: Idempotency,
    principal: Principal,
    key: str | None,
    request: tuple[str, str, Any],
    work: Callable[[Connection], Reply],
) -> Reply:
    """Return what `work` answers, or what it answered to the same key before. Blocks.

    `request` (method, path, parsed body) must be the same under the same key; white space and the
    order of members are not a difference.
    """

    def kept(connection: Connection) -> bytes:
        reply = work(connection)
        return json.dumps([reply.status, dict(reply.headers), reply.body]).encode()

    answer = idempotency.once(principal, key, canonical(list(request)), kept)
    status, headers, body = json.loads(answer.body)
    if answer.repeated:
        headers[REPLAYED] = "true"
    return Reply(body, status, headers)
