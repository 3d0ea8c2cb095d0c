"""Signatures, against the published reference in both directions."""

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from hookwright_schemas import HookwrightError
from hookwright_sender import InvalidSecret, Signer

BODY = '{"name":"Zoë","short_url":"https:\\/\\/jo.my"}'.encode()
KEY = bytes(range(24))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OTHER = "whsec_" + base64.b64encode(KEY[::-1]).decode()

SECRETS = [
    (SECRET, Webhook(SECRET), "the usual form"),
    ("whsec_" + base64.b64encode(b"x" * 25).decode(), Webhook(b"x" * 25), "with padding"),
    (
        "whsec_" + base64.b64encode(b"x" * 25).decode().rstrip("="),
        Webhook(b"x" * 25),
        "padding lost",
    ),
    ("a plain text secret", Webhook(b"a plain text secret"), "text stands for its own bytes"),
    ("geheimnis-für-alle", Webhook("geheimnis-für-alle".encode()), "text is UTF-8"),
]


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
    ("secrets", "why"),
    [
        ([], "no secret gives no signature: then there is no signer"),
        ([""], "an empty key signs nothing"),
        (["whsec_"], "an empty key behind the prefix"),
        (["whsec_not base64!"], "other characters"),
        (["whsec_A"], "no whole byte"),
        (["whsec_ümlaut"], "not even ASCII"),
        ([SECRET, "whsec_***"], "the second of two"),
    ],
)
def test_a_secret_without_a_key_is_refused(secrets, why):
    """The error is one line, is the user's to mend, and does not show the secret."""
    with pytest.raises(InvalidSecret) as caught:
        Signer(secrets)
    assert isinstance(caught.value, HookwrightError), why
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    assert not any(secret[6:] in str(caught.value) for secret in secrets if len(secret) > 7)


def test_a_bare_string_is_not_taken_for_many_secrets():
    """Each of its characters would be a secret."""
    with pytest.raises(TypeError, match="sequence"):
        Signer(SECRET)
