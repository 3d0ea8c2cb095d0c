"""Why no answer came: each kind of failure as an outcome and one line."""

import os
import ssl

from hookwright_sender.outcome import Outcome

NO_ANSWER = "no complete answer within {:g} s"


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


def reason(failure: BaseException) -> str:
    """Return a failure as one short line: the system's own words where it has some."""
    if isinstance(failure, ssl.SSLCertVerificationError):
        text = f"the certificate is not trusted, {failure.verify_message}"
    elif isinstance(failure, ssl.SSLError):
        text = failure.reason or str(failure)
    elif isinstance(failure, OSError) and failure.errno is not None and failure.errno > 0:
        text = os.strerror(failure.errno)
    elif isinstance(failure, OSError) and failure.strerror:
        text = failure.strerror
    else:
        text = str(failure)
    return printable(text.partition("\n")[0].rstrip(" :") or type(failure).__name__)


def printable(text: str) -> str:
    """Return what the other side said, fit for a line of ours."""
    return "".join(character if character.isprintable() else "?" for character in text[:200])
