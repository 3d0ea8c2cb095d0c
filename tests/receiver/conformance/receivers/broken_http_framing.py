# ruff: noqa: ARG002  a rule that is wrong often ignores what it is given
"""Receivers that are wrong about HTTP."""

from .declare import fails, warns
from .in_process import InProcessTarget
from .reference import Receiver, Refused
from .server import Server


@fails("H1", warns=("S3",))
class NoChunks(Server):
    """Does not know chunked bodies: there is no length, so there is no body."""

    def framing(self, headers):
        length, chunked = super().framing(headers)
        return length, chunked and False


@fails("H2")
class OutOfStep(Server):
    """Takes what is left of a refused body for the next request."""

    async def unread(self, _body, reader, writer) -> bool:
        return True


@fails("H3")
class NoContinue(Server):
    """Refuses to be asked first."""

    async def answer(self, method, target, headers, body, writer) -> bool:
        if b"expect" in dict(headers):
            await self.refuse(writer, 417)
            return False
        return await super().answer(method, target, headers, body, writer)


@fails("H4")
class ChunksWin(Server):
    """Takes the coding where there is a length too."""

    def framing(self, headers):
        if any(name == b"transfer-encoding" for name, _ in headers):
            return 0, True
        return super().framing(headers)


@fails("H4")
class FirstLength(Server):
    """Takes the first of two lengths."""

    def framing(self, headers):
        kept = [h for h in headers if h[0] != b"content-length"]
        return super().framing(kept + [h for h in headers if h[0] == b"content-length"][:1])


@fails("H5")
class TakesHalves(Receiver):
    """Takes what has come when the sender is gone."""

    async def read(self, receive):
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return body
            body += message["body"]
            if len(body) > self.max_body:
                raise Refused(413, "too large")
            if not message["more_body"]:
                return body


@warns("H7")
class EndsBySignal(InProcessTarget):
    """Ends with the signal's exit code."""

    async def stop(self, server) -> int:
        await super().stop(server)
        return 143


@fails("H7")
class HangsUp(InProcessTarget):
    """Leaves the requests in flight without an answer."""

    async def stop(self, server) -> int:
        await server.abort()
        return 0


@fails("H8")
class OneAtATime(Server):
    """Closes after every answer."""

    async def answer(self, method, target, headers, body, writer) -> bool:
        await super().answer(method, target, headers, body, writer)
        return False


@fails("H9")
class LosesTheBody(Server):
    """Takes an offer of another protocol for the end of the request."""

    async def answer(self, method, target, headers, body, writer) -> bool:
        if b"upgrade" in dict(headers):
            while not body.done:
                await body.read()
        return await super().answer(method, target, headers, body, writer)


@fails("H9")
class SwitchesProtocols(Server):
    """Takes the offer."""

    async def answer(self, method, target, headers, body, writer) -> bool:
        if b"upgrade" in dict(headers):
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n")
            return False
        return await super().answer(method, target, headers, body, writer)


@fails("H9")
class SilentAfterAnOffer(Server):
    """Answers a request with an offer, and nothing on that connection any more."""

    async def connection(self, reader, writer) -> None:
        await super().connection(reader, writer)
        if self.offered:
            await reader.read()

    offered = False

    async def answer(self, method, target, headers, body, writer) -> bool:
        self.offered = b"upgrade" in dict(headers)
        return await super().answer(method, target, headers, body, writer) and not self.offered
