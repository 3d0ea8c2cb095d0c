"""Complete heads of every class, and what is none."""

from hookwright_sender import Outcome

from .row import (
    ENDLESS,
    Row,
    no_head,
    silent,
    status,
)
from .servers import (
    OK,
    close,
    deaf,
    drip,
    refuse,
    repeat,
    reset_after,
    say,
)

STATUSES = (
    status(200, Outcome.SUCCESS, "the documented samples answer so"),
    status(204, Outcome.SUCCESS, "any 2xx is a success"),
    status(299, Outcome.SUCCESS, "also one that nobody knows"),
    status(301, Outcome.REDIRECT, "never followed: POST would become GET"),
    status(302, Outcome.REDIRECT, "nor this one"),
    status(304, Outcome.REDIRECT, "has no body and is still no success"),
    status(307, Outcome.REDIRECT, "never followed, although it keeps the method"),
    status(400, Outcome.CLIENT_ERROR, "the receiver refuses"),
    status(410, Outcome.CLIENT_ERROR, "gone for good"),
    status(499, Outcome.CLIENT_ERROR, "unregistered, but of the class"),
    status(500, Outcome.SERVER_ERROR, "the receiver broke"),
    status(503, Outcome.SERVER_ERROR, "the receiver is busy", "Retry-After: 7"),
    status(101, Outcome.INVALID_RESPONSE, "nobody asked to change the protocol"),
    status(600, Outcome.INVALID_RESPONSE, "there is no such class"),
)


HEADS = (
    Row("says nothing", close(), Outcome.DISCONNECTED, None, "closed without a word"),
    Row(
        "ends inside the head",
        close(OK + b"X-"),
        Outcome.DISCONNECTED,
        None,
        "closed inside the head",
    ),
    Row(
        "resets at once",
        refuse,
        Outcome.DISCONNECTED,
        None,
        "the request may have arrived",
        requests=0,
    ),
    Row(
        "resets in the head",
        reset_after(OK),
        Outcome.DISCONNECTED,
        None,
        "told like a close: no complete answer",
    ),
    no_head("another protocol", say(b"SSH-2.0-x\r\n\r\n"), "it speaks first, and not HTTP"),
    no_head("HTTP/0.9", close(b"hello"), "a body without a head"),
    no_head("an alert of TLS", close(b"\x15\x03\x01\x00\x02\x02\x46"), "TLS on a plain port"),
    no_head("a length of letters", say(OK + b"Content-Length: x\r\n\r\n"), "no number"),
    no_head(
        "a length and chunks",
        say(OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi"),
        "two lengths in the head",
    ),
    no_head(
        "two lengths",
        say(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi"),
        "whichever counts, another reader may take the other",
    ),
    no_head("a header with a NUL", say(OK + b"X: a\0b\r\n\r\n"), "RFC 9110, 5.5: dangerous"),
    no_head("a long line", say(OK + b"x: " + b"y" * 100_000), "a line without an end"),
    no_head("endless headers", repeat(OK, b"x: y\r\n" * 1000), "each is short"),
    no_head("an endless header", repeat(OK + b"x: ", b"y" * 65536), "a value without an end"),
    no_head("an endless name", repeat(OK, b"y" * 65536), "a name without an end"),
    no_head("an endless reason", repeat(b"HTTP/1.1 200 ", b"y" * 65536), "a phrase without an end"),
    no_head(
        "endless interim answers",
        repeat(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000),
        "none of them is final, and there is a bound to the head",
        foreign=ENDLESS,
    ),
    no_head(
        "an endless empty line",
        repeat(b"", b"\r\n" * 10000),
        "nothing before a head",
        foreign=ENDLESS,
    ),
    silent("hangs", say(), "it takes the request and never answers"),
    silent("reads nothing", deaf, "it takes the connection alone", requests=0),
    silent("drips", drip(OK + b"x: "), "busy, and never done"),
    silent("drips a status", drip(b"HTTP/1.1 200 "), "busy before the first line's end"),
)
