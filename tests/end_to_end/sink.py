"""A receiver in the test's own process, which answers as it is told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .waiting import PATIENCE, wait_until


@dataclass
class Sink:
    """What came, and what is answered: while `held` requests wait, and `echo` repeats the body."""

    port: int = 0
    status: int = 200
    echo: bool = False
    held: bool = False
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    _released: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> None:
        """Let requests wait from now on."""
        self._released.clear()
        self.held = True

    def release(self) -> None:
        """Let go what waits, and hold nothing any more."""
        self.held = False
        self._released.set()

    def wait_for(self, count: int) -> None:
        """Wait until so many messages came, repeats not counted."""
        wait_until(lambda: len(self.ids()) >= count, lambda: f"{count}, not {len(self.ids())}")

    def ids(self) -> set[str]:
        """Return the ids of the messages that came."""
        return {headers["webhook-id"] for headers, _ in self.received}

    def answer(self, headers: dict[str, str], body: bytes) -> bytes:
        """Take a message and return what is answered."""
        self.received.append((headers, body))
        if self.held:
            self._released.wait(PATIENCE)
        return body if self.echo else b""


@contextmanager
def sink() -> Iterator[Sink]:
    """Listen on a free port of the loopback for the time of a `with` block."""
    taken = Sink()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = taken.answer(headers, body)
            self.send_response(taken.status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            pass

        def handle(self) -> None:
            # A sender that was killed leaves in the middle.
            try:
                super().handle()
            except OSError:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    # A connection that is kept open must not keep the test from ending.
    server.block_on_close = False
    taken.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield taken
    finally:
        taken.release()
        server.shutdown()
        thread.join()
        server.server_close()
