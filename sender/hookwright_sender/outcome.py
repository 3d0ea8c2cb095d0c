"""What came of one attempt to deliver one message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Outcome(StrEnum):
    """The ways an attempt ends; only a 2xx answer is a success."""

    SUCCESS = "success"
    REDIRECT = "redirect"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    DNS_ERROR = "dns_error"
    REFUSED = "refused"
    TLS_ERROR = "tls_error"
    TIMEOUT = "timeout"
    DISCONNECTED = "disconnected"
    INVALID_RESPONSE = "invalid_response"
    # By a rule of ours: no attempt of the same URL can end otherwise.
    FORBIDDEN = "forbidden"

    @classmethod
    def of_status(cls, status: int) -> "Outcome":
        """Return what a final status means; 1xx and 6xx are none that a receiver may end with."""
        return OF_STATUS_CLASS.get(status // 100, cls.INVALID_RESPONSE)


OF_STATUS_CLASS = {
    2: Outcome.SUCCESS,
    3: Outcome.REDIRECT,
    4: Outcome.CLIENT_ERROR,
    5: Outcome.SERVER_ERROR,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: its outcome, and what was seen of the answer.

    `latency` is in seconds, from the start to the end of the answer's headers, or to the failure.
    `response_body` is what was read of the body: 16 KiB at most, never inflated. `reached` tells
    that a connection stood (TLS included), so that the request could be written to it.
    `error` is one line for a person, None for a success whose body was read without trouble.
    """

    outcome: Outcome
    latency: float
    status: int | None = None
    response_headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS, repr=False)
    response_body: bytes = b""
    error: str | None = None
    reached: bool = True
    message_id: str | None = None

    @property
    def succeeded(self) -> bool:
        """Tell whether the receiver took the message."""
        return self.outcome is Outcome.SUCCESS
