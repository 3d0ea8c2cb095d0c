"""The receiving end for a test: validates and records, and fails when it is told to."""

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from werkzeug import Request, Response

from hookwright.testing.received import Received, judge
from hookwright_schemas import Contract
from hookwright_sender import Signer

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer


class WebhookReceiver:
    """A receiver on a running `pytest_httpserver.HTTPServer`, under a path of its own.

    `url` is where to send to, `received` what came, in order. A valid message is answered 200, an
    invalid one 422, no JSON 400, a wrong signature 401. `patience` is how many seconds
    `assert_received` waits for code that sends in the background.
    """

    def __init__(
        self,
        contract: Contract,
        server: "HTTPServer",
        *,
        clock: Callable[[], float] = time.time,
        patience: float = 1.0,
    ) -> None:
        self.contract = contract
        self.received: list[Received] = []
        self.patience = patience
        self._path = f"/webhook/{token_hex(8)}"
        self.url = server.url_for(self._path)
        self._clock = clock
        self._signer: Signer | None = None
        self._scripted: deque[Response] = deque()
        self._delay = 0.0
        self._arrived = threading.Condition()
        self._closed = threading.Event()
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)

    def require_signature(self, *secrets: str) -> None:
        """Verify signatures from now on; one of the secrets has to match."""
        self._signer = Signer(secrets)

    def fail(self, status: int = 503, times: int = 1) -> None:
        """Answer the next requests with this status, whatever they are."""
        self._scripted.extend(_problem(status, "told to fail") for _ in range(times))

    def redirect(self, url: str, status: int = 307, times: int = 1) -> None:
        """Answer the next requests with a redirect to another URL."""
        self._scripted.extend(
            Response(status=status, headers={"location": url}) for _ in range(times)
        )

    def delay(self, seconds: float) -> None:
        """Wait before every answer from now on; 0 ends it, and so does the end of the test."""
        self._delay = seconds

    def assert_received(self, event: str, /, **wanted: Any) -> Received:
        """Return the first accepted message of that event with those fields and parameters.

        Fails with a list of what came instead.
        """
        __tracebackhide__ = True
        name = self.contract.event(event).id
        deadline = time.monotonic() + self.patience
        with self._arrived:
            while True:
                for message in self.received:
                    if not message.differences(name, wanted):
                        return message
                if not self._arrived.wait(max(0.0, deadline - time.monotonic())):
                    break
        raise AssertionError(self._explain(name, wanted))

    def close(self) -> None:
        """Let delayed answers go at once."""
        self._closed.set()

    def _explain(self, event: str, wanted: dict[str, Any]) -> str:
        asked = " and ".join(f"{name}={value!r}" for name, value in wanted.items())
        lines = [f"no {event}{' with ' if asked else ''}{asked} was accepted"]
        lines[0] += "; what came:" if self.received else "; nothing came"
        for number, message in enumerate(self.received, 1):
            lines.append(f"  {number}. {message.describe()}")
            lines.append(f"     not it: {', '.join(message.differences(event, wanted))}")
        return "\n".join(lines)

    def _answer(self, request: Request) -> Response:
        if request.path != self._path:
            return _problem(404, f"the receiver is at {self._path}")
        if request.method != "POST":
            return _problem(405, "webhooks are sent with POST", allow="POST")
        headers = {name.lower(): value for name, value in request.headers.items()}
        message = judge(self.contract, headers, request.get_data(), self._signer, self._clock())
        with self._arrived:
            scripted = self._scripted.popleft() if self._scripted else None
            if scripted is not None:
                message = replace(message, status=scripted.status_code)
            self.received.append(message)
            self._arrived.notify_all()
        if self._delay:
            self._closed.wait(self._delay)
        return scripted if scripted is not None else _answer_to(message)


def _answer_to(message: Received) -> Response:
    if not message.violations:
        return Response(b'{"status":"accepted"}', content_type="application/json")
    faults = [{"pointer": one.pointer, "detail": one.message} for one in message.violations]
    return _problem(message.status, "the message was not accepted", errors=faults)


def _problem(status: int, detail: str, *, allow: str | None = None, **members: Any) -> Response:
    document = {"status": status, "detail": detail, **members}
    response = Response(json.dumps(document), status, content_type="application/problem+json")
    if allow is not None:
        response.headers["allow"] = allow
    return response
