"""A connection that the other side resets as soon as it stands."""

import select
import socket
import ssl

import aiohappyeyeballs
import pytest

from hookwright_sender import HttpTransport, Outcome

LONG = 30.0
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Resetting:
    """Connects as ever, and has what connected to `listener` reset before anybody looks at it."""

    def __init__(self, listener):
        self.listener = listener
        self.connect = aiohappyeyeballs.start_connection

    async def __call__(self, *given, **more):
        found = await self.connect(*given, **more)
        if found.getpeername() == self.listener.getsockname():
            accepted, _ = self.listener.accept()
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            accepted.close()
            waiting = select.poll()
            waiting.register(found, 0)
            assert waiting.poll(LONG * 1000), "the reset arrives"
            with pytest.raises(OSError, match="not connected"):
                found.getpeername()
        return found


class Names:
    """Knows these addresses of every host."""

    def __init__(self, *addresses):
        self.found = addresses

    async def addresses(self, _host, _deadline=None):
        return self.found


@pytest.mark.parametrize(
    ("scheme", "outcomes", "why"),
    [
        ("http", {Outcome.REFUSED, Outcome.DISCONNECTED}, "a loop notices it sooner or later"),
        ("https", {Outcome.TLS_ERROR}, "no handshake came about"),
    ],
)
def test_it_is_an_outcome(loop, monkeypatch, scheme, outcomes, why):
    """And no exception: what becomes of a connection is the other side's doing."""

    async def run():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            monkeypatch.setattr(aiohappyeyeballs, "start_connection", Resetting(listener))
            url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/"
            async with HttpTransport(LONG, ssl_context=ssl.create_default_context()) as transport:
                return await transport.attempt(url, {}, b"")

    attempt = loop.run(run())
    assert attempt.outcome in outcomes, (why, attempt)
    assert attempt.error.isprintable()


def test_the_next_address_is_dialled(loop, monkeypatch, serve, answers, certified, trusting):  # noqa: PLR0913, PLR0917  six fixtures
    """Nothing of the message was sent, so that it is no second attempt."""

    async def run():
        async with serve(answers(EMPTY), certified("hook.example")) as server:
            port = int(server.url.split(":")[2].split("/")[0])
            names = Names("127.0.0.2", "127.0.0.1")
            transport = HttpTransport(LONG, name_servers=names, ssl_context=trusting)
            with socket.create_server(("127.0.0.2", port)) as listener:
                monkeypatch.setattr(aiohappyeyeballs, "start_connection", Resetting(listener))
                async with transport:
                    return await transport.attempt(f"https://hook.example:{port}/", {}, b"")

    assert loop.run(run()).outcome is Outcome.SUCCESS
