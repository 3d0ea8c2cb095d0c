"""Masks for secrets that are known, in whatever may quote them: answers, headers, logs."""

import json
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from html import escape
from itertools import product
from typing import Generic, TypeVar
from urllib.parse import quote, quote_plus

MASK = "••••"
# Shorter ones are no secrets, and would mask every second word.
SHORTEST = 4
WHSEC = "whsec_"
# What PHP, Python and browsers leave as it is in a URL, beside letters, digits and `_.-`.
URL_SAFE = ("", "/", "!'()*", "!'()*/", ";,/?:@&=+$-_.!~*'()#")
# What Go always, and PHP when asked to, escapes so that JSON may stand in a page.
ESCAPED_IN_SCRIPTS = {ord(character): f"\\u{ord(character):04x}" for character in "<>&'"}
# By how many bytes the base64 of a text may be out of step with that of what surrounds it.
STEPS = (0, 1, 2)

Scalar = str | int | float | bool | None
Text = TypeVar("Text", str, bytes)


class Masker:
    r"""Replaces known secrets by `••••`, as they are and as JSON, base64, URLs and HTML write them.

    Give it the signing secrets and the values of the parameters. Numbers count as they are
    written; `None`, booleans and whatever is shorter than 4 characters are no secrets. Of a secret
    `whsec_...` the text behind the prefix is one too. Overlapping secrets are masked together.

    >>> Masker(["s3cr/t", 5])("token=s3cr%2Ft&again=s3cr\\/t&n=5")
    'token=••••&again=••••&n=5'
    """

    __slots__ = ("_bytes", "_texts")

    def __init__(self, secrets: Iterable[Scalar]) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        self._texts = _Known(forms, MASK)
        self._bytes: _Known[bytes] | None = None

    def __call__(self, text: str, *, cut: bool = False) -> str:
        """Return a text with every secret masked.

        Where the text was `cut`, a secret may have lost its end: 4 of its characters are then
        enough for a mask at the very end. Better mask first and cut then.
        """
        return self._texts.masked(text, cut=cut)

    def mask_bytes(self, data: bytes, *, cut: bool = False) -> bytes:
        """Return bytes with every secret masked, in UTF-8; see `__call__`."""
        if self._bytes is None:
            forms = (form.encode("utf-8", "surrogatepass") for form in self._texts.forms)
            self._bytes = _Known(forms, MASK.encode())
        return self._bytes.masked(data, cut=cut)

    def __repr__(self) -> str:
        """Show no secret."""
        return "<Masker>"


class _Known(Generic[Text]):
    """The forms to look for, in order: a text is read once, however many those are.

    What begins like no form is passed over at the price of a look into a set. Where something
    does, the forms that the rest of the text begins with are all at the beginning of the one that
    would stand before it in a dictionary.
    """

    __slots__ = ("_beginnings", "_longest", "_mask", "_shorter", "forms")

    def __init__(self, forms: Iterable[Text], mask: Text) -> None:
        self.forms: list[Text] = sorted(set(forms))
        self._mask: Text = mask
        self._beginnings: frozenset[Text] = frozenset(form[:SHORTEST] for form in self.forms)
        self._longest = max(map(len, self.forms), default=0)
        # Of each form the longest other one that it begins with.
        self._shorter: dict[Text, Text] = {}
        outer: list[Text] = []
        for form in self.forms:
            while outer and not form.startswith(outer[-1]):
                outer.pop()
            if outer:
                self._shorter[form] = outer[-1]
            outer.append(form)

    def masked(self, text: Text, *, cut: bool) -> Text:
        """Return a text with every form in it replaced by the mask."""
        beginnings = self._beginnings
        if not beginnings:
            return text
        starts = [
            at for at in range(len(text) - SHORTEST + 1) if text[at : at + SHORTEST] in beginnings
        ]
        if not starts:
            return text
        parts: list[Text] = []
        end = 0
        for start in starts:
            stop = self._end(text, start, cut=cut)
            if stop is None:
                continue
            # What overlaps or touches the one before is the same secret to a reader.
            if start > end or not parts:
                parts += [text[end:start], self._mask]
            end = max(end, stop)
        parts.append(text[end:])
        return text[:0].join(parts)

    def _end(self, text: Text, start: int, *, cut: bool) -> int | None:
        """Return where the longest form ends that begins there, None if none does."""
        rest = text[start : start + self._longest]
        at = bisect_right(self.forms, rest)
        if cut and start + len(rest) == len(text):
            # It may be the beginning of one: that would stand behind it.
            behind = self.forms[at : at + 1]
            if behind and behind[0].startswith(rest):
                return len(text)
        form = self.forms[at - 1] if at else None
        while form is not None and not rest.startswith(form):
            form = self._shorter.get(form)
        return None if form is None else start + len(form)


def _forms(secret: Scalar) -> Iterator[str]:
    if secret is None or isinstance(secret, bool):
        return
    if not isinstance(secret, str):
        yield from (str(secret), json.dumps(secret))
        return
    if len(secret) < SHORTEST:
        return
    yield from _written(secret)
    if secret.startswith(WHSEC):
        # Without padding, which is often lost on the way.
        yield from _written(secret.removeprefix(WHSEC).rstrip("="))


def _written(text: str) -> Iterator[str]:
    """Yield how a text looks in JSON, base64, URLs and HTML, and as it is."""
    raw = text.encode("utf-8", "surrogatepass")
    yield text
    for ascii_only, solidus in product((True, False), ("/", "\\/")):
        form = json.dumps(text, ensure_ascii=ascii_only)[1:-1].replace("/", solidus)
        # PHP escapes what is not ASCII, and leaves DEL, which is.
        for each in (form, form.translate(ESCAPED_IN_SCRIPTS), form.replace("\\u007f", "\x7f")):
            yield from (each, _upper_escapes(each, "\\u", 4))
    for safe in URL_SAFE:
        for form in (quote(raw, safe=safe), quote_plus(raw, safe=safe)):
            yield from (form, form.replace("~", "%7E"), _lower_escapes(form, "%", 2))
    yield from (escape(text), escape(text, quote=False), escape(text).replace("&#x27;", "&#039;"))
    for step in STEPS:
        encoded = b64encode(bytes(step) + raw).decode()
        # Characters that also hold bits of the neighbours differ from place to place.
        first, last = -(-step * 8 // 6), (step + len(raw)) * 8 // 6
        for form in (encoded[first:last], encoded[first:].rstrip("=")):
            yield from (form, form.replace("+", "-").replace("/", "_"), form.replace("/", "\\/"))


def _upper_escapes(text: str, mark: str, length: int) -> str:
    first, *others = text.split(mark)
    return mark.join([first, *(part[:length].upper() + part[length:] for part in others)])


def _lower_escapes(text: str, mark: str, length: int) -> str:
    first, *others = text.split(mark)
    return mark.join([first, *(part[:length].lower() + part[length:] for part in others)])
