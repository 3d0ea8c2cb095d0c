"""What the log keeps of an attempt: what was sent, what was answered, and no secret of either."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hookwright_sender.encryption.masking import MASK, Masker
from hookwright_sender.explanation import mended
from hookwright_sender.outcome import Attempt

# Of an answer, in the log.
BODY_LIMIT = 1024
HEADER_LIMIT = 512
MOST_HEADERS = 64
# One takes some 10 KB, and half a millisecond to make.
MASKERS = 256
ANSWERS = 512
# Texts that a webhook's answers repeat, and how long they are at most.
QUIET = 32
SHORT = 128
# What quotes nothing, whatever the parameters are: a date, a type, too little.
HARMLESS = re.compile(
    r".{0,3}|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"
    r"|close|keep-alive|chunked|identity|nosniff"
    r"|(?:application/json|text/(?:plain|html))(?:; ?charset=utf-8)?",
    re.IGNORECASE,
)


class Details:
    """Writes down the attempts of a webhook, with what it must not tell masked.

    That are its signing secrets, and what stands in the message that was sent beside the fields
    that are `documented`: its parameters, as they were when it was made. Most answers quote
    nothing, and what an answer repeats is looked through once.
    """

    __slots__ = ("_documented", "_parameters", "_quiet", "_signing")

    def __init__(self, signing: Iterable[str], documented: frozenset[str]) -> None:
        self._signing = tuple(signing)
        self._documented = documented
        self._parameters = ""
        # What quotes none of these parameters.
        self._quiet: set[str] = set()

    def of(
        self, message: bytes, headers: Mapping[str, str], answered: "Answered", attempt: Attempt
    ) -> bytes:
        """Return what is kept of an attempt, as JSON.

        `message` and `headers` are what was sent, `answered` the headers that came back.
        """
        if "webhook-signature" in headers:
            headers = {**headers, "webhook-signature": MASK}
        body = attempt.response_body
        # Any bytes, and mostly text.
        text = body[:BODY_LIMIT].decode("utf-8", "surrogateescape")
        error = None if attempt.error is None else mended(attempt.error)
        told, written = answered.telling, answered.written
        if HARMLESS.fullmatch(text) is None:
            told |= {text}
        if error is not None or told:
            mask = self._masker(message, told, known_quiet=error is None)
            if mask is not None:
                masked = {
                    name: self._masked(mask, value, cut=len(value) >= HEADER_LIMIT)
                    for name, value in answered.headers.items()
                }
                written = json.dumps(masked)
                text = self._masked(mask, text, cut=len(body) > BODY_LIMIT)
                error = error and _quoting(mask, error)
        kept = json.dumps({"request_headers": headers, "body": text, "error": error})
        return f'{kept[:-1]}, "response_headers": {written}}}'.encode()

    def _masker(self, message: bytes, told: frozenset[str], *, known_quiet: bool) -> Masker | None:
        """Return what masks the secrets of a message, None where nothing quotes them."""
        values = _parameters(message, self._documented)
        # A number is not the same text as another one that equals it.
        parameters = repr(values)
        if parameters != self._parameters:
            self._parameters = parameters
            self._quiet.clear()
        if known_quiet and told <= self._quiet:
            return None
        return _masker(self._signing, json.dumps(values))

    def _masked(self, mask: Masker, text: str, *, cut: bool) -> str:
        masked = mask(text, cut=cut)
        if masked == text and len(text) <= SHORT:
            if len(self._quiet) >= QUIET:
                self._quiet.clear()
            self._quiet.add(text)
        return masked


@dataclass(frozen=True, slots=True)
class Answered:
    """The headers of an answer as they are kept, those that may tell something, and the JSON."""

    headers: Mapping[str, str]
    telling: frozenset[str]
    written: str


def answered(headers: Mapping[str, str]) -> Answered:
    """Return the headers of an answer as they are kept: as text, and not too many or too long."""
    return _answered(tuple(headers.items()))


# A receiver sends the same ones with every answer, for a second at least.
@lru_cache(maxsize=ANSWERS)
def _answered(headers: tuple[tuple[str, str], ...]) -> Answered:
    found: dict[str, str] = {}
    for name, value in headers:
        name, value = name.lower(), mended(value)  # noqa: PLW2901  no other form of it is of use
        if name in found:
            found[name] = f"{found[name]}, {value}"[:HEADER_LIMIT]
        elif len(found) < MOST_HEADERS:
            found[name[:HEADER_LIMIT]] = value[:HEADER_LIMIT]
    telling = frozenset(value for value in found.values() if HARMLESS.fullmatch(value) is None)
    return Answered(found, telling, json.dumps(found))


def _quoting(mask: Masker, error: str) -> str:
    # What it quotes of a header may have lost its end.
    return "'".join(mask(part, cut=True) for part in mask(error).split("'"))


def _parameters(message: bytes, documented: frozenset[str]) -> list[Any]:
    try:
        members: dict[str, Any] = json.loads(message.decode())
    except ValueError:
        return []
    return [value for name, value in members.items() if name not in documented]


@lru_cache(maxsize=MASKERS)
def _masker(signing: tuple[str, ...], parameters: str) -> Masker:
    return Masker([*signing, *json.loads(parameters)])
