"""One attempt over HTTP/1.1, under a single deadline, at the price of little more than a write."""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import TracebackType
from typing import Self

from multidict import CIMultiDict, CIMultiDictProxy

from hookwright_sender.egress.look_up import HostNames
from hookwright_sender.egress.policy import EgressPolicy
from hookwright_sender.egress.system_names import SystemNames
from hookwright_sender.errors import ForbiddenAddress, ForbiddenURL
from hookwright_sender.explanation import LOOK_UP_SHARE, NO_ANSWER, legible, printable, reason
from hookwright_sender.outcome import Attempt, Outcome
from hookwright_sender.target import parse_target
from hookwright_sender.wire.answer import Answer
from hookwright_sender.wire.connection import Connection
from hookwright_sender.wire.deadline import Deadlines
from hookwright_sender.wire.dial import Dialler
from hookwright_sender.wire.failure import HungUpError, NoConnectionError, explain
from hookwright_sender.wire.pool import Pool, patience
from hookwright_sender.wire.request import Target

# URLs of which the beginning of a request is kept.
TARGETS = 4096


class HttpTransport:
    """Attempts over HTTP/1.1: no redirect, no second try, no proxy, no cookie, nothing inflated.

    `timeout` is in seconds, over DNS, connect, TLS, request and answer together; it is kept to
    within 100 ms. Without `ssl_context` certificates are checked against the system's authorities.
    With a `policy`, what it forbids is not dialled and ends as `Outcome.FORBIDDEN`; without one an
    attempt goes wherever its URL says. `name_servers` answer every look-up, or else the system's
    resolver does. For `reuse`, `idle` and `size` see `Pool`. Use it as an asynchronous context
    manager, in one loop; within it a connection is used again, unless an answer's body goes on
    beyond the 16 KiB that are read.
    """

    def __init__(  # noqa: PLR0913  all but the first by keyword
        self,
        timeout: float = 5.0,
        *,
        ssl_context: ssl.SSLContext | None = None,
        policy: EgressPolicy | None = None,
        name_servers: HostNames | None = None,
        reuse: float = 60.0,
        idle: float = 4.0,
        size: int = 512,
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.timeout = timeout
        self._ssl = ssl_context
        self._names: HostNames = SystemNames() if name_servers is None else name_servers
        self._policy = policy
        # What a policy allows once it allows always.
        self._aim = lru_cache(maxsize=TARGETS)(self._allowed)
        self._make_pool = partial(Pool, reuse=reuse, idle=idle, size=size)
        self._monotonic = monotonic
        self._pool: Pool | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._deadlines = Deadlines(loop)
        self._pool = self._make_pool(loop, self._monotonic)
        self._dialler = Dialler(
            self._pool, self._names, self._context, self._policy, self._monotonic
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            pool, self._pool = self._pool, None
            self._deadlines.close()
            await pool.close()

    async def attempt(self, url: str, headers: Mapping[str, str], body: bytes) -> Attempt:
        """POST `body` once and say what came of it; see `Transport.attempt`.

        Raises `InvalidHeader` for headers that cannot be sent.
        """
        pool = self._pool
        if pool is None:
            raise RuntimeError("use the transport in `async with HttpTransport() as transport:`")
        deadline = self._loop.time() + self.timeout
        started = self._monotonic()
        try:
            target = self._aim(url)
        except (ForbiddenURL, ForbiddenAddress) as refused:
            return self._unreached(Outcome.FORBIDDEN, started, str(refused))
        head = target.head(headers, len(body))
        connection = pool.take(target.key)
        if connection is None:
            try:
                async with asyncio.timeout_at(deadline):
                    connection = await self._dialler.dial(target, self.timeout * LOOK_UP_SHARE)
            except NoConnectionError as failure:
                return self._unreached(failure.outcome, started, str(failure))
            except ForbiddenAddress as refused:
                return self._unreached(Outcome.FORBIDDEN, started, str(refused))
            except TimeoutError:
                line = NO_ANSWER.format(self.timeout)
                return self._unreached(Outcome.TIMEOUT, started, line)
        slot = self._deadlines.watch(connection, deadline)
        try:
            await connection.exchange(head, body)
        except BaseException:
            connection.abort()
            raise
        finally:
            self._deadlines.forget(connection, slot)
        answer = connection.answer
        if answer.status is None:
            connection.abort()
            outcome, line = explain(connection.failure or HungUpError(), self.timeout)
            return Attempt(outcome, self._monotonic() - started, error=line)
        attempt = self._answered(connection, answer, started)
        if connection.is_reusable():
            pool.give(connection, patience(attempt.response_headers))
        else:
            connection.abort()
        return attempt

    def _allowed(self, url: str) -> Target:
        if self._policy is not None:
            self._policy.check_url(parse_target(url))
        return Target(url)

    def _unreached(self, outcome: Outcome, started: float, line: str) -> Attempt:
        return Attempt(outcome, self._monotonic() - started, error=line, reached=False)

    def _answered(self, connection: Connection, answer: Answer, started: float) -> Attempt:
        status = answer.status or 0
        outcome = Outcome.of_status(status)
        received = CIMultiDictProxy(
            CIMultiDict(
                [
                    (
                        name.decode("ascii", "replace"),
                        legible(value.rstrip(b" \t")),
                    )
                    for name, value in answer.headers
                ]
            )
        )
        error: str | None = None
        if outcome is not Outcome.SUCCESS:
            error = _refusal(status, answer.reason, outcome, received)
        elif isinstance(connection.failure, TimeoutError):
            error = f"the answer's body did not end within {self.timeout:g} s"
        elif connection.failure is not None or answer.malformed is not None:
            cause = answer.malformed or reason(connection.failure or HungUpError())
            error = f"the answer's body was not read to its end: {cause}"
        return Attempt(outcome, answer.answered - started, status, received, answer.body, error)

    def _context(self) -> ssl.SSLContext:
        if self._ssl is None:
            self._ssl = ssl.create_default_context()
            self._ssl.set_alpn_protocols(["http/1.1"])
        return self._ssl


def _refusal(status: int, phrase: bytes, outcome: Outcome, headers: Mapping[str, str]) -> str:
    text = printable(legible(phrase)).rstrip()
    answer = f"the receiver answered {status} {text}".rstrip()
    if outcome is Outcome.REDIRECT:
        place = headers.get("location", "nowhere")
        return f"{answer}, a redirect to {place[:200]!r}: redirects are not followed"
    return answer
