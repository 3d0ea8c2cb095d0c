"""Limits of an attempt, and failures in one line."""

import os
import ssl

# Bytes that are read of an answer's body.
BODY_LIMIT = 16 * 1024
NO_ANSWER = "no complete answer within {:g} s"
# Of the deadline, so that an attempt can still say that it was the look-up which failed.
LOOK_UP_SHARE = 0.8


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
    return one_line(text) or type(failure).__name__


def one_line(text: str) -> str:
    """Return the first line of a text, fit for a line of ours."""
    return printable(text.partition("\n")[0].rstrip(" :"))


def legible(raw: bytes) -> str:
    """Return what the other side wrote as text: UTF-8, or else ISO 8859-1 (RFC 9110, 5.5)."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def mended(text: str) -> str:
    """Return a text of which bytes were escaped as surrogates as `legible` would have read it."""
    if text.isascii():
        return text
    return legible(text.encode("utf-8", "surrogateescape"))


def printable(text: str) -> str:
    """Return what the other side said, without what a terminal would take for a command."""
    return "".join(character if character.isprintable() else "?" for character in text[:200])
