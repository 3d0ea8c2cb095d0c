"""Receivers that judge payloads wrongly."""

import json
import re
import unicodedata

from .declare import fails
from .reference import Receiver


def changed(payload, **fields):
    """Return a payload with the fields that it has replaced."""
    return {**payload, **{k: v for k, v in fields.items() if k in payload}}


class Mending(Receiver):
    """Judges a mended payload in place of the one that came."""

    def mend(self, payload):
        raise NotImplementedError

    def is_valid(self, headers, payload) -> bool:
        mended = self.mend(payload) if isinstance(payload, dict) else payload
        return super().is_valid(headers, mended)


@fails("P1", "P2", "P7", "P8", "P9", "P11", "P12", "D1", "D6")
class UnknownEvent(Mending):
    """Was never told of one of the events."""

    def mend(self, payload):
        return {} if "extended_info" in payload else payload


@fails("P2")
class ParametersAsText(Receiver):
    """Gives handlers every parameter as a string."""

    def parameters(self, payload):
        return {name: str(value) for name, value in super().parameters(payload).items()}


@fails("P3", "P6")
class MissingIsEmpty(Mending):
    """Fills in what is missing."""

    def mend(self, payload):
        return {"name": "", "date": "2020-01-01", **payload} if "data" in payload else payload


@fails("P4")
class Coerces(Mending):
    """Makes strings of numbers."""

    def mend(self, payload):
        return {k: str(v) if isinstance(v, int | float) else v for k, v in payload.items()}


@fails("P5")
class NullIsEmpty(Mending):
    """Takes null for an empty string."""

    def mend(self, payload):
        return {k: "" if v is None else v for k, v in payload.items()}


@fails("P6")
class FirstThatFits(Mending):
    """Looks at the fields of one event only, whatever else is there."""

    def mend(self, payload):
        lead = {"data", "type", "date", "name"}
        if lead <= payload.keys() and "short_url" in payload:
            return {name: payload[name] for name in lead}
        return payload


@fails("P4", "P7")
class AnyEnumeration(Mending):
    """Takes every text for a value of an enumeration."""

    def mend(self, payload):
        is_text = isinstance(payload.get("type"), str)
        return (
            {**payload, "type": "other"} if is_text and "extended_info" not in payload else payload
        )


@fails("P8")
class DatesByPattern(Mending):
    """Takes everything for a date that looks like one."""

    def mend(self, payload):
        looks = re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", str(payload.get("date")))
        return changed(payload, date="2020-01-01") if looks else payload


@fails("P4", "P9")
class AnyText(Mending):
    """Does not look into the string that should hold an object."""

    def mend(self, payload):
        is_text = isinstance(payload.get("extended_info"), str)
        return changed(payload, extended_info="{}") if is_text else payload


@fails("P10")
class IndexesAtOnce(Receiver):
    """Looks for a field before it knows that there is an object."""

    def check_encodable(self, payload) -> None:
        super().check_encodable(payload)
        payload.get("data")


@fails("P2", "P11")
class RoundsIntegers(Receiver):
    """Keeps numbers as doubles."""

    def members(self, pairs):
        big = {k: int(float(v)) for k, v in pairs if type(v) is int}
        return {**super().members(pairs), **big}


@fails("P12")
class Normalises(Receiver):
    """Stores text in composed form."""

    def canonical(self, payload) -> str:
        return unicodedata.normalize("NFC", json.dumps(payload, ensure_ascii=False))


@fails("D10", "P12")
class RefusesNul(Receiver):
    """Cannot store NUL, and says so with an error of its own."""

    def check_encodable(self, payload) -> None:
        super().check_encodable(payload)
        members = payload.values() if isinstance(payload, dict) else ()
        if any("\0" in member for member in members if isinstance(member, str)):
            raise RuntimeError
