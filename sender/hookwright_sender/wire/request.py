"""The head of a request: what is the same for a URL is made once."""

import re
from collections.abc import Mapping
from functools import lru_cache

from hookwright_sender.errors import InvalidURL, SenderError
from hookwright_sender.target import parse_target

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2
# What no field value holds (RFC 9110, 5.5); beyond ISO 8859-1 there is no agreed encoding.
NOT_A_VALUE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
VISIBLE = re.compile(r"[\x21-\x7e]+")
# Path and query of a URL, each the name of something on the other side (RFC 3986, 3).
WRITTEN = re.compile(r"[^:/?#]+://[^/?#]*(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?")
# What a request's target may hold (RFC 9112, 3.2): as it is written it may have been signed.
SENDABLE = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*")
DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
# An interface means something on this machine alone (RFC 6874, 4), and some servers refuse it.
ZONE = re.compile(r"%.*(?=\])")
# They decide where a request ends and who answers it.
OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class InvalidHeader(SenderError):  # noqa: N818  the name says what happened
    """A header that cannot be sent with an attempt; its value, maybe a secret, is not shown."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(
            f"the header {name[:80]!r} cannot be sent: {reason}. Use letters, digits and hyphens in"
            " a name, and one line of ISO 8859-1 in a value"
        )


class Target:
    """Where a URL leads: which connections serve it, and how a request for it begins.

    `host` is as it is named to TLS and checked against the certificate, `name` as it is looked up.
    Raises `InvalidURL`.
    """

    __slots__ = ("host", "is_address", "key", "name", "port", "start", "tls")

    def __init__(self, url: str) -> None:
        target = parse_target(url)
        host, port = target.raw_host or "", target.port or 0
        self.tls = target.scheme == "https"
        # Certificates and Host name a host without the dot that ends its full name.
        self.host = host.replace("%25", "%").removesuffix(".")
        self.port = port
        self.is_address = ":" in host or self.host.replace(".", "").isdigit()
        if self.is_address and ":" not in host and not _is_dotted_quad(self.host):
            raise InvalidURL(url, "its host is not a canonical IPv4 address")
        # Without the dot a resolver tries its search domains, with it not the file of hosts.
        self.name = self.host if self.is_address or self.host == "localhost" else host
        self.key = (self.tls, self.name, port)
        place = _place(url) or target.raw_path_qs
        authority = ZONE.sub("", target.host_port_subcomponent or "")
        if not VISIBLE.fullmatch(place + authority):
            raise InvalidURL(url, "it cannot be written into a request")
        self.start = (
            f"POST {place} HTTP/1.1\r\nHost: {authority}\r\naccept-encoding: identity\r\n"
        ).encode("ascii")

    def head(self, headers: Mapping[str, str], length: int) -> bytes:
        """Return the head of a request with a body of `length` bytes, or raise `InvalidHeader`."""
        values = headers.values()
        if NOT_A_VALUE.search("".join(values)):
            _refuse_value(headers)
        lines = "".join([f"{_name(name)}{value}\r\n" for name, value in headers.items()])
        return b"%b%bcontent-length: %d\r\n\r\n" % (self.start, lines.encode("latin-1"), length)


def _place(url: str) -> str | None:
    """Return the path and query as they are written, or None where they cannot be sent so.

    A parser would decode what needs no code: `%40` and `@` are one to it, and two to a receiver
    that signed the URL.
    """
    written = WRITTEN.match(url)
    if written is None:
        return None
    path, query = written["path"] or "/", written["query"] or ""
    if DOT_SEGMENT.search(path) or not SENDABLE.fullmatch(path + query):
        return None
    return path + query


def check_header(name: str, value: str) -> None:
    """Raise `InvalidHeader` for a header that no attempt could send.

    For a user's own headers when they are set, rather than when they are first sent.
    """
    _name(name)
    if NOT_A_VALUE.search(value):
        _refuse_value({name: value})


@lru_cache(maxsize=1024)
def _name(name: str) -> str:
    if not TOKEN.fullmatch(name):
        raise InvalidHeader(name, "its name is not one of HTTP")
    if name.lower() in OWN_HEADERS:
        raise InvalidHeader(name, "every attempt sets it by itself, or must not have it")
    return f"{name}: "


def _refuse_value(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if NOT_A_VALUE.search(value):
            raise InvalidHeader(name, "its value holds a line break or another forbidden character")


def _is_dotted_quad(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == 4 and all(  # noqa: PLR2004
        part.isascii() and part.isdigit() and str(int(part)) == part and int(part) <= 255  # noqa: PLR2004
        for part in parts
    )
