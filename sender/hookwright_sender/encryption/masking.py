"""Masks for secrets that are known, in whatever may quote them: answers, headers, logs."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from itertools import product
from typing import TypeVar
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
        self._texts = tuple(sorted(forms, key=len, reverse=True))
        self._bytes = tuple(form.encode("utf-8", "surrogatepass") for form in self._texts)

    def __call__(self, text: str, *, cut: bool = False) -> str:
        """Return a text with every secret masked.

        Where the text was `cut`, a secret may have lost its end: 4 of its characters are then
        enough for a mask at the very end. Better mask first and cut then.
        """
        return _masked(text, self._texts, MASK, cut=cut)

    def mask_bytes(self, data: bytes, *, cut: bool = False) -> bytes:
        """Return bytes with every secret masked, in UTF-8; see `__call__`."""
        return _masked(data, self._bytes, MASK.encode(), cut=cut)

    def __repr__(self) -> str:
        """Show no secret."""
        return "<Masker>"


def _masked(text: Text, forms: tuple[Text, ...], mask: Text, *, cut: bool) -> Text:
    found = [form for form in forms if form in text]
    if not found and not cut:
        return text
    spans = sorted(span for form in found for span in _spans(text, form))
    if cut:
        spans += _cut_off(text, forms)
    parts: list[Text] = []
    end = 0
    for start, stop in spans:
        # What overlaps or touches the one before is the same secret to a reader.
        if start > end or not parts:
            parts += [text[end:start], mask]
        end = max(end, stop)
    parts.append(text[end:])
    return text[:0].join(parts)


def _spans(text: Text, form: Text) -> Iterator[tuple[int, int]]:
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + 1)


def _cut_off(text: Text, forms: tuple[Text, ...]) -> list[tuple[int, int]]:
    """Find the longest beginning of a form at the end of a text."""
    longest = 0
    tail = text[-len(forms[0]) :] if forms else text
    for form in forms:
        for at, _end in _spans(tail, form[:SHORTEST]):
            if form.startswith(tail[at:]):
                longest = max(longest, len(tail) - at)
    return [(len(text) - longest, len(text))] if longest else []


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
