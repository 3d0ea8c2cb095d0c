"""One attempt over HTTP/1.1, under a single deadline."""

import asyncio
import io
import ssl
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict, CIMultiDictProxy

from hookwright_sender import explanation
from hookwright_sender.connection import Connector, Reach, current_reach
from hookwright_sender.egress.guarded import GuardedResolver, GuardedSocket
from hookwright_sender.egress.look_up import HostNames
from hookwright_sender.egress.policy import EgressPolicy
from hookwright_sender.errors import ForbiddenAddress, ForbiddenURL, InvalidURL
from hookwright_sender.explanation import BODY_LIMIT, LOOK_UP_SHARE, NO_ANSWER
from hookwright_sender.outcome import Attempt, Outcome
from hookwright_sender.resolver import NamesResolver, SystemResolver
from hookwright_sender.target import parse_target

# aiohttp warns of bytes above this size, and takes a file object without a word.
LARGE_BODY = 1024 * 1024


class HttpTransport:
    """Attempts over aiohttp: no redirect, no second try, no proxy, no cookie, nothing inflated.

    `timeout` is in seconds, over DNS, connect, TLS, request and answer together. Without
    `ssl_context` certificates are checked against the system's authorities. Use it as an
    asynchronous context manager; within it a connection is used again, unless an answer's body
    goes on beyond the 16 KiB that are read.

    With a `policy`, what it forbids is not dialled and ends as `Outcome.FORBIDDEN`; without one
    an attempt goes wherever its URL says. `name_servers` answer every look-up; otherwise
    `resolver` does, or the system's.
    """

    def __init__(  # noqa: PLR0913  all but the first by name, and with a default
        self,
        timeout: float = 5.0,
        *,
        ssl_context: ssl.SSLContext | None = None,
        resolver: AbstractResolver | None = None,
        policy: EgressPolicy | None = None,
        name_servers: HostNames | None = None,
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.timeout = timeout
        self._ssl: ssl.SSLContext | bool = True if ssl_context is None else ssl_context
        if name_servers is not None:
            resolver = NamesResolver(name_servers, timeout * LOOK_UP_SHARE)
        self._resolver = resolver or SystemResolver()
        self._policy = policy
        if policy is not None:
            self._resolver = GuardedResolver(self._resolver, policy)
        self._monotonic = monotonic
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=Connector(
                self._monotonic,
                ssl=self._ssl,
                resolver=self._resolver,
                socket_factory=None if self._policy is None else GuardedSocket(self._policy),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"accept-encoding": "identity"},
            skip_auto_headers=("accept", "user-agent", "content-type"),
            # The deadline is ours: aiohttp's own would round up from five seconds on.
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=BODY_LIMIT,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def attempt(self, url: str, headers: Mapping[str, str], body: bytes) -> Attempt:
        """POST `body` once and say what came of it; see `Transport.attempt`."""
        session = self._session
        if session is None:
            raise RuntimeError("use the transport in `async with HttpTransport() as transport:`")
        target = parse_target(url)
        reach = Reach()
        current_reach.set(reach)
        started = self._monotonic()
        answered = started
        response: aiohttp.ClientResponse | None = None
        content = bytearray()
        error: str | None = None
        try:
            if self._policy is not None:
                self._policy.check_url(target)
            async with asyncio.timeout(self.timeout):
                response = await session.post(
                    target,
                    data=body if len(body) <= LARGE_BODY else io.BytesIO(body),
                    headers=headers,
                    allow_redirects=False,
                )
                answered = self._monotonic()
                await _read(response.content, content)
        except aiohttp.InvalidURL as failure:
            raise InvalidURL(url, f"its host {failure.description}") from None
        except (ForbiddenURL, ForbiddenAddress) as refused:
            latency = self._monotonic() - started
            return Attempt(Outcome.FORBIDDEN, latency, error=str(refused), reached=False)
        except (aiohttp.ClientError, OSError) as failure:
            latency = self._monotonic() - started
            if response is None:
                outcome, error = explain(failure, self.timeout)
                return Attempt(outcome, latency, error=error, reached=reach.connected)
            if isinstance(failure, TimeoutError):
                error = f"the answer's body did not end within {self.timeout:g} s"
            else:
                error = f"the answer's body was not read to its end: {reason(failure)}"
        finally:
            # It does nothing to a response that was read to its end: that connection is back
            # in the pool.
            if response is not None:
                response.close()
        outcome = Outcome.of_status(response.status)
        return Attempt(
            outcome,
            answered - started,
            response.status,
            _legible(response.headers),
            bytes(content[:BODY_LIMIT]),
            error if outcome is Outcome.SUCCESS else refusal(response, outcome),
        )


async def _read(body: aiohttp.StreamReader, into: bytearray) -> None:
    while len(into) <= BODY_LIMIT:
        chunk = await body.readany()
        if not chunk:
            return
        into += chunk


def _legible(headers: CIMultiDictProxy[str]) -> CIMultiDictProxy[str]:
    read = [(name, explanation.mended(value)) for name, value in headers.items()]
    return CIMultiDictProxy(CIMultiDict(read))


def refusal(response: aiohttp.ClientResponse, outcome: Outcome) -> str:
    """Say in one line what a complete answer that is no success means."""
    told = explanation.printable(explanation.mended(response.reason or ""))
    answer = f"the receiver answered {response.status} {told}".rstrip()
    if outcome is Outcome.REDIRECT:
        place = response.headers.get("location", "nowhere")
        return f"{answer}, a redirect to {explanation.mended(place)!r}: redirects are not followed"
    return answer


def explain(failure: Exception, timeout: float) -> tuple[Outcome, str]:
    """Tell apart the ways in which no answer came, with a line for each."""
    if isinstance(failure, aiohttp.ClientConnectorError):
        return _no_connection(failure, timeout)
    told = reason(failure)
    if isinstance(failure, TimeoutError):
        return Outcome.TIMEOUT, NO_ANSWER.format(timeout)
    if isinstance(failure.__cause__, ssl.SSLError):
        return Outcome.TLS_ERROR, f"TLS failed: {reason(failure.__cause__)}"
    if isinstance(failure, aiohttp.ClientResponseError):
        return Outcome.INVALID_RESPONSE, f"the answer is no HTTP: {told}"
    return Outcome.DISCONNECTED, f"the connection was closed without a complete answer: {told}"


def _no_connection(failure: aiohttp.ClientConnectorError, timeout: float) -> tuple[Outcome, str]:
    told, cause = reason(failure), failure.os_error
    if isinstance(failure, aiohttp.ClientConnectorDNSError):
        return Outcome.DNS_ERROR, f"the host {failure.host} could not be resolved: {told}"
    if isinstance(cause, TimeoutError):
        return Outcome.TIMEOUT, NO_ANSWER.format(timeout)
    if isinstance(failure, aiohttp.ClientSSLError):
        return Outcome.TLS_ERROR, f"TLS failed: {told}"
    if isinstance(cause, ConnectionError) and not isinstance(cause, ConnectionRefusedError):
        return Outcome.TLS_ERROR, f"TLS failed: the handshake was cut off: {told}"
    return Outcome.REFUSED, f"no connection to {failure.host}:{failure.port}: {told}"


def reason(failure: BaseException) -> str:
    """Return a failure of aiohttp's as one short line."""
    if isinstance(failure, aiohttp.ClientConnectorError):
        failure = failure.os_error
    if isinstance(failure, aiohttp.ServerDisconnectedError):
        # Its own text is the unfinished head, with whatever the other side put in there.
        return "it hung up"
    if isinstance(failure, aiohttp.ClientPayloadError):
        return "it is malformed or was cut off"
    if isinstance(failure, aiohttp.ClientResponseError):
        return explanation.one_line(failure.message) or type(failure).__name__
    return explanation.reason(failure)
