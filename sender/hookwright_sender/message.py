"""A message: the id and the bytes that stay the same over all attempts to deliver it."""

import os
import re
from base64 import b32encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Self

from hookwright_sender.errors import InvalidMessageID
from hookwright_sender.event import Event
from hookwright_sender.signing import Signer

MESSAGE_ID = re.compile(r"[!-\-/-~]{1,255}")


def new_message_id(randbytes: Callable[[int], bytes] = os.urandom) -> str:
    """Return a fresh `webhook-id`: `msg_` and 160 random bits in base 32."""
    return "msg_" + b32encode(randbytes(20)).decode().lower()


@cache
def user_agent() -> str:
    """Return the `user-agent` that every message carries."""
    return f"hookwright/{version('hookwright')}"


@dataclass(frozen=True, slots=True)
class Message:
    """Serialised once: every attempt signs and sends these bytes under this id.

    `headers` are those that do not change from one attempt to the next.
    """

    id: str
    body: bytes
    headers: Mapping[str, str]

    @classmethod
    def of(cls, event: Event, message_id: str | None = None) -> Self:
        """Make an event a message under a new id, or under the given one.

        Raises `InvalidMessageID`. It does not validate the event.
        """
        identity = new_message_id() if message_id is None else message_id
        if MESSAGE_ID.fullmatch(identity) is None:
            raise InvalidMessageID(identity)
        contract = event.contract
        headers = {
            "content-type": "application/json",
            "user-agent": user_agent(),
            "webhook-id": identity,
            "hookwright-contract": contract.identity,
        }
        if contract.idempotency_header is not None:
            headers[contract.idempotency_header.lower()] = identity
        return cls(identity, event.encode(), headers | event.headers)

    def headers_at(self, timestamp: int, signer: Signer | None = None) -> dict[str, str]:
        """Return all headers of one attempt; `timestamp` is in Unix seconds."""
        headers = {**self.headers, "webhook-timestamp": str(timestamp)}
        if signer is not None:
            headers["webhook-signature"] = signer.sign(self.id, timestamp, self.body)
        return headers
