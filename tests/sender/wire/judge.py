"""The foreign judge: what plain aiohttp makes of a server, to show that it is what a row says."""

from dataclasses import dataclass

import aiohttp

from hookwright_sender import Outcome

# Bytes of a body that tell whether it is sound.
ENOUGH = 16 * 1024
CLASSES = {2: "success", 3: "redirect", 4: "client_error", 5: "server_error"}


@dataclass(frozen=True)
class Verdict:
    """What became of a request; `whole` tells whether the body came as far as anybody reads."""

    outcome: Outcome
    status: int | None = None
    whole: bool = False


async def judge(url, headers, body, timeout, ssl_context=None):  # noqa: ASYNC109  aiohttp's own
    """POST once, by aiohttp as it comes; `timeout` is in seconds."""
    limit = aiohttp.ClientTimeout(total=timeout)
    async with aiohttp.ClientSession(timeout=limit, auto_decompress=False) as session:
        try:
            async with session.post(
                url, data=body, headers=headers, allow_redirects=False, ssl=ssl_context or True
            ) as answer:
                outcome = Outcome(CLASSES.get(answer.status // 100, "invalid_response"))
                return Verdict(outcome, answer.status, await _is_whole(answer.content))
        except (aiohttp.ClientError, OSError) as failure:
            return Verdict(_outcome(failure, url))


async def _is_whole(content):
    read = 0
    try:
        while read <= ENOUGH and (chunk := await content.readany()):
            read += len(chunk)
    except (aiohttp.ClientError, OSError):
        return False
    return True


def _outcome(failure, url):
    if isinstance(failure, aiohttp.ClientConnectorDNSError):
        return Outcome.DNS_ERROR
    if isinstance(failure, TimeoutError):
        return Outcome.TIMEOUT
    if isinstance(failure, aiohttp.ClientConnectorError):
        dialled = isinstance(failure.os_error, ConnectionRefusedError)
        return Outcome.REFUSED if dialled or url.startswith("http:") else Outcome.TLS_ERROR
    if isinstance(failure, aiohttp.ClientResponseError | aiohttp.ClientPayloadError):
        return Outcome.INVALID_RESPONSE
    return Outcome.DISCONNECTED
