"""Why no answer came: each kind of failure as an outcome and one line."""

import ssl

from hookwright_sender.explanation import NO_ANSWER, reason
from hookwright_sender.outcome import Outcome


class NoConnectionError(Exception):
    """No connection could be made: `outcome` tells why, the text is for a person."""

    def __init__(self, outcome: Outcome, line: str) -> None:
        super().__init__(line)
        self.outcome = outcome


class MalformedAnswerError(Exception):
    """What came is not the head of an answer."""


class HungUpError(ConnectionError):
    """The other side ended the connection in order, and too early."""

    def __init__(self) -> None:
        super().__init__("it hung up")


def explain(failure: Exception, timeout: float) -> tuple[Outcome, str]:
    """Return what the failure of an exchange was, on a connection that stood."""
    told = reason(failure)
    if isinstance(failure, TimeoutError):
        return Outcome.TIMEOUT, NO_ANSWER.format(timeout)
    if isinstance(failure, ssl.SSLError):
        return Outcome.TLS_ERROR, f"TLS failed: {told}"
    if isinstance(failure, MalformedAnswerError):
        return Outcome.INVALID_RESPONSE, f"the answer is no HTTP: {told}"
    return Outcome.DISCONNECTED, f"the connection was closed without a complete answer: {told}"


def no_handshake(failure: Exception) -> NoConnectionError:
    """Return what it was that TLS did not come about."""
    told = reason(failure)
    if isinstance(failure, ConnectionError):
        told = f"the handshake was cut off: {told}"
    return NoConnectionError(Outcome.TLS_ERROR, f"TLS failed: {told}")
