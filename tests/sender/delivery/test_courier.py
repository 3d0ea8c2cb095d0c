"""One attempt: from what is sealed to what is sealed."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from hookwright_schemas import load_contract
from hookwright_sender.delivery.courier import Courier
from hookwright_sender.encryption.envelope import place
from hookwright_sender.errors import InvalidURL, Tampered
from hookwright_sender.outcome import Attempt, Outcome
from hookwright_sender.retry.decision import Action
from hookwright_sender.retry.ladder import Ladder

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "b3RoZXIgb3RoZXIgb3RoZXIgb3RoZXI="
NOW = 1_800_000_000.0


class Recording:
    """A transport that answers as it is told and keeps what it was given."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent = []

    async def attempt(self, url, headers, body):
        self.sent.append((url, dict(headers), body))
        answer = self.answers.pop(0) if self.answers else Attempt(Outcome.SUCCESS, 0.01, 200)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def courier(ring):
    """Return the maker of couriers whose clock stands still."""

    def made(transport, clock=lambda: NOW):
        return Courier(
            ring, transport, load_contract(), ladder=Ladder((5.0,), 0.0), clock=clock,
            rand=lambda: 0.5,
        )  # fmt: skip

    return made


def claim(world, room, **options):
    """Make a webhook and an event for it; return it claimed."""
    test = options.pop("test", False)
    world.put(world.webhook(**options), body=b'{"a":1}', test=test)
    (claimed,) = world.queue().turn(room=room()).claimed
    return claimed


def details(ring, finished):
    """Open the details of an attempt."""
    claimed = finished.claimed
    where = place("attempts", "details", claimed.delivery_id, claimed.claim)
    return json.loads(ring.decrypt(finished.details, where))


def test_the_message_is_signed_and_says_what_it_is(world, room, ring, courier):
    """The bytes as they were put, the id of the event, and a signature that receivers accept."""
    transport = Recording()
    claimed = claim(world, room, url="http://h.example/x?y=1")
    done = asyncio.run(courier(transport).attempt(claimed))
    ((url, headers, body),) = transport.sent
    assert (url, body) == ("http://h.example/x?y=1", b'{"a":1}')
    assert headers["webhook-id"] == f"msg_{claimed.event_id}"
    assert headers["webhook-timestamp"] == str(int(NOW))
    assert headers["content-type"] == "application/json"
    assert headers["hookwright-contract"] == claimed.contract
    expected = Webhook(SECRET).sign(
        headers["webhook-id"],
        datetime.fromtimestamp(NOW, UTC),
        body.decode(),
    )
    assert headers["webhook-signature"] == expected
    assert (done.decision.action, done.status, done.ended_at) == (Action.DELIVERED, 200, NOW)


def test_every_secret_that_holds_signs(world, room, courier):
    """One that expires signs until then, and not a second longer."""
    transport = Recording()
    moments = [NOW, NOW + 9.9, NOW + 10]
    secrets = [
        {"secret": SECRET, "expires_at": None}, {"secret": OTHER, "expires_at": NOW + 10},
    ]  # fmt: skip
    claimed = claim(world, room, secrets=secrets)
    made = courier(transport, lambda: moments[0])
    while moments:
        asyncio.run(made.attempt(claimed))
        moments.pop(0)
    counts = [len(sent[1]["webhook-signature"].split()) for sent in transport.sent]
    assert counts == [2, 2, 1]


def test_no_secret_is_no_signature(world, room, courier):
    """A webhook without secrets is sent to all the same."""
    transport = Recording()
    asyncio.run(courier(transport).attempt(claim(world, room, secrets=[])))
    assert "webhook-signature" not in transport.sent[0][1]


