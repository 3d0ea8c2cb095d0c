# ruff: noqa: N818  named for what happened
"""A small HTTP/1.1 server for one ASGI app: right by default, and every rule can be overridden."""

import asyncio
import contextlib
import re
from typing import Any

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
DRAIN = 4 * 1024 * 1024


class BadRequest(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


class Gone(Exception):
    """The client left within a request."""


class Body:
    """The body of one request, read piece by piece under a deadline."""

    def __init__(self, server: "Server", reader, writer, headers) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.length, self.chunked = server.framing(headers)
        self.continues = dict(headers).get(b"expect", b"").lower() == b"100-continue"
        self.done = not self.chunked and self.length == 0
        self.deadline = asyncio.get_running_loop().time() + server.body_timeout

    async def read(self) -> bytes:
        if self.done:
            return b""
        if self.continues:
            self.continues = False
            self.server.send_continue(self.writer)
        async with asyncio.timeout_at(self.deadline):
            return await (self._chunk() if self.chunked else self._piece())

    async def _piece(self) -> bytes:
        data = await self.reader.read(min(self.length, 65536))
        if not data:
            raise Gone
        self.length -= len(data)
        self.done = self.length == 0
        return data

    async def _chunk(self) -> bytes:
        try:
            size = int((await self.reader.readline()).partition(b";")[0].strip(), 16)
            if size == 0:
                while (await self.reader.readline()).strip():
                    pass
                self.done = True
                return b""
            data = await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        except asyncio.IncompleteReadError:
            raise Gone from None
        except ValueError:
            raise BadRequest(400) from None
        return data


class Server:
    """Serves an ASGI app on a listening socket until it is closed."""

    head_limit = 64 * 1024
    head_timeout = 10.0
    body_timeout = 10.0

    def __init__(self, app) -> None:
        self.app = app
        self.tasks: set[asyncio.Task[Any]] = set()
        self.idle: set[asyncio.Task[Any]] = set()
        self.stopping = False

    def hurry(self) -> None:
        """Have the deadlines that slow clients are to meet."""
        self.head_timeout = self.body_timeout = 0.6

    async def start(self, port: int, tls=None) -> int:
        self.listener = await asyncio.start_server(
            self._connected, "127.0.0.1", port, limit=self.head_limit, backlog=200, ssl=tls
        )
        return self.listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Answer what is in flight, then end."""
        self.stopping = True
        self.listener.close()
        for task in list(self.idle):
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks)

    async def abort(self) -> None:
        """End as a killed process does: nothing more is answered."""
        self.listener.close()
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader, writer) -> None:
        task = asyncio.current_task()
        self.tasks.add(task)
        try:
            await self.connection(reader, writer)
        except (OSError, Gone, TimeoutError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self.tasks.discard(task)
            self.idle.discard(task)
            writer.close()

    async def connection(self, reader, writer) -> None:
        again = True
        while again and not self.stopping:
            try:
                method, target, headers = await self.head(reader)
                body = Body(self, reader, writer, headers)
            except BadRequest as bad:
                await self.refuse(writer, bad.status)
                await self.linger(reader, writer)
                return
            again = await self.answer(method, target, headers, body, writer)
            again = again and dict(headers).get(b"connection", b"").lower() != b"close"
            if not body.done:
                again = await self.unread(body, reader, writer) and again

    async def unread(self, _body, reader, writer) -> bool:
        """A body that was not read: tell whether the connection can be used again."""
        await self.linger(reader, writer)
        return False

    async def linger(self, reader, writer) -> None:
        """Let the answer arrive before the connection is reset by what was not read."""
        with contextlib.suppress(OSError, TimeoutError):
            await writer.drain()
            writer.write_eof()
            async with asyncio.timeout(0.5):
                left = DRAIN
                while left > 0 and (data := await reader.read(65536)):
                    left -= len(data)

    async def head(self, reader):
        task = asyncio.current_task()
        self.idle.add(task)
        try:
            first = await reader.read(1)
        finally:
            self.idle.discard(task)
        if not first:
            raise Gone
        try:
            async with asyncio.timeout(self.head_timeout):
                text = first + await self.rest_of_head(reader)
        except asyncio.LimitOverrunError:
            raise BadRequest(431) from None
        except TimeoutError:
            raise BadRequest(408) from None
        lines = text[:-4].split(b"\r\n")
        parts = lines[0].split(b" ")
        if len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
            raise BadRequest(400)
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(b":")
            if not colon or not TOKEN.fullmatch(name):
                raise BadRequest(400)
            headers.append((name.lower(), value.strip()))
        return parts[0].decode(), parts[1].decode("latin-1"), headers

    async def rest_of_head(self, reader) -> bytes:
        return await reader.readuntil(b"\r\n\r\n")

    def framing(self, headers) -> tuple[int, bool]:
        """Return the length of the body and whether it is chunked."""
        lengths = {value for name, value in headers if name == b"content-length"}
        codings = [value for name, value in headers if name == b"transfer-encoding"]
        if (codings and lengths) or len(lengths) > 1:
            raise BadRequest(400)
        if codings:
            return 0, True
        length = lengths.pop() if lengths else b"0"
        if not length.isdigit():
            raise BadRequest(400)
        return int(length), False

    def send_continue(self, writer) -> None:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def refuse(self, writer, status: int) -> None:
        writer.write(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)

    async def answer(self, method, target, headers, body, writer) -> bool:
        """Run the app for one request; tell whether the connection can go on."""
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode("latin-1"),
            "headers": headers,
        }
        answer = Answer(writer, method)

        async def receive():
            try:
                data = await body.read()
            except TimeoutError:
                raise
            except (Gone, OSError):
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": data, "more_body": not body.done}

        try:
            await self.app(scope, receive, answer.send)
        except (BadRequest, TimeoutError) as bad:
            await self.refuse(writer, getattr(bad, "status", 408))
            return False
        except Exception:  # noqa: BLE001  what a server does with an app that falls over
            if not answer.started:
                await self.refuse(writer, 500)
            return False
        return answer.started


class Answer:
    """What the app says, on its way to the client."""

    def __init__(self, writer, method) -> None:
        self.writer, self.method = writer, method
        self.started = False

    async def send(self, message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            lines = [b"HTTP/1.1 %d Status" % message["status"]]
            lines += [name + b": " + value for name, value in message["headers"]]
            self.writer.write(b"\r\n".join(lines) + b"\r\n\r\n")
        elif self.method != "HEAD":
            self.writer.write(message["body"])
