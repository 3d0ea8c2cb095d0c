"""One request as the runner will send it: every part can be put out of order on purpose."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from .client import Exchange
from .credentials import Credentials
from .wire import Address

SHOWN_HEAD = 1200
SHOWN_BODY = 400

Header = tuple[str, str | bytes]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request to the receiver.

    `marker` is a text that occurs in the message and nowhere else, by which its effects are found.
    """

    target: str
    body: bytes
    headers: tuple[Header, ...] = ()
    method: str = "POST"
    marker: str = ""
    payload: Any = field(default=None, compare=False)

    def with_headers(self, *changes: Header) -> Self:
        """Return the request with these headers set, each in place of all others of its name."""
        names = {name.lower() for name, _ in changes}
        kept = tuple(h for h in self.headers if h[0].lower() not in names)
        return replace(self, headers=kept + changes)

    def without(self, *names: str) -> Self:
        """Return the request without these headers."""
        return replace(self, headers=tuple(h for h in self.headers if h[0].lower() not in names))

    def header(self, name: str) -> str:
        """Return the value of a header that is there."""
        value = next(v for k, v in self.headers if k.lower() == name)
        return value if isinstance(value, str) else value.decode("latin-1")

    def head(
        self, address: Address, framing: Sequence[Header] | None = None, *, keep: bool = False
    ) -> bytes:
        """Return the request line and headers; `framing` in place of the right Content-Length."""
        if framing is None:
            framing = [("Content-Length", str(len(self.body)))]
        lines = [f"{self.method} {self.target} HTTP/1.1".encode("latin-1")]
        everything: list[Header] = [("Host", address.authority)]
        if all(name.lower() != "connection" for name, _ in self.headers):
            everything.append(("Connection", "keep-alive" if keep else "close"))
        everything += [*self.headers, *framing]
        for name, value in everything:
            raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
            lines.append(name.encode("latin-1") + b": " + raw)
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def raw(self, address: Address, *, keep: bool = False) -> bytes:
        """Return the exact bytes of the whole request."""
        return self.head(address, keep=keep) + self.body

    def chunked(self, address: Address, size: int = 1000, *, keep: bool = False) -> bytes:
        """Return the exact bytes of the request with a chunked body (RFC 9112, section 7.1)."""
        parts = [self.head(address, [("Transfer-Encoding", "chunked")], keep=keep)]
        for start in range(0, len(self.body), size):
            chunk = self.body[start : start + size]
            parts += [b"%x\r\n" % len(chunk), chunk, b"\r\n"]
        return b"".join((*parts, b"0\r\n\r\n"))


def shown(exchange: Exchange, credentials: Credentials) -> str:
    """Return the request of an exchange for a report: readable, shortened, without secrets."""
    sent = exchange.sent.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    text = "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in sent)
    head, blank, body = credentials.mask(text).partition("\n\n")
    cut = head[:SHOWN_HEAD] + blank + body[:SHOWN_BODY]
    whole = len(head) <= SHOWN_HEAD and len(body) <= SHOWN_BODY
    if whole and exchange.sent_length <= len(exchange.sent):
        return cut
    return f"{cut} … ({exchange.sent_length} bytes in all)"
