"""The one way to write a host, and what is none that anybody can prove."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from hookwright_sender.egress.host import normalise_host
from hookwright_sender.errors import InvalidHost

HOSTS = [
    ("hooks.example.com", "hooks.example.com", "as it should be"),
    ("Hooks.EXAMPLE.com", "hooks.example.com", "lower case"),
    ("hooks.example.com.", "hooks.example.com", "without the root's full stop"),
    ("Bücher.Example", "xn--bcher-kva.example", "IDNA"),
    ("BÜCHER.example.", "xn--bcher-kva.example", "IDNA in capitals, with the full stop"),
    ("faß.example", "xn--fa-hia.example", "non-transitional: ß is not ss"),
    ("hooks。example", "hooks.example", "another script's full stop"),
    ("XN--BCHER-KVA.example", "xn--bcher-kva.example", "an A-label stays one"),
    ("my_host.example", "my_host.example", "no host name by the book, and in use"),
    ("1.example", "1.example", "a label may be a number, unless it is the last"),
    ("hooks.test", "hooks.test", "a top-level domain of a local network"),
    ("receiver.localhost.test", "receiver.localhost.test", "and below it"),
    ("example.co.uk", "example.co.uk", "right below a public suffix"),
    ("someone.github.io", "someone.github.io", "right below a private one"),
    ("www.ck", "www.ck", "an exception in the list"),
    (".".join(["a" * 63] * 3) + ".test", ".".join(["a" * 63] * 3) + ".test", "long labels"),
]


@pytest.mark.parametrize(("text", "host", "why"), HOSTS)
def test_a_host_has_one_spelling(text, host, why):
    """And the spelling is its own; so is that of a URL's host."""
    assert normalise_host(text) == host, why
    assert normalise_host(host) == host
    assert normalise_host(URL(f"https://{text}/").raw_host) == host


REFUSED = [
    ("", "empty", "nothing"),
    (".", "label", "the root"),
    (" hooks.example", "white_space", "white space"),
    ("hooks.example\n", "white_space", "a line break"),
    ("hooks\u200b.example", "white_space", "a character that nobody sees"),
    ("https://hooks.example", "url", "a URL"),
    ("https://user:secret@hooks.example/", "url", "a URL with a password"),
    ("hooks.example/path", "path", "a path"),
    ("hooks.example?x", "path", "a query"),
    ("hooks.example#x", "path", "a fragment"),
    ("hooks.example\\x", "path", "what some readers take for a slash"),
    ("me@hooks.example", "user_info", "an e-mail address"),
    ("hooks.example:443", "port", "a port"),
    ("*.example.com", "wildcard", "a wildcard"),
    ("127.0.0.1", "address", "an address"),
    ("1.1.1.1", "address", "a public one"),
    ("127.0.0.1.", "address", "with a full stop"),
    ("127.1", "address", "a short one"),
    ("0x7f.1", "address", "hexadecimal"),
    ("2130706433", "address", "one number"),
    ("0177.0.0.1", "address", "octal"),
    ("１２７.0.0.1", "address", "in full-width digits"),  # noqa: RUF001  that is the case
    ("::1", "address", "IPv6"),
    ("[::1]", "address", "IPv6 as in a URL"),
    ("::ffff:127.0.0.1", "address", "IPv6 with IPv4 in it"),
    ("localhost", "single_label", "a name of this machine"),
    ("com", "single_label", "a top-level domain"),
    ("co.uk", "public_suffix", "a public suffix"),
    ("CO.UK.", "public_suffix", "however it is written"),
    ("github.io", "public_suffix", "a private one"),
    ("foo.ck", "public_suffix", "by a wildcard of the list"),
    ("公司.cn", "public_suffix", "in IDNA"),
    ("xn--55qx5d.cn", "public_suffix", "as A-label"),
    ("a..example", "label", "an empty label"),
    ("hooks.example..", "label", "one full stop too many"),
    (".hooks.example", "label", "a full stop in front"),
    ("-a.example", "label", "begins with a hyphen"),
    ("a-.example", "label", "ends with one"),
    ("a!b.example", "label", "no letter, digit or hyphen"),
    ("a%20b.example", "label", "an escape of URLs"),
    ("\u0338.example", "label", "no letter to begin with"),
    ("a" * 64 + ".example", "too_long", "a label of 64 characters"),
    (".".join(["a" * 63] * 4), "too_long", "255 characters"),
]


@pytest.mark.parametrize(("text", "code", "why"), REFUSED)
def test_what_nobody_can_prove(text, code, why):
    """One line, with a word for programs and the remedy."""
    with pytest.raises(InvalidHost) as caught:
        normalise_host(text)
    assert caught.value.code == code, why
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert str(caught.value).count(". ") >= 1, "the remedy"


labels = st.one_of(st.text(max_size=8), st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True))


@given(st.lists(labels, max_size=4).map(".".join))
def test_any_text_is_a_host_or_refused(text):
    """Nothing else comes out of it, and what is a host is one for good."""
    with contextlib.suppress(InvalidHost):
        host = normalise_host(text)
        assert host.isascii()
        assert normalise_host(host) == host
