"""What comes behind a complete head."""

from hookwright_sender import Outcome

from .row import (
    LOST,
    SHORT,
    WAITS,
    Row,
    success,
)
from .servers import (
    BOMB,
    CHUNKED,
    OK,
    answer,
    close,
    repeat,
    reset_after,
    say,
)

BODIES = (
    success("a body", say(answer("200 OK", body=b"hi")), "the happy case", body=b"hi"),
    success("chunks", say(CHUNKED + b"2\r\nhi\r\n0\r\n\r\n"), "to the end", body=b"hi"),
    success(
        "a bad chunk",
        say(CHUNKED + b"zz\r\nhi"),
        "the head was complete, in the same packet",
        whole=False,
        foreign=LOST,
    ),
    success(
        "a bad chunk later",
        say(CHUNKED, b"zz\r\nhi"),
        "in a packet of its own",
        whole=False,
        foreign=WAITS,
    ),
    success(
        "a good chunk and a bad one",
        say(CHUNKED + b"2\r\nhi\r\n", b"zz\r\n"),
        "what came is kept",
        whole=False,
        foreign=WAITS,
        body=b"hi",
    ),
    success(
        "a bad chunk behind hints",
        say(b"HTTP/1.1 103 X\r\n\r\n" * 3 + CHUNKED + b"zz\r\n"),
        "interim answers are none",
        whole=False,
        foreign=LOST,
    ),
    success(
        "a body that is cut off",
        close(OK + b"Content-Length: 9\r\n\r\nhi"),
        "the receiver has taken the message",
        whole=False,
        body=b"hi",
    ),
    success(
        "a reset in the body",
        reset_after(OK + b"Content-Length: 9\r\n\r\nhi"),
        "after the head it changes nothing",
        whole=False,
    ),
    success(
        "a body that does not end",
        say(OK + b"Content-Length: 99\r\n\r\nab"),
        "held until the deadline, and the head still counts",
        timeout=SHORT,
        whole=False,
        body=b"ab",
    ),
    Row(
        "a failure's body that does not end",
        say(b"HTTP/1.1 500 Oops\r\nContent-Length: 99\r\n\r\nab"),
        Outcome.SERVER_ERROR,
        500,
        "so it does for a failure",
        timeout=SHORT,
        whole=False,
        body=b"ab",
    ),
    Row(
        "a refusal without a length",
        say(b"HTTP/1.1 429 X\r\nRetry-After: 7\r\n\r\n"),
        Outcome.CLIENT_ERROR,
        429,
        "its body ends with the connection, which stays",
        timeout=SHORT,
        whole=False,
    ),
    success(
        "ten gigabytes",
        repeat(OK + b"Content-Length: 10000000000\r\n\r\n", b"x" * 65536),
        "only the beginning is taken",
        body=b"x" * 16384,
    ),
    success("endless chunks", repeat(CHUNKED, b"1\r\nx\r\n" * 1000), "so it is", body=b"x" * 16384),
    success(
        "endless trailers",
        repeat(CHUNKED + b"0\r\n", b"x: y\r\n" * 1000),
        "a body that is done, and no end to what follows",
        foreign=LOST,
    ),
    success(
        "an endless trailer",
        repeat(CHUNKED + b"0\r\nx: ", b"y" * 65536),
        "nor to a line of it",
        foreign=LOST,
    ),
    success(
        "a gzip bomb",
        say(answer("200 OK", "Content-Encoding: gzip", body=BOMB)),
        "nothing is inflated",
        body=BOMB,
    ),
)
