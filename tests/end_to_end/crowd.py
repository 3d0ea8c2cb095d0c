"""Several connections at once, each of which sends its messages one after the other."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import aiohttp

Message = tuple[dict[str, Any], str | None]
LIMIT = 10.0


class Answer(NamedTuple):
    """What came back, and after how many seconds."""

    status: int
    seconds: float
    retry_after: str | None
    text: str


def crowd(url: str, connections: Sequence[Sequence[Message]]) -> list[list[Answer]]:
    """Send messages, each with its `webhook-id` or None; return the answers of each connection."""
    return asyncio.run(_all(url, connections))


def post(url: str, payload: dict[str, Any], webhook_id: str | None = None) -> Answer:
    """Send one message on a connection of its own."""
    return crowd(url, [[(payload, webhook_id)]])[0][0]


async def _all(url: str, connections: Sequence[Sequence[Message]]) -> list[list[Answer]]:
    return await asyncio.gather(*(_connection(url, messages) for messages in connections))


async def _connection(url: str, messages: Sequence[Message]) -> list[Answer]:
    answers = []
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=1), timeout=aiohttp.ClientTimeout(total=LIMIT)
    ) as session:
        for payload, webhook_id in messages:
            headers = {"content-type": "application/json"}
            if webhook_id is not None:
                headers["webhook-id"] = webhook_id
            begun = time.monotonic()
            async with session.post(url, data=json.dumps(payload), headers=headers) as response:
                text = await response.text()
            seconds = time.monotonic() - begun
            after = response.headers.get("retry-after")
            answers.append(Answer(response.status, seconds, after, text))
    return answers
