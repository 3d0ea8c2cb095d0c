"""Receivers that misjudge media types."""

import re

from .declare import fails, warns
from .reference import Receiver, Refused


@fails("C1")
class CaseSensitive(Receiver):
    """Compares the media type as it came."""

    def check_media_type(self, headers) -> None:
        super().check_media_type(headers)
        if "JSON" in headers.get("content-type", ""):
            raise Refused(415, "JSON only")


@fails("C2")
class DemandsType(Receiver):
    """Refuses a message without a media type."""

    def is_taken(self, media_type) -> bool:
        return media_type != "" and super().is_taken(media_type)


@fails("C3")
class RefusesForms(Receiver):
    """Refuses JSON that is called a form."""

    def is_taken(self, media_type) -> bool:
        return not media_type.endswith("urlencoded") and super().is_taken(media_type)


@warns("C4")
class Prefix(Receiver):
    """Looks at the beginning of the media type only."""

    def is_taken(self, media_type) -> bool:
        return media_type.startswith("application/json") or super().is_taken(media_type)


@fails("C5")
class ReadsForms(Receiver):
    """Falls back on form fields, and calls that a ping."""

    async def accept(self, headers, body) -> None:
        if not re.fullmatch(rb"[a-z]=[0-9](&[a-z]=[0-9])*", body):
            await super().accept(headers, body)


@fails("C5", warns=("C2", "C3"), profile="strict")
class NeverStrict(Receiver):
    """Knows no strict profile."""

    def is_taken(self, media_type) -> bool:
        lax = {"", "application/json", "text/plain", "application/x-www-form-urlencoded"}
        return media_type in lax

    async def accept(self, headers, body) -> None:
        if body != b"a=1&b=2":
            await super().accept(headers, body)
