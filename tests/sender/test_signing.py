"""Signatures, against the published reference in both directions."""

import base64
import re
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from hookwright_schemas import HookwrightError
from hookwright_sender import InvalidSecret, Signer
from hookwright_sender.signing import signing_key
from tests import secrets_table

BODY = '{"name":"Zoë","short_url":"https:\\/\\/jo.my"}'.encode()
KEY = bytes(range(24))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OTHER = "whsec_" + base64.b64encode(KEY[::-1]).decode()


def reference(text, key):
    """Return the library with the text itself, where it reads that; else with the key's bytes."""
    text = text.strip()
    return Webhook(text if text.startswith("whsec_") and len(text) % 4 == 2 else key)


SECRETS = [(text, reference(text, key), why) for text, key, why in secrets_table.KEYS]


@pytest.fixture
def now():
    """The time of this test: the reference takes no message that is older than five minutes."""
    return int(datetime.now(UTC).timestamp())


@pytest.mark.parametrize(("secret", "reference", "why"), SECRETS)
def test_the_reference_takes_our_signature(secret, reference, why, now):
    """What we sign, the published library verifies."""
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": Signer([secret]).sign("msg_1", now, BODY),
    }
    reference.verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        reference.verify(BODY.replace(b"jo", b"ja"), headers)


@pytest.mark.parametrize(("secret", "reference", "why"), SECRETS)
def test_we_sign_as_the_reference_does(secret, reference, why, now):
    """What the published library signs is byte for byte what we sign."""
    theirs = reference.sign("msg_1", datetime.fromtimestamp(now, UTC), BODY.decode())
    assert Signer([secret]).sign("msg_1", now, BODY) == theirs, why


def test_the_documented_example():
    """The vector of the specification's own libraries."""
    signer = Signer(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    signature = signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_several_secrets_give_several_signatures(now):
    """During a rotation each side may know another of them."""
    both = Signer([SECRET, OTHER]).sign("msg_1", now, BODY)
    assert both.split(" ") == [
        Signer([secret]).sign("msg_1", now, BODY) for secret in (SECRET, OTHER)
    ]
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(now), "webhook-signature": both}
    for secret in (SECRET, OTHER):
        Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize(
    ("text", "key", "why"), secrets_table.KEYS, ids=map(secrets_table.name, secrets_table.KEYS)
)
def test_a_secret_is_one_key(text, key, why):
    """The table that receivers and the grader are held to as well."""
    assert signing_key(text) == key, why


@pytest.mark.parametrize(
    ("text", "reason", "why"),
    secrets_table.REFUSED,
    ids=map(secrets_table.name, secrets_table.REFUSED),
)
def test_a_secret_that_was_not_meant_is_refused(text, reason, why):
    """The error is one line, is the user's to mend, and does not show the secret."""
    with pytest.raises(InvalidSecret, match=reason) as caught:
        Signer([SECRET, text])
    assert isinstance(caught.value, HookwrightError), why
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    assert not any(part in str(caught.value) for part in re.findall(r"\w{9,}", text))


def test_without_a_secret_there_is_no_signer():
    """No secret gives no signature."""
    with pytest.raises(InvalidSecret, match="missing"):
        Signer([])


def test_a_bare_string_is_not_taken_for_many_secrets():
    """Each of its characters would be a secret."""
    with pytest.raises(TypeError, match="sequence"):
        Signer(SECRET)
