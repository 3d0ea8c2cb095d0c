"""An event on its way: refused before, or one attempt."""

import asyncio
import json

import pytest
from standardwebhooks import Webhook

from hookwright_schemas import InvalidPayload, load_contract
from hookwright_sender import (
    Attempt,
    Event,
    HttpTransport,
    InvalidMessageID,
    InvalidSecret,
    Outcome,
    deliver,
)


class Recorder:
    """A transport that keeps what it is given, and answers 200."""

    def __init__(self):
        self.sent = []

    async def attempt(self, url, headers, body):
        """Keep the request."""
        self.sent.append((url, headers, body))
        return Attempt(Outcome.SUCCESS, 0.001, 200)


def event(**changes):
    """Return an event of the built-in contract."""
    return Event.sample(load_contract(), "form_lead", **changes)


def test_an_event_arrives_signed_and_exact(serve, answers):
    """Over a real socket: the bytes are the encoded event, and the reference verifies them."""
    sent = event(name="Zoë / Ödön")

    async def run():
        async with (
            serve(answers(b"HTTP/1.1 204 No Content\r\n\r\n")) as server,
            HttpTransport() as transport,
        ):
            attempt = await deliver(sent, server.url, transport, secrets=["a", "b"])
            return attempt, server.requests[0]

    attempt, request = asyncio.run(run())
    head, _, body = request.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert (attempt.outcome, attempt.status) == (Outcome.SUCCESS, 204)
    assert attempt.message_id == headers["webhook-id"]
    assert body == sent.encode()
    for secret in (b"a", b"b"):
        assert Webhook(secret).verify(body, headers) == json.loads(body)


def test_without_secrets_nothing_is_signed():
    """The documented sender signs nothing."""
    transport = Recorder()
    asyncio.run(deliver(event(), "http://host.example/", transport, clock=lambda: 1234.9))
    _, headers, _ = transport.sent[0]
    assert "webhook-signature" not in headers
    assert headers["webhook-timestamp"] == "1234"


@pytest.mark.parametrize(
    ("make", "error", "why"),
    [
        (lambda: {"event": event(date="2020-02-31")}, InvalidPayload, "no such day"),
        (lambda: {"message_id": "a.b"}, InvalidMessageID, "an ambiguous id"),
        (lambda: {"secrets": [""]}, InvalidSecret, "an empty secret"),
    ],
)
def test_what_is_wrong_on_our_side_is_never_sent(make, error, why):
    """An exception before the transport is asked for anything."""
    transport = Recorder()
    arguments = {"event": event(), "url": "http://host.example/", "transport": transport}
    with pytest.raises(error):
        asyncio.run(deliver(**arguments | make()))
    assert transport.sent == [], why
