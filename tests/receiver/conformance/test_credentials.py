"""The runner proves itself as Standard Webhooks says, and shows nobody how."""

import base64
import json
import re
import time

import pytest
from standardwebhooks import Webhook

from hookwright_receiver.conformance import BadOption
from hookwright_receiver.conformance.client import Exchange
from hookwright_receiver.conformance.credentials import Credentials, key_of, sign
from hookwright_receiver.conformance.delivery import Delivery, shown
from hookwright_receiver.conformance.wire import Address
from tests import secrets_table

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


def test_a_signature_is_one_that_the_reference_takes():
    """What is signed is `<id>.<timestamp>.<body>`."""
    now = str(int(time.time()))
    body = '{"name":"Ada"}'
    signature = sign(SECRET, "msg_1", now, body.encode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": now, "webhook-signature": signature}

    assert Webhook(SECRET).verify(body, headers) == {"name": "Ada"}


@pytest.mark.parametrize(
    ("timestamp", "body"),
    [
        ("nan", b"{}"),  # no number
        ("9" * 30, b"{}"),  # beyond every calendar
        ("1700000000", b"\xff"),  # a body that is not UTF-8
        ("007", b"{}"),  # a number that the package would write in another way
    ],
)
def test_what_the_package_cannot_sign_is_signed_by_hand(timestamp, body):
    """A case with one flaw needs a signature that is right for it."""
    assert sign(SECRET, "msg_1", timestamp, body).startswith("v1,")


def test_both_ways_of_signing_agree():
    """By hand or by the package, it is the same signature."""
    by_package = sign(SECRET, "msg_1", "1700000000", b"{}")
    plain = base64.b64decode(SECRET.removeprefix("whsec_")).decode()

    assert sign(plain, "msg_1", "1700000000", b"{}") == by_package


@pytest.mark.parametrize(
    ("mode", "secrets", "reason"),
    [
        ("token", (), "needs --secret"),
        ("basic", (), "one of none, token, signature"),
    ],
)
def test_credentials_that_cannot_be_meant_are_refused(mode, secrets, reason):
    """The message names the option."""
    with pytest.raises(BadOption, match=reason):
        Credentials(mode, secrets)


@pytest.mark.parametrize(
    ("text", "key", "why"), secrets_table.KEYS, ids=map(secrets_table.name, secrets_table.KEYS)
)
def test_a_secret_is_one_key(text, key, why):
    """The table that senders and receivers are held to as well."""
    assert key_of(text) == key, why
    assert key_of(Credentials("signature", (text,)).secrets[0]) == key


@pytest.mark.parametrize(
    ("text", "reason", "why"),
    secrets_table.REFUSED,
    ids=map(secrets_table.name, secrets_table.REFUSED),
)
def test_a_secret_that_was_not_meant_is_refused(text, reason, why):
    """Before a run, with the reason, and without showing it."""
    with pytest.raises(BadOption, match=reason) as caught:
        Credentials("signature", (SECRET, text))
    assert "\n" not in str(caught.value), why
    assert not any(part in str(caught.value) for part in re.findall(r"\w{9,}", text))


@pytest.mark.parametrize("text", secrets_table.TOKENS)
def test_a_token_is_its_text(text):
    """Whatever stands around it."""
    assert Credentials("token", (f" {text}\n",)).authorised({}) == {"token": text}


@pytest.mark.parametrize(
    ("text", "reason", "why"),
    [row for row in secrets_table.REFUSED_TOKENS if row[0] != "short"],
)
def test_a_token_that_was_not_meant_is_refused(text, reason, why):
    """As a receiver refuses it. How long a token is, is for the receiver to say."""
    with pytest.raises(BadOption, match=reason):
        Credentials("token", (text,))


@pytest.mark.parametrize(
    "secret", ["token-0123456789abcdef", "a/b+c/0123456789==", "tökén-0123456789"]
)
def test_a_report_shows_no_secret(secret):
    """However JSON writes it, it is masked in the request that is shown."""
    credentials = Credentials("token", (secret,))
    for body in (json.dumps({"token": secret}), json.dumps({"token": secret}).replace("/", "\\/")):
        raw = Delivery("/hook", body.encode()).raw(Address("127.0.0.1", 80))

        text = shown(Exchange(raw, len(raw)), credentials)

        assert "<secret 1>" in text
        assert secret not in text
        assert not credentials.leaked(text)


def test_a_long_request_is_shown_shortened():
    """The beginning tells enough, and how much there was."""
    raw = Delivery("/hook", b"x" * 5000).raw(Address("127.0.0.1", 80))

    text = shown(Exchange(raw[:4096], len(raw)), Credentials())

    assert len(text) < 1000
    assert text.endswith(f"({len(raw)} bytes in all)")


def test_bytes_that_are_no_text_are_shown_escaped():
    """A terminal that shows a report is not driven by it."""
    raw = b"POST / HTTP/1.1\r\n\r\n\x1b[31m\xff\x00"

    text = shown(Exchange(raw, len(raw)), Credentials())

    assert text.endswith("\\x1b[31m\\xff\\x00")
