"""What is sent to a receiver, and what is expected of it: all of it made from the contract."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from hookwright_schemas import Contract
from hookwright_sender import Event, new_message_id

TOKEN = "token"  # noqa: S105  the parameter's name, no secret
# The additional parameter by which a message is found again in the inbox and in the sink.
MARKER = "demo"


class Kind(StrEnum):
    """What is special about a delivery."""

    SAMPLE = ""
    INVALID = "invalid"
    WRONG_TOKEN = "wrong token"  # noqa: S105  a name
    REPEAT = "repeated"
    WHILE_DOWN = "while down"
    AFTER_KILL = "after kill"


@dataclass(frozen=True)
class Expectation:
    """A status (None: any 2xx), and how often the message is stored and handled in the end."""

    status: int | None
    effects: int

    def __str__(self) -> str:
        return f"{self.status or '2xx'} {'once' if self.effects else 'none'}"

    def is_answered_by(self, status: int | None) -> bool:
        """Tell whether a status is the expected one; None, no answer at all, never is."""
        if status is None:
            return False
        return status // 100 == 2 if self.status is None else status == self.status  # noqa: PLR2004


ACCEPTED = Expectation(None, 1)


@dataclass(frozen=True)
class Delivery:
    """One message to send. `message_id` is its `webhook-id`; a marker, if any, is the same."""

    kind: Kind
    event: Event
    message_id: str
    expected: Expectation

    @property
    def name(self) -> str:
        """The event, and what is special about this delivery of it."""
        event = self.event.definition.id
        return f"{event}, {self.kind}" if self.kind else event


def strange(contract: Contract, token: str) -> list[Delivery]:
    """Return what no platform sends: an invalid event, and one with a wrong token."""
    samples = [sample(contract, event.id, token) for event in contract.events]
    return [*_invalid(samples), _forged(samples[0])]


def sample(contract: Contract, event: str, token: str) -> Delivery:
    """Return the event's documented sample, marked."""
    message_id = new_message_id()
    parameters = {marker(contract): message_id, TOKEN: token}
    return Delivery(Kind.SAMPLE, Event.sample(contract, event, parameters), message_id, ACCEPTED)


def marker(contract: Contract) -> str:
    """Return a name for the marker that is no documented field."""
    name = MARKER
    while name in contract.reserved:
        name += "_"
    return name


def repeated(sent: Sequence[Delivery], kind: Kind) -> list[Delivery]:
    """Return the first message that a receiver can tell from a new one, once more."""
    for delivery in sent:
        event = delivery.event
        if event.contract.idempotency_header or event.definition.idempotency_pointer:
            return [replace(delivery, kind=kind)]
    return []


def _invalid(samples: list[Delivery]) -> Iterator[Delivery]:
    """Spoil the first field of which the contract says that it cannot be null."""
    for delivery in samples:
        event = delivery.event
        for field in event.definition.fields:
            broken = Event(
                event.contract,
                event.definition.id,
                event.fields | {field.name: None},
                event.parameters,
            )
            if broken.violations():
                yield _anew(delivery, Kind.INVALID, broken, Expectation(422, 0))
                return


def _forged(delivery: Delivery) -> Delivery:
    event = delivery.event
    parameters = event.parameters | {TOKEN: new_message_id()}
    forged = Event(event.contract, event.definition.id, event.fields, parameters)
    return _anew(delivery, Kind.WRONG_TOKEN, forged, Expectation(401, 0))


def _anew(delivery: Delivery, kind: Kind, event: Event, expected: Expectation) -> Delivery:
    """Return another message, with an id and a marker of its own."""
    message_id = new_message_id()
    event.parameters[marker(event.contract)] = message_id
    return replace(delivery, kind=kind, event=event, message_id=message_id, expected=expected)
