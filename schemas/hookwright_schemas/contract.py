"""A webhook contract: the events that a sender may send and a receiver must take."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .classification import Classification, Headers
from .encoding import WIRE_ENCODERS, canonical
from .errors import UnknownEvent
from .event import EventDefinition
from .pointers import parts, resolve
from .validation import Verdict, Violation, not_an_object


@dataclass(frozen=True, eq=False)
class Contract:
    """A contract, read from a folder by `load_contract`.

    `encoding` names how payloads are written on the wire; `idempotency_header` is the header with
    a message's key, None where the contract has none.
    """

    name: str
    version: str
    title: str
    encoding: str
    events: tuple[EventDefinition, ...]
    classification: Classification
    idempotency_header: str | None = None

    @cached_property
    def digest(self) -> str:
        """`sha256:` and 64 hexadecimal digits over the schemas and what tells the events apart."""
        rule = self.classification
        content = {
            "classification": {"by": rule.by, "header": rule.header, "pointer": rule.pointer},
            "events": [
                {
                    "id": event.id,
                    "present": sorted(event.present),
                    "absent": sorted(event.absent),
                    "value": event.value,
                    "schema": event.schema,
                }
                for event in self.events
            ],
        }
        return f"sha256:{hashlib.sha256(canonical(content)).hexdigest()}"

    @property
    def identity(self) -> str:
        """The value of the header `hookwright-contract`: 'name; version=1.0.0; digest=sha256:…'."""
        return f"{self.name}; version={self.version}; digest={self.digest}"

    @cached_property
    def reserved(self) -> frozenset[str]:
        """The documented fields of all events: no additional parameter may have such a name."""
        return frozenset(field.name for event in self.events for field in event.fields)

    @cached_property
    def _by_name(self) -> dict[str, EventDefinition]:
        commands = {event.command: event for event in self.events}
        return commands | {event.id: event for event in self.events}

    def event(self, name: str) -> EventDefinition:
        """Return an event by its id or its command name; raises `UnknownEvent`."""
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownEvent(name, [event.command for event in self.events]) from None

    def classify(self, payload: Any, headers: Headers = ()) -> EventDefinition | None:
        """Return the event that a message stands for, valid or not; None for no event."""
        if not isinstance(payload, dict):
            return None
        return self.classification.pick(self.events, payload, headers)

    def check(self, payload: Any, headers: Headers = ()) -> Verdict:
        """Return which event a message is, and everything that is wrong with it."""
        wrong = not_an_object(payload)
        if wrong is not None:
            return Verdict(None, (wrong,))
        event = self.classify(payload, headers)
        if event is None:
            message = self.classification.describe(self.events)
            return Verdict(None, (Violation("", message, "event"),))
        return Verdict(event, event.check(payload))

    def is_valid(self, payload: Any, headers: Headers = ()) -> bool:
        """Tell whether a message is one of the events and valid, in a few microseconds."""
        event = self.classify(payload, headers)
        return event is not None and event.is_valid(payload)

    def encode(self, payload: Any) -> bytes:
        """Return the exact bytes that the contract's sender writes; raises `EncodingError`."""
        return WIRE_ENCODERS[self.encoding](payload)

    def idempotency_key(self, payload: Any, headers: Headers = ()) -> str | None:
        """Return the key inside a payload, by its event's JSON Pointer; None where there is none.

        Only text that is not empty is a key: numbers lose digits on the way through some readers.
        """
        event = self.classify(payload, headers)
        if event is None or event.idempotency_pointer is None:
            return None
        key = resolve(payload, parts(event.idempotency_pointer))
        return key if isinstance(key, str) and key else None
