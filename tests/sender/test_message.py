"""The id, the bytes and the headers that stay the same over all attempts."""

import re

import pytest

from hookwright_schemas import HookwrightError, load_contract
from hookwright_sender import Event, InvalidMessageID, Message, Signer, new_message_id


@pytest.fixture
def event():
    """A valid event of the built-in contract."""
    return Event.sample(load_contract(), "form_lead")


def test_a_new_id_fits_a_header_and_is_random():
    """Ids are made of what is given as randomness, and of nothing else."""
    assert re.fullmatch(r"msg_[a-z2-7]{32}", new_message_id())
    assert new_message_id(bytes) == "msg_" + "a" * 32
    assert len({new_message_id() for _ in range(1000)}) == 1000


def test_the_headers_of_an_attempt(event):
    """What is always sent, under the names of the contract page."""
    headers = Message.of(event, "msg_1").headers_at(1_700_000_000)
    assert re.fullmatch(r"hookwright/\d+\.\d+\.\d+.*", headers.pop("user-agent"))
    assert headers == {
        "content-type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": "1700000000",
        "hookwright-contract": event.contract.identity,
    }


def test_every_attempt_is_signed_anew_over_the_same_bytes(event):
    """A retry keeps id and body; timestamp and signature are fresh."""
    message, signer = Message.of(event, "msg_1"), Signer(["secret"])
    first, second = message.headers_at(1, signer), message.headers_at(2, signer)
    assert first.pop("webhook-timestamp") != second.pop("webhook-timestamp")
    assert first.pop("webhook-signature") == signer.sign("msg_1", 1, message.body)
    assert second.pop("webhook-signature") == signer.sign("msg_1", 2, message.body)
    assert first == second == message.headers


@pytest.mark.parametrize(
    ("message_id", "why"),
    [
        ("", "an empty header is no id"),
        ("a b", "white space"),
        ("a\r\nx: y", "a line break would begin another header"),
        ("ä", "headers are ASCII"),
        ("a.b", "the full stop separates what is signed, so that another id could match"),
        ("a" * 256, "keys are bounded"),
        ("a\x7f", "a control character"),
    ],
)
def test_an_id_that_cannot_be_sent_is_refused(event, message_id, why):
    """The error is wrong usage, in one line."""
    with pytest.raises(InvalidMessageID) as caught:
        Message.of(event, message_id)
    assert isinstance(caught.value, HookwrightError), why
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("message_id", ["a", "a" * 255, "order-7_2024/x:~"])
def test_other_ids_are_sent_as_they_are(event, message_id):
    """Everything visible but the full stop is allowed."""
    assert Message.of(event, message_id).headers["webhook-id"] == message_id
