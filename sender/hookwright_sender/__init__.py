"""The sending end of a webhook: events, signatures, and one attempt at a time."""

from typing import TYPE_CHECKING, Any

from hookwright_sender.burst import Summary, burst
from hookwright_sender.errors import InvalidMessageID, InvalidSecret, InvalidURL, SenderError
from hookwright_sender.event import Event
from hookwright_sender.message import Message, new_message_id
from hookwright_sender.once import deliver
from hookwright_sender.outcome import Attempt, Outcome
from hookwright_sender.signing import Signer
from hookwright_sender.transport import Transport

if TYPE_CHECKING:
    from hookwright_sender.wire import HttpTransport

__all__ = [
    "Attempt",
    "Event",
    "HttpTransport",
    "InvalidMessageID",
    "InvalidSecret",
    "InvalidURL",
    "Message",
    "Outcome",
    "SenderError",
    "Signer",
    "Summary",
    "Transport",
    "burst",
    "deliver",
    "new_message_id",
]


def __getattr__(name: str) -> Any:
    """Import `HttpTransport` when it is asked for: its parser takes its time, and few need it."""
    if name == "HttpTransport":
        from hookwright_sender.wire import HttpTransport  # noqa: PLC0415  see above

        return HttpTransport
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
