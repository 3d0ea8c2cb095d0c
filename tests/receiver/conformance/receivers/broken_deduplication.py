# ruff: noqa: ARG002  a rule that is wrong often ignores what it is given
"""Receivers that are wrong about what is the same message."""

import asyncio
import uuid

from .declare import fails, warns
from .reference import Receiver, Refused


@fails("D1", "D2", "D4", "D7", "K2", "H6")
class IgnoresIds(Receiver):
    """Does not look at the idempotency header."""

    def key(self, headers, payload):
        super().key(headers, payload)
        return (
            f"none:{headers['webhook-id']}:{uuid.uuid4()}"
            if "webhook-id" in headers
            else super().key(headers, payload)
        )


@warns("D2")
class ReuseIsRepeat(Receiver):
    """Takes another body under a known id for a repeat."""

    def digest(self, payload) -> str:
        return "the same"


@fails(
    *("P1", "P11", "P12", "D1", "D2", "D3", "D4", "D6", "D7", "D8"),
    *("D10", "K1", "K2", "K3", "K4", "H5", "H6", "H9"),
    warns=("X3",),
)
class KeyOfBody(Receiver):
    """Takes two equal payloads for one message."""

    def key(self, headers, payload):
        super().key(headers, payload)
        return f"body:{self.digest(payload)}"


@fails("D4")
class KeyWithTime(Receiver):
    """Makes the timestamp part of the key."""

    def key(self, headers, payload):
        key = super().key(headers, payload)
        return key and f"{key} {headers.get('webhook-timestamp', '')}"


@fails("D5")
class NoOwnKey(Receiver):
    """Knows keys from the header only."""

    def own_key(self, headers, payload):
        return None


@fails("D6")
class GuessesKey(Receiver):
    """Without a key, makes one of the body."""

    def own_key(self, headers, payload):
        return super().own_key(headers, payload) or f"body:{self.canonical(payload)}"


class InMemory(Receiver):
    """Keeps the keys that it has seen beside the store."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.seen: dict[str, str] = {}

    async def keep(self, key, event, payload) -> None:
        digest = self.digest(payload)
        known = self.known()
        if key in known and known[key] != digest:
            raise Refused(409, "another message has this id")
        await self.think()
        if key is None:
            await super().keep(None, event, payload)
        elif key not in known:
            await super().keep(f"{key} {uuid.uuid4()}", event, payload)
            self.seen[key] = digest

    def known(self):
        return self.seen

    async def think(self) -> None:
        return


@fails("D7")
class KeysInMemory(InMemory):
    """Forgets every key when it restarts."""


@fails("D8")
class ClaimsEarly(Receiver):
    """Claims the key before it knows whether the message is valid."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.claimed: dict[str, str] = {}

    def key(self, headers, payload):
        key = super().key(headers, payload)
        digest = self.digest(payload)
        if key and self.claimed.setdefault(key, digest) != digest:
            raise Refused(409, "another message has this id")
        return key


@warns("D9")
class AnyId(Receiver):
    """Takes everything for an id."""

    def key(self, headers, payload):
        identifier = headers.get("webhook-id")
        if identifier is None:
            return self.own_key(headers, payload)
        return f"header:{identifier}"


@fails("D10")
class OneForAll(Receiver):
    """Stores together what comes together, all of it or nothing, and cannot hold NUL."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.batch: list[str] = []

    async def keep(self, key, event, payload) -> None:
        batch = self.batch
        batch.append(self.canonical(payload))
        await asyncio.sleep(0.03)
        self.batch = []
        if any('"conformance_nul"' in one for one in batch):
            raise Refused(503, "the inbox cannot be written")
        await super().keep(key, event, payload)
