"""What went wrong in other clients, to the loss of those who used them."""

from hookwright_sender import Outcome

from .judge import Verdict
from .row import (
    Foreign,
    no_head,
    success,
)
from .servers import (
    CHUNKED,
    EMPTY,
    OK,
    answer,
    close,
    say,
)

OUTSIDE = (
    success(
        "hints",
        say(b"HTTP/1.1 103 X\r\nLink: </a>\r\n\r\n" + EMPTY),
        "the first head is not the answer (RFC 9110, 15.2)",
    ),
    success(
        "a length in an interim answer",
        say(b"HTTP/1.1 102 X\r\nContent-Length: 3\r\n\r\n" + EMPTY),
        "it has no body, whatever it says",
    ),
    success(
        "no reason phrase",
        say(b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
        "nor the space before it, as several servers write",
    ),
    success(
        "HTTP/1.0",
        close(b"HTTP/1.0 200 OK\r\n\r\nhi"),
        "its body ends with the connection",
        body=b"hi",
    ),
    success(
        "bare line feeds",
        say(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"),
        "RFC 9112, 2.2 lets one take them",
        body=b"hi",
    ),
    success(
        "a folded header",
        say(OK + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\nhi"),
        "RFC 9112, 5.2: a client must take it",
        body=b"hi",
    ),
    success(
        "extensions of chunks",
        say(CHUNKED + b'2;a="b;c"\r\nhi\r\n0;x\r\nT: v\r\n\r\n'),
        "and a trailer: both are passed over",
        body=b"hi",
    ),
    success(
        "a space behind a size",
        say(CHUNKED + b"2  \r\nhi\r\n0\r\n\r\n"),
        "as a load balancer pads it",
        body=b"hi",
    ),
    success(
        "chunked in capitals",
        say(OK + b"Transfer-Encoding: Chunked \r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
        "names of codings have no case",
        body=b"hi",
    ),
    success(
        "no UTF-8",
        say(b"HTTP/1.1 200 Z\xfc\r\nX: \xe9\r\nContent-Length: 0\r\n\r\n"),
        "in the phrase and in a header",
    ),
    success(
        "a control character",
        say(answer("200 OK", "Set-Cookie: a=\x01")),
        "RFC 9110, 5.5 lets one keep it, and nothing of it is interpreted",
    ),
    success(
        "a header of 16 KiB",
        say(answer("200 OK", "Content-Security-Policy: " + "x" * 16384)),
        "policies and cookies grow, and it is the receiver's own affair",
        foreign=Foreign(Verdict(Outcome.INVALID_RESPONSE), "it takes lines of 8 KiB"),
    ),
    success(
        "204 with a body",
        say(b"HTTP/1.1 204 X\r\nContent-Length: 4\r\n\r\nnope"),
        "there is none, and what comes is not the next answer's",
        status=204,
        body=b"",
        foreign=Foreign(Verdict(Outcome.INVALID_RESPONSE), "it reads the body as a second answer"),
    ),
    success(
        "an offer of another protocol",
        say(answer("200 OK", "Connection: upgrade", "Upgrade: h2c", body=b"hi")),
        "an offer alone changes nothing",
        body=b"hi",
    ),
    no_head(
        "one length twice",
        say(OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi"),
        "RFC 9110, 8.6 leaves it to us, and the parser refuses it",
    ),
)
