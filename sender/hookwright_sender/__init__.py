"""The sending end of a webhook: events, signatures, and one attempt at a time."""

from hookwright_sender.burst import Summary, burst
from hookwright_sender.errors import InvalidMessageID, InvalidSecret, InvalidURL, SenderError
from hookwright_sender.event import Event
from hookwright_sender.http_transport import HttpTransport
from hookwright_sender.message import Message, new_message_id
from hookwright_sender.once import deliver
from hookwright_sender.outcome import Attempt, Outcome
from hookwright_sender.signing import Signer
from hookwright_sender.transport import Transport

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
