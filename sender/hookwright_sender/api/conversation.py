"""Around every request: its id, the headers that every answer has, one line in the log."""

from collections.abc import Callable
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hookwright_schemas import HookwrightError
from hookwright_sender.api import trace as traces
from hookwright_sender.api.metrics import Metrics
from hookwright_sender.api.problems import INTERNAL_ERROR, Problem
from hookwright_sender.api.refusals import problem_of
from hookwright_sender.logs import frames

# A browser that comes here must neither guess at what an answer is nor keep it.
HEADERS = {"x-content-type-options": "nosniff", "cache-control": "no-store"}
# Nobody saw it: the client went away while its request was still on its way.
CLIENT_GONE = 499


class Conversation:
    """ASGI middleware; whatever is raised below it is answered as a problem."""

    def __init__(
        self, app: ASGIApp, *, log: Any, metrics: Metrics, clock: Callable[[], float]
    ) -> None:
        self._app = app
        self._log = log
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and see to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = self._clock()
        trace = traces.begun(scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                trace.status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.update({**HEADERS, traces.HEADER: trace.request_id})
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            trace.status = CLIENT_GONE
        except Exception as error:  # noqa: BLE001  whatever it is, the client gets an answer
            problem = self._problem(error, trace)
            if not trace.status:
                trace.problem = problem.kind.name
                await problem.answer(trace.request_id)(scope, receive, sending)
        finally:
            self._tell(scope, trace, self._clock() - started)

    def _problem(self, error: Exception, trace: traces.Trace) -> Problem:
        if isinstance(error, Problem):
            return error
        problem = problem_of(error) if isinstance(error, HookwrightError) else None
        if problem is not None:
            if problem.kind.status >= INTERNAL_ERROR.status:
                self._log.error("refused", request_id=trace.request_id, reason=str(error))
            return problem
        self._log.error("failed", request_id=trace.request_id, exception=frames(error))
        return Problem(
            INTERNAL_ERROR, "this is a fault of ours: tell us the request_id, or try again later"
        )

    def _tell(self, scope: Scope, trace: traces.Trace, seconds: float) -> None:
        self._metrics.count(trace.operation, trace.status, seconds)
        self._log.info(
            "request",
            request_id=trace.request_id,
            method=scope["method"],
            operation=trace.operation or None,
            status=trace.status,
            problem=trace.problem,
            account=trace.account,
            actor=trace.actor,
            seconds=round(seconds, 6),
        )
