"""Calls of the platform's HTTP API, by the standard library: each on a connection of its own."""

import asyncio
import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from hookwright.demo.errors import PlatformRefused

# Seconds for an answer, of a machine that is busy with something else.
ANSWER = 60.0


class Api:
    """The API at an origin, `http://host:port`, with the key of an account."""

    def __init__(self, origin: str, key: str) -> None:
        self._origin = origin
        self._headers = {"authorization": f"Bearer {key}"}

    async def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Return the status and the JSON of an answer; raises PlatformRefused without one."""
        content = None if body is None else json.dumps(body).encode()
        headers = self._headers | ({} if body is None else {"content-type": "application/json"})
        try:
            status, answer = await asyncio.to_thread(
                request, method, self._origin + path, headers, content, ANSWER
            )
            return status, json.loads(answer or b"null") or {}
        except (HTTPException, OSError, ValueError) as error:
            told = str(error) or type(error).__name__
            raise PlatformRefused(f"{method} {path} got no answer: {told}") from error


def request(
    method: str, url: str, headers: Mapping[str, str], content: bytes | None, within: float
) -> tuple[int, bytes]:
    """Return the status and the body of an answer; `within` are seconds for each read.

    No proxy and no redirect. Raises `HTTPException` and `OSError`.
    """
    place = urlsplit(url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=within)
    try:
        connection.request(method, place.path, content, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
