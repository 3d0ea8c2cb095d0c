# ruff: noqa: ARG002  a rule that is wrong often ignores what it is given
"""Receivers that read what is no JSON."""

import contextlib
import json
import re

from .declare import fails, warns
from .reference import Receiver, Refused


class Parsing(Receiver):
    """Tries another reading of a text that is not JSON."""

    def again(self, text):
        raise NotImplementedError

    def parse(self, body):
        try:
            return super().parse(body)
        except Refused:
            try:
                text = self.again(body.decode())
            except (ValueError, RecursionError):
                raise Refused(400, "no JSON") from None
            return super().parse(text.encode())


@fails("J1")
class EmptyIsPing(Receiver):
    """Answers a body without anything in it as if it were a probe."""

    async def accept(self, headers, body) -> None:
        if body.strip():
            await super().accept(headers, body)


@fails("J2")
class Completes(Parsing):
    """Adds the brace that is missing."""

    def again(self, text):
        return text + "}"


@warns("J3")
class Lenient(Parsing):
    """Takes trailing commas and comments."""

    def again(self, text):
        return re.sub(r",\s*}", "}", re.sub(r"/\*.*?\*/", "", text))


@warns("J4")
class TakesConstants(Receiver):
    """Takes NaN and Infinity."""

    def constant(self, name):
        return 0


@fails("J5")
class FirstDocument(Parsing):
    """Reads one document and leaves the rest."""

    def again(self, text):
        _, end = json.JSONDecoder().raw_decode(text)
        return text[:end]


@fails("J6")
class LastKeyWins(Receiver):
    """Keeps the last of two equal keys."""

    def members(self, pairs):
        return dict(pairs)


@fails("J7")
class Recursive(Receiver):
    """Lets the parser's overflow through."""

    def parse(self, body):
        with contextlib.suppress(ValueError):
            json.loads(body)
        return super().parse(body)


@fails("J8")
class Overflows(Receiver):
    """Lets the integer limit's error through."""

    def parse(self, body):
        try:
            json.loads(body)
        except ValueError as error:
            if "Exceeds the limit" in str(error):
                raise RuntimeError from None
        except RecursionError:
            pass
        return super().parse(body)


@warns("J8")
class Infinite(Receiver):
    """Makes infinity of 1e400."""

    def fraction(self, digits) -> float:
        return float(digits)
