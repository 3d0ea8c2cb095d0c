"""The fault matrix as a table: what is wrong, and where that must end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hookwright_sender.retry.ladder import DELAYS, JITTER
from tests.nameserver import Server as NameServer

from .endpoint import (
    BOMB,
    CHUNKED,
    OK,
    TEN_GIGABYTES,
    Behaviour,
    ask_for_date,
    cut,
    cut_handshake,
    drip,
    endless,
    fine,
    say,
    status,
)
from .world import HOST

# Seconds: a deadline that is never reached, and one that always is.
LONG, SHORT = 30.0, 1.0
# A fifth of it is what is left when the look-up is given up: enough on a busy machine, too.
SILENT = 10.0
FAILING, DISABLED = "webhook_failing", "webhook_disabled"
FIRST = (DELAYS[0] * (1 - JITTER), DELAYS[0] * (1 + JITTER))
# Tried again and again, until it is mended.
QUICK = (0.2,) * 99


@dataclass(frozen=True)
class Fault:
    """What is wrong, and what one attempt must make of it.

    `wait` are the bounds of the seconds until the next attempt, None where there is none. Then
    the fault is mended, and the `remedy` must get the message there: `time` passes, somebody
    asks for a `replay` or to `enable` the webhook, it comes `by itself`; `none` is needed where it
    was taken, whatever came behind the answer's head.
    """

    reason: str
    outcome: str
    behaviour: Behaviour | None = fine
    status: int | None = None
    state: str = "pending"
    wait: tuple[float, float] | None = FIRST
    webhook: str = "active"
    why: str = ""
    notices: tuple[str, ...] = (FAILING,)
    remedy: str = "time"
    timeout: float = LONG
    # Who signed the certificate: "trusted", "stranger", "another host".
    tls: str | None = None
    names: Callable[[NameServer], None] | None = None
    ladder: tuple[float, ...] = DELAYS
    # Seconds of failure until the webhook is disabled.
    patience: float = 5 * 86400.0
    attempts: int = 1
    # On PostgreSQL, too: its statements are other ones there.
    both: bool = False


def taken(reason: str, behaviour: Behaviour, timeout: float = LONG) -> Fault:
    """Return a fault behind a complete 200: the message was taken, and never comes again."""
    return Fault(
        reason, "success", behaviour, 200, "delivered", None, notices=(), remedy="none",
        timeout=timeout,
    )  # fmt: skip


def _forbidden(names: NameServer) -> None:
    names.records[HOST] = [record for record in names.records[HOST] if record[:2] != "A "]
    names.records[HOST] += ["A 127.0.0.1", "A 169.254.169.254"]


def _silent(names: NameServer) -> None:
    names.silent("A", "AAAA")


def _failing(names: NameServer) -> None:
    names.failing("SERVFAIL", "A", "AAAA")


FAULTS: Mapping[str, Fault] = {
    "nobody listens": Fault(
        "it may be being started: temporary", "refused", None, both=True,
    ),
    "resets before the answer": Fault(
        "nobody knows whether it took the message: sent again, with the same id",
        "disconnected", cut(),
    ),
    "resets in the head": Fault(
        "half a head says nothing", "disconnected", cut(OK + b"content-le"),
    ),
    "resets in the body": taken("the head was complete", cut(OK + b"content-length: 9\r\n\r\nhi")),
    "hangs": Fault("one deadline over all", "timeout", say(), timeout=SHORT),
    "drips": Fault("each byte is in time, and the head never is", "timeout", drip, timeout=SHORT),
    "drips behind the head": taken(
        "the deadline ends the reading of the body, not the success",
        say(OK + b"content-length: 9\r\n\r\n", b"h"), SHORT,
    ),
    "500": Fault("temporary", "server_error", status("500 Oops"), 500, both=True),
    "500 for five days": Fault(
        "nobody looks after it: disabled, and what is queued is kept",
        "server_error", status("500 Oops"), 500, webhook="disabled", why="every attempt since",
        notices=(FAILING, DISABLED), remedy="enable", patience=0.0, both=True,
    ),
    "500 to the end of the ladder": Fault(
        "given up, and there to be replayed", "server_error", status("500 Oops"), 500, "dead", None,
        ladder=(0.05, 0.05), attempts=3, remedy="replay", both=True,
    ),
    "404": Fault("it may be in the middle of a deploy", "client_error", status("404 No"), 404),
    "429 with seconds": Fault(
        "as asked, with jitter that only adds", "client_error",
        status("429 Slow", "retry-after: 70"), 429, wait=(70, 84), both=True,
    ),
    "429 with a date": Fault(
        "as asked", "client_error", ask_for_date(100), 429, wait=(99, 120),
    ),
    "429 with a year": Fault(
        "no longer than the longest step", "client_error",
        status("429 Slow", "retry-after: 31536000"), 429,
        wait=(DELAYS[-1], DELAYS[-1] * (1 + JITTER)),
    ),
    "503 with one second": Fault(
        "no shorter than the step itself", "server_error",
        status("503 Busy", "retry-after: 1"), 503,
    ),
    "410": Fault(
        "it wants nothing any more", "client_error", status("410 Gone"), 410, "dead", None,
        webhook="disabled", why="the receiver answered 410", notices=(FAILING, DISABLED),
        remedy="enable", both=True,
    ),
    "302": Fault(
        "never followed: a POST would become a GET", "redirect",
        status("302 Found", "location: /elsewhere"), 302,
    ),
    "10 GB": taken("no more than 16 KiB are read", endless(OK + TEN_GIGABYTES, bytes(65536))),
    "500 with 10 GB": Fault(
        "no more than 16 KiB are read", "server_error",
        endless(b"HTTP/1.1 500 X\r\n" + TEN_GIGABYTES, bytes(65536)), 500,
    ),
    "endless chunks": taken("the same", endless(CHUNKED, b"1\r\nx\r\n" * 1000)),
    "endless headers": Fault(
        "no more than 64 KiB of a head are read", "invalid_response",
        endless(OK, b"x: y\r\n" * 1000),
    ),
    "a gzip bomb": taken(
        "nothing is inflated",
        say(OK + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(BOMB), BOMB),
    ),
    "broken chunking": taken("the head was complete", say(CHUNKED + b"zz\r\n")),
    "a broken head": Fault(
        "no HTTP", "invalid_response", say(b"HTTP/1.1 200 OK\r\ntransfer-encoding chunked\r\n\r\n"),
    ),
    "another protocol": Fault("no HTTP", "invalid_response", say(b"SSH-2.0-OpenSSH_9.2\r\n")),
    "a certificate of a stranger": Fault(
        "it may be mended; nothing was sent", "tls_error", tls="stranger",
    ),
    "a certificate of another host": Fault("the same", "tls_error", tls="another host"),
    "a handshake that is cut": Fault("the same", "tls_error", cut_handshake, tls="none"),
    "a handshake that hangs": Fault("one deadline over all", "timeout", say(), tls="none",
                                    timeout=SHORT),
    "a name server that fails": Fault(
        "temporary", "dns_error", names=_failing, ladder=QUICK, wait=None, remedy="by itself",
        both=True,
    ),
    "a name server that is silent": Fault(
        "temporary; of the deadline enough is left to say so", "dns_error", names=_silent,
        timeout=SILENT,
    ),
    "an address that is forbidden": Fault(
        "a rule of ours: no retry helps, one attempt is logged", "forbidden", None, state="dead",
        wait=None, names=_forbidden, remedy="replay", both=True,
    ),
}  # fmt: skip
