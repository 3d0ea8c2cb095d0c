"""The one way to write a host whose owner is to be proven."""

import re
from functools import cache
from typing import NoReturn

import idna
from publicsuffixlist import PublicSuffixList

from hookwright_sender.egress.addresses import ends_in_a_number, literal
from hookwright_sender.errors import InvalidHost

# RFC 1035, 2.3.4
LONGEST_LABEL = 63
LONGEST_HOST = 253
# With the underscore, which no host should have and some have.
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")
EXAMPLE = "Give a host name alone, like hooks.example.com"
# What stands in a text only when it is more than a host, or something else.
STRAY = (
    ("://", "url", "it is a URL"),
    ("*", "wildcard", "a proof is for one host and not for all below it"),
    ("@", "user_info", "it has an @"),
    ("/", "path", "it has a path"),
    ("?", "path", "it has a query"),
    ("#", "path", "it has a fragment"),
    ("\\", "path", "it has a backslash"),
)


def normalise_host(text: str) -> str:
    """Return a host in lower case, as A-labels, without a full stop at its end.

    `Bücher.Example.` -> `xn--bcher-kva.example`; a host of `yarl` (`URL.raw_host`) comes out the
    same. Raises `InvalidHost`, whose `code` is one of `empty`, `white_space`, `url`, `wildcard`,
    `user_info`, `path`, `port`, `address`, `too_long`, `label`, `single_label`, `public_suffix`.
    """
    _refuse_strays(text)
    host = _ascii(text).removesuffix(".")
    if ends_in_a_number(host):
        _refuse(text, "address", "it is an address, and no TXT record stands at one", EXAMPLE)
    labels = host.split(".")
    for label in labels:
        if len(label) > LONGEST_LABEL:
            reason = f"its label {label[:20]}... has more than {LONGEST_LABEL} characters"
            _refuse(text, "too_long", reason, EXAMPLE)
        if not LABEL.fullmatch(label):
            reason = f"its label {label!r} is none" if label else "it has an empty label"
            _refuse(text, "label", reason, "Use letters, digits and hyphens between full stops")
    if len(host) > LONGEST_HOST:
        _refuse(text, "too_long", f"it has more than {LONGEST_HOST} characters", EXAMPLE)
    if len(labels) == 1:
        _refuse(text, "single_label", "it has no full stop", EXAMPLE)
    if _suffixes().is_public(host):
        reason = "it is a public suffix, below which everybody may have a name"
        _refuse(text, "public_suffix", reason, f"Give a host below it, like hooks.{host}")
    return host


def _refuse_strays(text: str) -> None:
    if not text:
        _refuse(text, "empty", "it is empty", EXAMPLE)
    if any(character.isspace() or not character.isprintable() for character in text):
        _refuse(text, "white_space", "it has white space or a control character in it", EXAMPLE)
    if literal(text.strip("[]")) is not None:
        _refuse(text, "address", "it is an address, and no TXT record stands at one", EXAMPLE)
    for stray, code, reason in STRAY:
        if stray in text:
            _refuse(text, code, reason, EXAMPLE)
    if ":" in text:
        _refuse(text, "port", "it has a port; a proof is for every port of a host", EXAMPLE)


def _ascii(text: str) -> str:
    # ASCII stays as it is: some hosts are in use that IDNA would refuse, like those with `_`.
    if text.isascii():
        return text.lower()
    try:
        return idna.encode(text, uts46=True).decode()
    except idna.IDNAError as error:
        reason = str(error).partition("\n")[0][:200]
        _refuse(text, "label", f"it cannot be written in ASCII: {reason}", EXAMPLE)


def _refuse(text: str, code: str, reason: str, remedy: str) -> NoReturn:
    raise InvalidHost(text, code, reason, remedy)


@cache
def _suffixes() -> PublicSuffixList:
    # The list in the package, never one from the network. A top-level domain that it does not
    # know is one of a local network, such as `test`, where a name below is a host like any other.
    return PublicSuffixList(accept_unknown=False)
