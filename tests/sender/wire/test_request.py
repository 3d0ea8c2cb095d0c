"""What is written of a request, and what can never be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookwright_schemas import HookwrightError
from hookwright_sender import InvalidURL
from hookwright_sender.wire import InvalidHeader, check_header
from hookwright_sender.wire.request import OWN_HEADERS, Target


def test_the_head_of_a_request():
    """A POST with its length, the caller's headers as they are, and nothing else."""
    head = Target("https://host.example/a%2Fb?c=d").head({"Webhook-Id": "msg_1", "x": ""}, 7)
    assert head.decode() == (
        "POST /a%2Fb?c=d HTTP/1.1\r\n"
        "Host: host.example\r\n"
        "accept-encoding: identity\r\n"
        "Webhook-Id: msg_1\r\n"
        "x: \r\n"
        "content-length: 7\r\n"
        "\r\n"
    )


# url, dialled host and port, Host, request target
TARGETS = [
    ("http://host.example", "host.example", 80, "host.example", "/", "no path"),
    ("http://host.example:80/", "host.example", 80, "host.example", "/", "the usual port"),
    ("http://host.example:443/", "host.example", 443, "host.example:443", "/", "another's port"),
    ("https://host.example:8443/", "host.example", 8443, "host.example:8443", "/", "a port"),
    ("https://[::1]/", "::1", 443, "[::1]", "/", "IPv6 in brackets"),
    ("https://[::1]:8443/", "::1", 8443, "[::1]:8443", "/", "IPv6 and a port"),
    ("http://[fe80::1%25lo]/", "fe80::1%lo", 80, "[fe80::1]", "/", "a zone is ours alone"),
    ("http://[fe80::1%lo]:81/", "fe80::1%lo", 81, "[fe80::1]:81", "/", "and a port"),
    ("https://host.example./", "host.example", 443, "host.example", "/", "a full name's dot"),
    ("https://bücher.example/", "xn--bcher-kva.example", 443, "xn--bcher-kva.example", "/", "IDNA"),
    ("https://Host.Example/A", "host.example", 443, "host.example", "/A", "the host in lower case"),
    (
        "https://h.example/é?q=ü ".rstrip(),
        "h.example",
        443,
        "h.example",
        "/%C3%A9?q=%C3%BC",
        "UTF-8",
    ),
    ("https://h.example/%e9?a=%26", "h.example", 443, "h.example", "/%e9?a=%26", "kept escaped"),
    (
        "https://h.example/%40a?b=%40%7e",
        "h.example",
        443,
        "h.example",
        "/%40a?b=%40%7e",
        "as signed",
    ),
    ("https://h.example/a%", "h.example", 443, "h.example", "/a%25", "half an escape"),
    ("https://h.example/a/%2E./b", "h.example", 443, "h.example", "/b", "no way up"),
    ("https://h.example/?", "h.example", 443, "h.example", "/?", "an empty query"),
    ("https://h.example/#part", "h.example", 443, "h.example", "/", "the fragment stays here"),
    ("https://h.example?a=b", "h.example", 443, "h.example", "/?a=b", "a query without a path"),
]


@pytest.mark.parametrize(("url", "host", "port", "name", "place", "why"), TARGETS)
def test_where_a_url_leads(url, host, port, name, place, why):  # noqa: PLR0913, PLR0917  a row
    """The host that is dialled, and what the request calls it."""
    target = Target(url)
    assert (target.host, target.port) == (host, port), why
    start, line, *_ = target.start.decode().split("\r\n")
    assert start == f"POST {place} HTTP/1.1", why
    assert line == f"Host: {name}", why


@pytest.mark.parametrize(
    ("host", "name", "why"),
    [
        ("host.example", "host.example", "search domains may be tried"),
        ("host.example.", "host.example.", "it is whole, and no search domain is tried"),
        ("Bücher.Example.", "xn--bcher-kva.example.", "so it is in any letters"),
        ("localhost.", "localhost", "stands in the file of hosts without its full stop"),
        ("127.0.0.1.", "127.0.0.1", "an address is not looked up"),
    ],
)
def test_a_name_is_looked_up_as_it_is_written(host, name, why):
    """A full stop at its end is a part of it there, and nowhere else."""
    target = Target(f"https://{host}/")
    assert target.name == name, why
    assert target.host == name.removesuffix("."), why
    assert target.key == (True, name, 443), "what another name led to serves no request"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.1/", "short"),
        ("http://2130706433/", "one number"),
        ("http://0177.0.0.1/", "octal"),
        ("http://127.0.0.256/", "out of range"),
        ("http://1.2.3.4.5/", "five parts"),
        ("http://127.0.0.1../", "one full stop too many"),
    ],
)
def test_an_address_that_readers_disagree_on_is_refused(url, why):
    """`getaddrinfo` would read an address into it that nobody checked."""
    with pytest.raises(InvalidURL):
        Target(url)


HEADERS = [
    ("x", "a\r\nwebhook-id: b", "a header smuggled in"),
    ("x", "a\nb", "a line feed alone, which some servers take for an end of line"),
    ("x", "a\rb", "a carriage return alone, likewise"),
    ("x", "a\0b", "NUL"),
    ("x", "a\x7fb", "another control character"),
    ("x", "a\u2028b", "no character of ISO 8859-1, although a line break elsewhere"),
    ("x", "€", "no character of ISO 8859-1"),
    ("x: y\r\nz", "a", "a header smuggled in with a name"),
    ("x:", "a", "a colon in a name"),
    ("x y", "a", "a space in a name"),
    ("", "a", "no name"),
    ("é", "a", "a name that is not ASCII"),
    ("x\n", "a", "`$` would match before this line feed"),
    *[
        (name.title(), "1", "it decides where the request ends or goes")
        for name in sorted(OWN_HEADERS)
    ],
]


@pytest.mark.parametrize(("name", "value", "why"), HEADERS)
def test_a_header_cannot_be_injected(name, value, why):
    """Refused before anything is written, whether in the attempt or when it is set."""
    with pytest.raises(InvalidHeader) as caught:
        Target("http://host.example/").head({"a": "b", name: value}, 0)
    assert isinstance(caught.value, HookwrightError), why
    assert "\n" not in str(caught.value)
    assert value not in str(caught.value).replace(name, "") or len(value) < 2, "maybe a secret"
    with pytest.raises(InvalidHeader):
        check_header(name, value)


def test_a_header_of_iso_8859_1_is_sent_as_such():
    """One byte for each character."""
    check_header("x", "é\t ÿ")
    head = Target("http://host.example/").head({"x": "é\t ÿ"}, 0)
    assert b"\r\nx: \xe9\t \xff\r\n" in head


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=8), st.text(max_size=12), max_size=4))
def test_as_many_lines_as_headers(headers):
    """Whatever is given, no value or name becomes a line of its own."""
    try:
        head = Target("http://host.example/").head(headers, 5)
    except InvalidHeader:
        return
    lines = head.split(b"\r\n")
    assert len(lines) == 4 + len(headers) + 2
    assert head.count(b"\n") == head.count(b"\r") == len(lines) - 1
    assert lines[-3:] == [b"content-length: 5", b"", b""]
