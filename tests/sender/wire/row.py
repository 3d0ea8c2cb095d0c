"""A row of the table: a server, and what an attempt at it comes to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hookwright_sender import Outcome

from .judge import Verdict
from .servers import answer, say

LONG = 30.0  # seconds: never reached, so that a slow machine changes no outcome
SHORT = 1.0  # seconds: always reached, because the other side never does its part


@dataclass(frozen=True)
class Foreign:
    """Where plain aiohttp differs from us: its own verdict, and the reason."""

    verdict: Verdict
    why: str
    timeout: float | None = None


@dataclass(frozen=True)
class Row:
    """A server's behaviour, what comes of an attempt, and why.

    `whole` tells whether the body is sound as far as it is read, `body` what of it is kept (None:
    of no interest), `requests` how many an attempt leaves with the server. `certificate` is the
    name that a server with TLS shows, `trusted` whether its authority is. `foreign` is the judge's
    verdict where it is not ours.
    """

    name: str
    behaviour: Callable[[Any], Awaitable[None]]
    outcome: Outcome
    status: int | None
    why: str
    timeout: float = LONG
    whole: bool = True
    body: bytes | None = None
    requests: int = 1
    scheme: str = "http"
    certificate: str | None = None
    trusted: bool = True
    foreign: Foreign | None = None

    @property
    def reached(self) -> bool:
        """Tell whether a connection stands, TLS included."""
        return self.scheme == "http" or self.status is not None

    @property
    def verdict(self) -> Verdict:
        """What the judge is to say."""
        if self.foreign is not None:
            return self.foreign.verdict
        return Verdict(self.outcome, self.status, self.whole and self.status is not None)


def status(code: int, outcome: Outcome, why: str, *lines: str) -> Row:
    """Return a row for a complete answer of that status."""
    behaviour = say(answer(f"{code} X", "Location: /elsewhere", *lines))
    return Row(f"{code}", behaviour, outcome, code, why, body=b"")


def no_head(name: str, behaviour: Callable[[Any], Awaitable[None]], why: str, **more: Any) -> Row:
    """Return a row for an answer that is none of HTTP."""
    return Row(name, behaviour, Outcome.INVALID_RESPONSE, None, why, **more)


def silent(name: str, behaviour: Callable[[Any], Awaitable[None]], why: str, **more: Any) -> Row:
    """Return a row for an answer that does not come in time."""
    return Row(name, behaviour, Outcome.TIMEOUT, None, why, timeout=SHORT, **more)


def success(name: str, behaviour: Callable[[Any], Awaitable[None]], why: str, **more: Any) -> Row:
    """Return a row for a complete head of a success."""
    return Row(name, behaviour, Outcome.SUCCESS, more.pop("status", 200), why, **more)


def secure(name: str, behaviour: Callable[[Any], Awaitable[None]], why: str, **more: Any) -> Row:
    """Return a row for a handshake that does not come about."""
    more = {"requests": 0, "scheme": "https"} | more
    return Row(name, behaviour, Outcome.TLS_ERROR, None, why, **more)


NO_BOUND = "it sets no bound to a head as a whole"
ENDLESS = Foreign(Verdict(Outcome.TIMEOUT), NO_BOUND, SHORT)
LOST = Foreign(
    Verdict(Outcome.INVALID_RESPONSE), "it loses a complete head when the body behind it breaks"
)
WAITS = Foreign(
    Verdict(Outcome.SUCCESS, 200), "it waits until the deadline for a body that broke", SHORT
)
