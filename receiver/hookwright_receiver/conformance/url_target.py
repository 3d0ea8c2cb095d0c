"""A receiver that somebody else runs: all that is known of it is its URL."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from hookwright_schemas import Contract
from hookwright_schemas.visible import visible

from .client import Client
from .credentials import Credentials
from .delivery import Delivery
from .errors import BadOption, Unreachable
from .target import Instance
from .wire import Address, parse_url

ANSWER_TIMEOUT = 5.0

# How the usual servers give themselves away, for the hints.
_STACKS = (
    ("server", "werkzeug", "flask"),
    ("server", "gunicorn", "flask"),
    ("server", "uvicorn", "starlette"),
    ("x-powered-by", "express", "express"),
    ("x-powered-by", "php", "php"),
)


class CountURL:
    """Counts effects by asking the receiver: it answers `GET` with a number or `{"count": N}`."""

    apart = False

    def __init__(self, url: str) -> None:
        self.url = url
        self._address, self._target = parse_url(url)

    async def count(self, markers: Sequence[str]) -> int:
        """Return how many effects there were so far, whatever the messages."""
        del markers
        request = Delivery(self._target, b"", method="GET").raw(self._address)
        exchange = await Client(self._address).exchange(request, ANSWER_TIMEOUT)
        if exchange.answer is None or not exchange.accepted:
            raise BadOption(f"the count URL {self.url} does not answer with a count")
        try:
            found = json.loads(exchange.answer.body)
            return int(found["count"] if isinstance(found, dict) else found)
        except (ValueError, TypeError, KeyError):
            raise BadOption(
                f'the count URL {self.url} must answer with a number or {{"count": N}}'
            ) from None


@dataclass
class UrlTarget:
    """A receiver at a URL. One case runs at a time: it may be as small as a single thread."""

    name: str
    contract: Contract
    credentials: Credentials
    profile: str = "documented"
    count_url: str | None = None
    stack: str | None = None
    max_body: int = 1024 * 1024
    parallel: int = 1
    own: bool = False

    def __post_init__(self) -> None:
        # Wrong usage is found before anybody is asked for an answer.
        for url in (self.name, self.count_url):
            if url is not None:
                parse_url(url)

    @asynccontextmanager
    async def instance(self, place: str) -> AsyncIterator[Instance]:
        """Make sure that somebody answers; raises Unreachable where nobody does."""
        del place
        address, path = parse_url(self.name)
        await self._greet(address, path)
        observer = CountURL(self.count_url) if self.count_url else None
        yield Instance(address, path, observer)

    async def _greet(self, address: Address, path: str) -> None:
        request = Delivery(path, b"", method="GET").raw(address)
        exchange = await Client(address).exchange(request, ANSWER_TIMEOUT)
        if exchange.failure is not None and not exchange.sent:
            raise Unreachable(
                f"nobody listens at {address.origin} "
                f"({visible(exchange.detail or str(exchange.failure))}): "
                "start the receiver first"
            )
        if exchange.answer is not None and self.stack is None:
            for header, text, stack in _STACKS:
                if text in (exchange.answer.header(header) or "").lower():
                    self.stack = stack
                    break