def test_details_hide_the_signature_and_keep_the_beginning_of_the_answer(
    world, room, ring, courier
):
    """1 KiB of any bytes, the headers, the error; no signature."""
    body = b"\xff\x00" + b"x" * 5000
    answer = Attempt(
        Outcome.SERVER_ERROR, 0.25, 503, {"Retry-After": "7", "X-A": "b"}, body, "it said 503"
    )
    done = asyncio.run(courier(Recording(answer)).attempt(claim(world, room)))
    found = details(ring, done)
    assert found["request_headers"]["webhook-signature"] == "••••"
    assert found["request_headers"]["webhook-id"].startswith("msg_")
    assert found["response_headers"] == {"retry-after": "7", "x-a": "b"}
    assert found["body"].encode("utf-8", "surrogateescape") == body[:1024]
    assert found["error"] == "it said 503"
    assert done.decision.retry_at == NOW + 5


@pytest.mark.parametrize(
    ("answer", "test", "action"),
    [
        # The ladder has one more step.
        (Attempt(Outcome.TIMEOUT, 5.0), False, Action.RETRY),
        # A test has none.
        (Attempt(Outcome.TIMEOUT, 5.0), True, Action.DEAD),
        (Attempt(Outcome.CLIENT_ERROR, 0.1, 410), False, Action.DEAD),
        (Attempt(Outcome.FORBIDDEN, 0.1), False, Action.DEAD),
        # A URL that cannot be dialled at all: no retry helps.
        (InvalidURL("x", "it names no host"), False, Action.DEAD),
    ],
)
def test_what_becomes_of_it(world, room, courier, answer, test, action):  # noqa: PLR0913, PLR0917
    """The rules are those of `retry`; here is what they are given."""
    claimed = claim(world, room, test=test)
    done = asyncio.run(courier(Recording(answer)).attempt(claimed))
    assert done.decision.action is action
    assert done.decision.gone is (getattr(answer, "status", None) == 410)


def test_the_newest_settings_are_used(world, room, ring, courier):
    """What was decrypted is kept until the revision changes."""
    transport = Recording()
    made = courier(transport)
    claimed = claim(world, room)
    asyncio.run(made.attempt(claimed))
    settings = json.dumps({"url": "http://new.example/", "parameters": {}}).encode()
    sealed = ring.encrypt(settings, place("webhooks", "settings", claimed.webhook_id))
    same = replace(claimed, webhook=replace(claimed.webhook, settings=sealed))
    asyncio.run(made.attempt(same))
    newer = replace(same, webhook=replace(same.webhook, revision=2))
    asyncio.run(made.attempt(newer))
    urls = [sent[0] for sent in transport.sent]
    assert urls == ["http://127.0.0.1:9/hook"] * 2 + ["http://new.example/"]


def test_what_was_moved_is_not_sent(world, room, courier):
    """A body under another event's id does not decrypt: nothing goes out."""
    transport = Recording()
    claimed = replace(claim(world, room), event_id=1)
    with pytest.raises(Tampered):
        asyncio.run(courier(transport).attempt(claimed))
    assert transport.sent == []


def test_an_answer_with_very_many_headers_is_cut(world, room, ring, courier):
    """The log keeps 64 of them, of 512 characters each."""
    headers = {f"h{number}": "v" * 2000 for number in range(500)}
    answer = Attempt(Outcome.SUCCESS, 0.1, 200, headers)
    done = asyncio.run(courier(Recording(answer)).attempt(claim(world, room)))
    found = details(ring, done)["response_headers"]
    assert len(found) == 64
    assert {len(value) for value in found.values()} == {512}


def test_an_event_of_an_older_contract_goes_out_as_it_was_accepted(world, room, courier):
    """Its name is not known any more; its headers are those that all have."""
    transport = Recording()
    world.put(world.webhook(), event="long_gone")
    (claimed,) = world.queue().turn(room=room()).claimed
    assert asyncio.run(courier(transport).attempt(claimed)).outcome is Outcome.SUCCESS


