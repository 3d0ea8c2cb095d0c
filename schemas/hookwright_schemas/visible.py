"""Text from strangers, made harmless for a terminal, a log and a report."""

import re

# C0 and DEL, C1, what turns the direction of text, lines that are none, halves of surrogate pairs.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: str) -> str:
    r"""Return the text with every character that does something to a terminal as an escape.

    Line feeds and tabs stay, and a carriage return before a line feed goes: the text is folded as
    it was meant to be.

    >>> print(visible("a\x1b[2J\x9b1m\r\nb\u202e"))
    a\x1b[2J\x9b1m
    b\u202e
    """
    return _UNSAFE.sub(_escaped, text.replace("\r\n", "\n"))


def harmless_json(text: str) -> str:
    r"""Return the same JSON document with such characters as the escapes that JSON has for them.

    >>> harmless_json('"a\x9b1m"')
    '"a\\u009b1m"'
    """
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"  # noqa: PLR2004
