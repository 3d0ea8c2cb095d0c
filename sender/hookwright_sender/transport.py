"""The seam between a message and the network: whatever makes one attempt."""

from collections.abc import Mapping
from typing import Protocol

from hookwright_sender.outcome import Attempt


class Transport(Protocol):
    """Makes one attempt, and only one: no redirect, no second try."""

    async def attempt(self, url: str, headers: Mapping[str, str], body: bytes) -> Attempt:
        """POST `body` to `url`; a failure of the other side is an outcome, not an exception.

        Raises `InvalidURL` for a URL that cannot be dialled at all.
        """
        ...
