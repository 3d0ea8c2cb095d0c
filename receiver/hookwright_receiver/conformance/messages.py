"""Builds the requests of the cases from a contract: nothing here knows an event or a field."""

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from hookwright_schemas import Contract, EventDefinition

from .credentials import Credentials
from .delivery import Delivery, Header
from .expectation import ACCEPT, Expectation, refuse

DIRECTIVE: Final = "conformance"
MARKER: Final = "conformance_marker"
NEW: Final = "(a new one)"


class Messages:
    """Makes valid messages of every event, and lets a case change one thing about them."""

    def __init__(
        self,
        contract: Contract,
        credentials: Credentials,
        path: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.clock = clock
        self.contract = contract
        self.credentials = credentials
        self.path = path
        self._takes = cache(self._takes_parameters)

    @property
    def events(self) -> tuple[EventDefinition, ...]:
        """Return every event of the contract."""
        return self.contract.events

    @property
    def plain(self) -> EventDefinition:
        """Return an event without an idempotency key of its own, if there is one."""
        keyless = (e for e in self.events if e.idempotency_pointer is None)
        return next(keyless, self.events[0])

    def sample(self, event: EventDefinition, **changes: Any) -> dict[str, Any]:
        """Return the event's first documented payload with some fields changed."""
        return {**event.samples[0].payload, **changes}

    def unique(self, stem: str = "hw") -> str:
        """Return a short ASCII text that was not used before, in this run or any other.

        The seed has no part in it: a receiver remembers the ids of the last run.
        """
        return stem + secrets.token_hex(8)

    def takes_parameters(self, event: EventDefinition) -> bool:
        """Tell whether the event's schema lets additional parameters through."""
        return self._takes(event.id)

    def _takes_parameters(self, event_id: str) -> bool:
        event = self.contract.event(event_id)
        return self.valid(event, self.sample(event, **{MARKER: "x"}))

    def classification_headers(self, event: EventDefinition) -> tuple[Header, ...]:
        """Return the header that names the event, for a contract that tells events apart so."""
        by = self.contract.classification
        if by.header is None or event.value is None:
            return ()
        return ((by.header, event.value),)

    def valid(self, event: EventDefinition, payload: Any) -> bool:
        """Return the reference validator's verdict on a payload sent as this event."""
        return self.contract.is_valid(payload, self._plain_headers(event))

    def _plain_headers(self, event: EventDefinition) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.classification_headers(event)]

    def verdict(self, event: EventDefinition, payload: Any) -> Expectation:
        """Return what a receiver should answer, by the reference validator.

        A payload that is not an object has no token in it, and a sender is authenticated before the
        schema is looked at.
        """
        if self.credentials.mode == "token" and not isinstance(payload, dict):
            return refuse(401)
        return ACCEPT if self.valid(event, payload) else refuse(422)

    def message(
        self,
        event: EventDefinition,
        payload: Any = None,
        *,
        message_id: str | None = NEW,
        parameters: Mapping[str, Any] | None = None,
        directive: str | None = None,
    ) -> Delivery:
        """Return a request with this payload (the first sample by default), authenticated.

        `message_id`: the idempotency header's value, or None to leave it out. `directive` tells an
        instrumented handler what to do. The marker is the message id, and without one a parameter.
        """
        content = self.sample(event) if payload is None else payload
        marker = self.unique("msg_") if message_id in {None, NEW} else str(message_id)
        if isinstance(content, dict):
            extra = dict(parameters or {})
            if directive is not None:
                extra |= {DIRECTIVE: directive, MARKER: marker}
            header = self.contract.idempotency_header
            if (message_id is None or header is None) and self.takes_parameters(event):
                extra[MARKER] = marker
            content = {**content, **extra}
            if header is None and message_id is not None:
                # The key inside the message is its only one: a sample's own would be a repeat.
                content = self.with_own_key(event, content)[0]
        body = self.contract.encode(self.credentials.authorised(content))
        delivery = self.raw(event, body, message_id=None if message_id is None else marker)
        return replace(delivery, marker=marker, payload=content)

    def raw(self, event: EventDefinition, body: bytes, *, message_id: str | None = NEW) -> Delivery:
        """Return a request with exactly this body, signed where the target wants that."""
        identifier = self.unique("msg_") if message_id == NEW else message_id
        headers: list[Header] = [
            ("Content-Type", "application/json"),
            ("User-Agent", "hookwright-check"),
            *self.classification_headers(event),
        ]
        name = self.contract.idempotency_header
        if self.credentials.mode == "signature":
            # Standard Webhooks signs the id, so that a signed message always has one.
            identifier = identifier or self.unique("msg_")
            headers.append(("webhook-id", identifier))
            headers += self.credentials.headers(identifier, self.clock(), body)
        named = message_id is not None and name is not None
        if named and not any(header == name for header, _ in headers):
            headers.append((str(name), str(identifier)))
        return Delivery(self.path, body, tuple(headers), marker=identifier or "")

    def with_own_key(self, event: EventDefinition, payload: Any) -> tuple[Any, str | None]:
        """Return the payload with a new key where the contract has it inside, and that key.

        Without such a place, or where the schema takes no other key, the payload stays as it is.
        """
        before = self.contract.idempotency_key(payload, self._plain_headers(event))
        if event.idempotency_pointer is None or before is None:
            return payload, None
        number = str(secrets.randbelow(9 * 10**17) + 10**17)
        for key in (number, re.sub(r"[0-9]+", number, before), self.unique(before)):
            changed = put(payload, event.idempotency_pointer, key)
            if changed != payload and self.valid(event, changed):
                return changed, key
        return payload, None

    def insert(self, event: EventDefinition, text: bytes) -> bytes:
        """Return a sample's body with more members written into it as they stand."""
        payload = self.credentials.authorised(self.sample(event))
        return self.contract.encode(payload).rstrip()[:-1] + b"," + text + b"}"

    def authorised_text(self, event: EventDefinition) -> bytes:
        """Return a sample's body, with the token where there is one."""
        return self.contract.encode(self.credentials.authorised(self.sample(event)))

    def pretty(self, payload: Any) -> bytes:
        """Return other bytes for the same payload: indented, with its token."""
        return json.dumps(self.credentials.authorised(payload), indent=2).encode()


def put(payload: Any, pointer: str, value: Any) -> Any:
    """Return the payload with a value at a JSON Pointer (RFC 6901), if it leads somewhere."""
    name, _, rest = pointer[1:].partition("/")
    name = name.replace("~1", "/").replace("~0", "~")
    if not isinstance(payload, dict) or name not in payload:
        return payload
    return {**payload, name: put(payload[name], f"/{rest}", value) if rest else value}
