"""The answer to one request, as it arrives."""

from collections.abc import Callable

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from hookwright_sender.explanation import BODY_LIMIT

# Bytes up to the end of the final head, interim answers included: it bounds their number, too.
HEAD_LIMIT = 64 * 1024
# Bytes up to the end of the answer: what is not body (sizes and extensions of chunks, trailers)
# has no end of its own.
ANSWER_LIMIT = HEAD_LIMIT + 16 * BODY_LIMIT

MALFORMED = "it is malformed or was cut off"


class _EnoughError(Exception):
    """Stops the parser: what follows is not wanted."""


class Answer:
    """Reads the answers of one connection, one after the other.

    `status` is None until the final head is complete. `keep` tells, once `finished`, whether the
    receiver will take another request on the connection and nothing came behind the answer.
    `malformed` says what is wrong with the head or, behind a complete head, with the body.
    """

    __slots__ = (
        "_fed",
        "_limit",
        "_monotonic",
        "_parser",
        "answered",
        "body",
        "finished",
        "headers",
        "keep",
        "malformed",
        "reason",
        "status",
    )

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._parser = HttpResponseParser(self)
        # As browsers and other senders read answers, whose receivers are ours too.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )
        self.begin()

    def begin(self) -> None:
        """Forget the answer before, whose objects may be in use."""
        self._fed = 0
        self._limit = HEAD_LIMIT
        self.status: int | None = None
        self.answered = 0.0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.finished = False
        self.keep = False
        self.malformed: str | None = None

    def feed(self, data: bytes) -> bool:
        """Take bytes from the wire; tell whether the answer is finished.

        It takes exactly as much as the limits allow, so that the answer is the same however the
        network cuts it into packets.
        """
        while data and not self.finished:
            room = self._limit - self._fed
            if not room:
                self._overflow()
                break
            piece, data = data[:room], data[room:]
            self._fed += len(piece)
            try:
                self._parser.feed_data(piece)
            except (HttpParserError, HttpParserUpgrade) as failure:
                self._failed(failure)
        if data:
            self.keep = False
        return self.finished

    def end(self) -> None:
        """Take the orderly end of the connection, which is the end of a body without a length."""
        if self.status is not None and not self.finished:
            self.finished = True
            if self._has_length():
                self.malformed = MALFORMED

    def close(self) -> None:
        """Let go of the parser, which holds this object in a circle."""
        del self._parser

    def _overflow(self) -> None:
        self.finished = True
        if self.status is None:
            self.malformed = f"its head is longer than {HEAD_LIMIT // 1024} KiB"

    def _failed(self, failure: Exception) -> None:
        self.keep = False
        if not self.finished:
            self.finished = True
            if self.malformed is None:
                self.malformed = str(failure) if self.status is None else MALFORMED

    def _has_length(self) -> bool:
        for name, value in self.headers:
            lower = name.lower()
            if lower == b"content-length":
                return True
            if lower == b"transfer-encoding" and value.lower().endswith(b"chunked"):
                return True
        return False

    # What follows is called by the parser.

    def on_message_begin(self) -> None:
        """Refuse what comes behind a complete answer: nobody asked for it."""
        if self.finished:
            raise _EnoughError

    def on_status(self, reason: bytes) -> None:
        """Take a part of the reason phrase."""
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; those behind the body are of no use."""
        if self.status is not None:
            return
        if b"\0" in value:
            self.malformed = "a header holds a NUL"
            raise _EnoughError
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Tell a final head from an interim one (RFC 9110, 15.2)."""
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != 101:  # noqa: PLR2004  the class of interim answers
            self.reason = b""
            self.headers = []
            return
        self.status = status
        self.answered = self._monotonic()
        self._limit = ANSWER_LIMIT
        # What follows is another protocol, which nobody asked for.
        self.finished = status == 101  # noqa: PLR2004

    def on_body(self, data: bytes) -> None:
        """Keep what fits, and stop at the first byte that does not."""
        body = self.body = self.body + data if self.body else data
        if len(body) > BODY_LIMIT:
            self.body = body[:BODY_LIMIT]
            self.finished = True
            raise _EnoughError

    def on_message_complete(self) -> None:
        """End the answer, unless it was an interim one."""
        if self.status is not None and not self.finished:
            self.finished = True
            self.keep = self._parser.should_keep_alive()