QUOTED = b'{"data":"a","type":"other","date":"2026-01-01","name":"n","token":"s3cret/value","n":5}'


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        # An answer that echoes the message, as PHP writes it or not.
        ({"response_body": b"got s3cret\\/value"}, {"body": "got ••••"}),
        ({"response_body": b"got s3cret/value, " + SECRET.encode()}, {"body": "got ••••, ••••"}),
        # At the end of what is kept there may be a part of it.
        (
            {"response_body": b"x" * 1018 + b"s3cret/value"},
            {"body": "x" * 1018 + "••••"},
        ),
        (
            {"response_headers": {"X-Echo": "token=s3cret%2Fvalue", "Date": "today"}},
            {"response_headers": {"x-echo": "token=••••", "date": "today"}},
        ),
        (
            {"response_headers": {"X-Echo": "x" * 506 + "s3cret/value"}},
            {"response_headers": {"x-echo": "x" * 506 + "••••"}},
        ),
        # An error quotes a header, which it may have cut.
        (
            {"error": "the receiver answered 302, a redirect to 'https://h/?t=s3cret/v': no"},
            {"error": "the receiver answered 302, a redirect to 'https://h/?t=••••': no"},
        ),
        # A documented field is none of the webhook's secrets, and a short one is none at all.
        ({"response_body": b"other 2026-01-01 5"}, {"body": "other 2026-01-01 5"}),
    ],
)
def test_what_the_message_held_is_not_written_down(world, room, ring, courier, answer, expected):  # noqa: PLR0913, PLR0917
    """Its parameters are in no webhook any more once that was changed or removed."""
    world.put(world.webhook(parameters={"token": "another-value"}), body=QUOTED)
    (claimed,) = world.queue().turn(room=room()).claimed
    made = courier(Recording(*[Attempt(Outcome.SUCCESS, 0.1, 200, **answer)] * 2))
    for _ in range(2):
        found = details(ring, asyncio.run(made.attempt(claimed)))
        assert {name: found[name] for name in expected} == expected


def test_what_quotes_nothing_is_known_by_its_parameters(world, room, ring, courier):
    """The same answer to a message with other parameters is looked through again."""
    webhook = world.webhook()
    bodies = [b'{"data":"a","token":"one-value"}', b'{"data":"a","token":"two-value"}', b"no JSON"]
    for body in bodies:
        world.put(webhook, body=body)
    claims = world.queue().turn(room=room()).claimed
    answer = Attempt(Outcome.SUCCESS, 0.1, 200, {"x-a": "two-value"}, b"one-value")
    made = courier(Recording(*[answer] * 6))
    found = [details(ring, asyncio.run(made.attempt(each))) for each in [*claims, *claims]]
    told = [(each["body"], each["response_headers"]["x-a"]) for each in found]
    assert told == [("••••", "two-value"), ("one-value", "••••"), ("one-value", "two-value")] * 2


def test_answers_that_never_repeat_are_not_remembered(world, room, ring, courier):
    """A number in each of them."""
    claimed = claim(world, room)
    texts = [f"message {number} is stored".encode() for number in range(100)]
    answers = [Attempt(Outcome.SUCCESS, 0.1, 200, {}, text) for text in texts]
    made = courier(Recording(*answers))
    found = [details(ring, asyncio.run(made.attempt(claimed))) for _ in texts]
    assert [each["body"].encode() for each in found] == texts


def test_headers_that_are_no_text_are_read_as_some(world, room, ring, courier):
    """Bytes that a transport escaped; ISO 8859-1 has a character for each."""
    zurich = b"Z\xfcrich".decode("utf-8", "surrogateescape")
    answer = Attempt(
        Outcome.SERVER_ERROR, 0.1, 500, {"x-city": zurich, "x-road": "é"}, b"", f"500 {zurich}"
    )
    found = details(ring, asyncio.run(courier(Recording(answer)).attempt(claim(world, room))))
    assert found["response_headers"] == {"x-city": "Zürich", "x-road": "é"}
    assert found["error"] == "500 Zürich"
