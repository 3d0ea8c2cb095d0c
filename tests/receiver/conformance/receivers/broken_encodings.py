# ruff: noqa: ARG002  a rule that is wrong often ignores what it is given
"""Receivers that decode wrongly."""

import gzip
import json
import re

from .declare import fails, warns
from .reference import Receiver


@fails("E1")
class Replaces(Receiver):
    """Puts a sign in place of what is not UTF-8."""

    def decode(self, body) -> str:
        return body.decode("utf-8", "replace")


@fails("E2")
class FallsOverMark(Receiver):
    """Does not expect a byte-order mark."""

    def decode(self, body) -> str:
        if body.startswith(b"\xef\xbb\xbf"):
            raise RuntimeError
        return super().decode(body)


@warns("E3")
class Guesses(Receiver):
    """Guesses the encoding, as Python's json does."""

    def decode(self, body) -> str:
        return body.decode(json.detect_encoding(body))


@fails("E4")
class FallsOverSurrogates(Receiver):
    """Notices half of a pair only when it is encoded."""

    def check_encodable(self, payload) -> None:
        json.dumps(payload, ensure_ascii=False).encode()


@warns("E5")
class Inflates(Receiver):
    """Unpacks gzip."""

    def check_coding(self, headers) -> None:
        self.packed = headers.get("content-encoding") == "gzip"
        if not self.packed:
            super().check_coding(headers)

    async def accept(self, headers, body) -> None:
        await super().accept(headers, gzip.decompress(body) if self.packed else body)


@fails("E5")
class IgnoresCodings(Receiver):
    """Does not look at Content-Encoding."""

    def check_coding(self, headers) -> None:
        return


@fails("E6")
class TrustsCharset(Receiver):
    """Decodes by whatever charset is named."""

    def check_media_type(self, headers) -> None:
        found = re.search("charset=([^;]+)", headers.get("content-type", ""), re.IGNORECASE)
        if found:
            b"{}".decode(found[1].strip('"'))
            headers = {**headers, "content-type": headers["content-type"].partition(";")[0]}
        super().check_media_type(headers)
