"""The sending end for a test: any event, valid or deliberately broken, synchronously."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

from hookwright_schemas import Contract
from hookwright_sender import Attempt, Event, HttpTransport, Message, Signer, new_message_id

Result = TypeVar("Result")


class WebhookSender:
    """Sends to a URL and returns the attempt; safe to call from several threads.

    `timeout` is in seconds and may be changed at any time. The connections live in a thread of
    their own, so that it works in synchronous and asynchronous tests alike.
    """

    def __init__(
        self,
        contract: Contract,
        *,
        timeout: float = 5.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.contract = contract
        self.timeout = timeout
        self._clock = clock
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._transport = HttpTransport(timeout)

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._transport.__aenter__())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._run(self._transport.__aexit__(kind, error, traceback))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def send(  # noqa: PLR0913  each is one way to be wrong on purpose
        self,
        event: str,
        url: str,
        *,
        fields: Mapping[str, Any] | None = None,
        without: Iterable[str] = (),
        parameters: Mapping[str, Any] | None = None,
        validate: bool = True,
        secret: str | Sequence[str] = (),
        signature: str | None = None,
        message_id: str | None = None,
        age: float = 0,
        headers: Mapping[str, str] | None = None,
    ) -> Attempt:
        """Send an event that starts from its documented sample.

        `fields` change the sample, `without` leaves fields out, `parameters` are added;
        `validate=False` sends what breaks the contract instead of raising `InvalidPayload`.
        `secret`, one or several, signs; `signature` replaces what was signed; `age` puts the
        timestamp so many seconds into the past; `message_id` makes a duplicate of an earlier
        message; `headers` override the others.
        """
        built = Event.sample(self.contract, event, parameters, **(fields or {}))
        for name in without:
            built.fields.pop(name, None)
        if validate:
            built.validate()
        message = Message.of(built, message_id)
        return self._send(url, message, secret, signature, age, headers)

    __call__ = send

    def send_raw(  # noqa: PLR0913  each is one way to be wrong on purpose
        self,
        url: str,
        *,
        body: bytes,
        secret: str | Sequence[str] = (),
        signature: str | None = None,
        message_id: str | None = None,
        age: float = 0,
        headers: Mapping[str, str] | None = None,
    ) -> Attempt:
        """Send exactly these bytes, as `application/json` unless `headers` say otherwise.

        The rest is as in `send`.
        """
        identity = message_id or new_message_id()
        fixed = {"content-type": "application/json", "webhook-id": identity}
        return self._send(url, Message(identity, body, fixed), secret, signature, age, headers)

    def _send(  # noqa: PLR0913, PLR0917  what the two ways to send have in common
        self,
        url: str,
        message: Message,
        secret: str | Sequence[str],
        signature: str | None,
        age: float,
        headers: Mapping[str, str] | None,
    ) -> Attempt:
        secrets = [secret] if isinstance(secret, str) else secret
        all_headers = message.headers_at(
            int(self._clock() - age), Signer(secrets) if secrets else None
        )
        if signature is not None:
            all_headers["webhook-signature"] = signature
        all_headers |= {name.lower(): value for name, value in (headers or {}).items()}
        self._transport.timeout = self.timeout
        attempt = self._run(self._transport.attempt(url, all_headers, message.body))
        return replace(attempt, message_id=message.id)

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
