"""Reading HTTP/1.x answers from a socket, tolerantly and within bounds (RFC 9112)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

HEAD_LIMIT = 64 * 1024
BODY_KEPT = 256 * 1024

_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] ([0-9]{3})(?: (.*))?")


class Failure(StrEnum):
    """Why there is no answer."""

    REFUSED = "the connection was refused"
    CLOSED = "the connection was closed without an answer"
    TIMEOUT = "no answer in time"
    INVALID = "the answer is not HTTP"


class Closed(Exception):  # noqa: N818  it is a state of the connection, not a mistake
    """The other side closed before (another) answer."""


class InvalidAnswer(Exception):  # noqa: N818  named for what it is
    """The bytes that came are not an HTTP/1.x answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One final answer. `interim` lists the 1xx statuses before it; `body` is cut at 256 KiB."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    interim: tuple[int, ...] = ()

    def header(self, name: str) -> str | None:
        """Return the first header of this name, in any case."""
        return next((v for k, v in self.headers if k.lower() == name), None)

    @property
    def closes(self) -> bool:
        """Tell whether it is the last one on its connection (RFC 9112, 9.6)."""
        options = (self.header("connection") or "").lower().split(",")
        return "close" in map(str.strip, options)

    @property
    def media_type(self) -> str:
        """Return the content type in lower case, without parameters."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()


class Source(Protocol):
    """Where bytes come from; an empty read is the end."""

    async def receive(self) -> bytes:
        """Return what has come, or nothing at the end."""


class AnswerReader:
    """Reads one answer after another from one connection."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._buffer = bytearray()
        self._ended = False

    async def answer(self, *, head_only: bool = False) -> Answer:
        """Return the next final answer; `head_only` for one to HEAD, which has no body.

        Raises Closed where the connection ends before it, and InvalidAnswer where it is malformed.
        """
        interim: list[int] = []
        while True:
            status, reason, headers = self._parse_head(await self._head())
            # After a 101 the connection speaks another protocol (RFC 9110, section 15.2.2).
            if status >= 200 or status == 101:  # noqa: PLR2004
                break
            interim.append(status)
        fields = {name.lower(): value for name, value in headers}
        body = b""
        if not head_only and status not in {101, 204, 304}:
            body = await self._body(fields)
        return Answer(status, reason, tuple(headers), body, tuple(interim))

    async def interim(self) -> int:
        """Return the status of the next answer, interim or final; a final one stays readable."""
        head = await self._head()
        status, _, _ = self._parse_head(head)
        if status >= 200:  # noqa: PLR2004
            self._buffer[:0] = head + b"\r\n\r\n"
        return status

    async def end(self) -> bytes:
        """Return everything up to the end of the connection, within the bound."""
        rest = bytearray()
        while chunk := await self._take():
            rest += chunk[: BODY_KEPT - len(rest)]
        return bytes(rest)

    async def _fill(self) -> bool:
        if not self._ended:
            chunk = await self._source.receive()
            self._ended = not chunk
            self._buffer += chunk
        return not self._ended

    async def _take(self) -> bytes:
        if not self._buffer:
            await self._fill()
        taken = bytes(self._buffer)
        self._buffer.clear()
        return taken

    async def _head(self) -> bytes:
        while True:
            # An empty line before a status line is tolerated, as is a bare line feed.
            while bytes(self._buffer[:1]) in {b"\r", b"\n"}:
                del self._buffer[:1]
            found = re.search(rb"\r?\n\r?\n", self._buffer)
            if found:
                head = bytes(self._buffer[: found.start()])
                del self._buffer[: found.end()]
                return head
            if len(self._buffer) > HEAD_LIMIT:
                raise InvalidAnswer("the head of the answer is longer than 64 KiB")
            if not await self._fill():
                if self._buffer:
                    raise InvalidAnswer("the connection ended within the head of the answer")
                raise Closed

    @staticmethod
    def _parse_head(head: bytes) -> tuple[int, str, list[tuple[str, str]]]:
        first, *lines = re.split(rb"\r?\n", head)
        status = _STATUS_LINE.fullmatch(first)
        if status is None:
            raise InvalidAnswer(f"no status line: {first[:60]!r}")
        headers: list[tuple[str, str]] = []
        for line in lines:
            name, colon, value = line.decode("latin-1").partition(":")
            if colon:
                headers.append((name.strip(), value.strip()))
        reason = (status[2] or b"").decode("latin-1")
        return int(status[1]), reason, headers

    async def _body(self, fields: dict[str, str]) -> bytes:
        if "chunked" in fields.get("transfer-encoding", "").lower():
            return await self._chunked()
        length = fields.get("content-length")
        if length is None:
            return await self.end()
        if not (length.isascii() and length.isdigit()):
            raise InvalidAnswer("a Content-Length that is not a number")
        return await self._exactly(int(length))

    async def _exactly(self, length: int) -> bytes:
        kept = bytearray()
        left = length
        while left:
            chunk = await self._take()
            if not chunk:
                raise InvalidAnswer("the body of the answer is shorter than its Content-Length")
            self._buffer += chunk[left:]
            chunk = chunk[:left]
            left -= len(chunk)
            kept += chunk[: max(0, BODY_KEPT - len(kept))]
        return bytes(kept)

    async def _line(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > HEAD_LIMIT or not await self._fill():
                raise InvalidAnswer("a chunk without its size line")
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.rstrip(b"\r")

    async def _chunked(self) -> bytes:
        body = bytearray()
        while True:
            size_text = (await self._line()).partition(b";")[0].strip()
            try:
                size = int(size_text, 16)
            except ValueError:
                raise InvalidAnswer("a chunk size that is not a number") from None
            if size == 0:
                while await self._line():
                    pass
                return bytes(body)
            chunk = await self._exactly(size)
            body += chunk[: max(0, BODY_KEPT - len(body))]
            await self._line()
