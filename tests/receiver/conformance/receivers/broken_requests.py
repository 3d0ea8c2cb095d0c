# ruff: noqa: ARG002  a rule that is wrong often ignores what it is given
"""Receivers that are wrong about methods, paths and sizes."""

from .declare import fails, warns
from .reference import Receiver, Refused


@fails("M2", warns=("M1",))
class AnyMethod(Receiver):
    """Takes a message by every method."""

    def check_method(self, scope) -> None:
        return


@fails("M1")
class NoAllow(Receiver):
    """Does not say which method would be right."""

    def check_method(self, scope) -> None:
        if scope["method"] != "POST":
            raise Refused(405, "no")


@fails("M2")
class TakesOptions(Receiver):
    """Stores what comes with OPTIONS."""

    def check_method(self, scope) -> None:
        if scope["method"] != "OPTIONS":
            super().check_method(scope)


@warns("M3")
class Redirects(Receiver):
    """Redirects to the path without a slash."""

    def route(self, scope) -> None:
        super().route(scope)
        if scope["path"] != self.path:
            raise Refused(307, "there", [(b"location", self.path.encode())])


@warns("M4")
class CatchAll(Receiver):
    """Takes a message at every path."""

    def route(self, scope) -> None:
        return


@warns("S1")
class OffByOne(Receiver):
    """Refuses a body that is as long as the limit."""

    def check_length(self, headers) -> None:
        if int(headers.get("content-length", 0)) >= self.max_body:
            raise Refused(413, "too large")


@warns("S2")
class ReadsFirst(Receiver):
    """Looks at the length when all of the body is there."""

    def check_length(self, headers) -> None:
        return


@warns("S3")
class TrustsLength(Receiver):
    """Bounds what is announced, not what comes."""

    async def read(self, receive):
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message["body"]
            if not message["more_body"]:
                return body


@fails("S4", warns=("J7", "P9", "S1", "X3"))
class SmallLimit(Receiver):
    """Has the limit that Express has by default."""

    def check_length(self, headers) -> None:
        if int(headers.get("content-length", 0)) > 100 * 1024:
            raise Refused(413, "too large")
