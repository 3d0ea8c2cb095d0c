"""Values at rest: what the ring encrypts, what it refuses to decrypt, and what it never shows."""

import base64
import copy
import json
import pickle
import traceback
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from hookwright_schemas import HookwrightError
from hookwright_sender.encryption.envelope import header, key_id, place
from hookwright_sender.encryption.key_ring import KeyRing, id_of, new_key
from hookwright_sender.errors import InvalidKeys, Tampered, UnknownKey

KEY = bytes(range(200, 232))
OTHER = bytes(range(32))
TEXT = base64.urlsafe_b64encode(KEY).decode()
OTHER_TEXT = base64.urlsafe_b64encode(OTHER).decode()
HERE = place("webhooks", "settings", 1)

RING = KeyRing.parse(TEXT)
BOTH = KeyRing.parse(f"{OTHER_TEXT},{TEXT}")


@given(st.binary(max_size=300), st.text(st.characters(codec="utf-8"), max_size=30))
def test_what_was_encrypted_is_decrypted(plain, where):
    """Of any length, in any place, and with a ring that has a newer key as well."""
    sealed = RING.encrypt(plain, where)
    assert RING.decrypt(sealed, where) == plain
    assert BOTH.decrypt(sealed, where) == plain


def test_the_envelope_is_as_documented():
    """Read without our code: version, key id, nonce, AES-256-GCM with the place beside it."""
    sealed = RING.encrypt(b"plain", HERE)
    assert sealed[0] == 1
    assert sealed[1:5] == sha256(b"hookwright key id" + KEY).digest()[:4]
    assert AESGCM(KEY).decrypt(sealed[5:17], sealed[17:], HERE.encode()) == b"plain"
    assert len(sealed) == 1 + 4 + 12 + len(b"plain") + 16
    assert sealed.startswith(header(key_id(KEY)))


def test_no_two_are_the_same():
    """A nonce that came twice would give the key away."""
    assert len({RING.encrypt(b"plain", HERE) for _ in range(2000)}) == 2000


@given(st.data(), st.binary(max_size=40))
def test_any_bit_that_is_flipped_is_noticed(data, plain):
    """In the key's id it is another key that is named, everywhere else the value is refused."""
    sealed = bytearray(RING.encrypt(plain, HERE))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    expected = UnknownKey if 1 <= bit // 8 <= 4 else Tampered
    with pytest.raises(expected):
        RING.decrypt(bytes(sealed), HERE)


@given(st.data(), st.binary(max_size=40))
def test_any_cut_is_noticed(data, plain):
    """Nothing shorter or longer decrypts."""
    sealed = RING.encrypt(plain, HERE)
    with pytest.raises(Tampered):
        RING.decrypt(sealed[: data.draw(st.integers(0, len(sealed) - 1))], HERE)
    with pytest.raises(Tampered):
        RING.decrypt(sealed + data.draw(st.binary(min_size=1, max_size=20)), HERE)


@pytest.mark.parametrize(
    ("elsewhere", "why"),
    [
        (place("webhooks", "settings", 2), "another row"),
        (place("webhooks", "secrets", 1), "another column"),
        (place("events", "settings", 1), "another table"),
        (place("webhooks", "settings", 1, 0), "a longer primary key"),
        ("", "nowhere"),
    ],
)
def test_a_value_that_was_moved_is_refused(elsewhere, why):
    """Somebody with access to the rows alone cannot give one webhook the settings of another."""
    with pytest.raises(Tampered, match="moved"):
        RING.decrypt(RING.encrypt(b"plain", HERE), elsewhere)


def test_a_row_is_the_same_as_text_or_as_a_number():
    """The API has ids as text."""
    assert place("webhooks", "settings", "1") == HERE == "webhooks.settings:1"
    assert place("idempotent_answers", "answer", 5, b"\x00\xff").endswith(":5.00ff")


def test_the_newest_key_encrypts():
    """The others are there to decrypt."""
    assert BOTH.ids == (key_id(OTHER).hex(), key_id(KEY).hex())
    assert BOTH.newest == BOTH.ids[0]
    sealed = BOTH.encrypt(b"plain", HERE)
    assert sealed[1:5] == key_id(OTHER)
    with pytest.raises(UnknownKey) as caught:
        RING.decrypt(sealed, HERE)
    assert caught.value.key_id == BOTH.newest
    assert BOTH.newest in str(caught.value)
    assert HERE in str(caught.value)


def test_a_proof_can_be_made_with_an_older_key():
    """That is how the database comes to know a key that no longer encrypts."""
    sealed = BOTH.encrypt_under(RING.newest, b"plain", HERE)
    assert RING.decrypt(sealed, HERE) == b"plain"


def test_another_version_is_named():
    """Of a later release, perhaps."""
    sealed = b"\x02" + RING.encrypt(b"plain", HERE)[1:]
    with pytest.raises(Tampered, match="its version is 2 and not 1"):
        RING.decrypt(sealed, HERE)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (base64.b64encode(b"\xfb\xff" * 16).decode(), "base64, with + and /"),
        (base64.urlsafe_b64encode(b"\xfb\xff" * 16).decode(), "base64url, with - and _"),
        (TEXT.rstrip("="), "padding is often lost"),
        (f" {TEXT} \n", "so is the end of a line kept"),
        (f"{TEXT} , {OTHER_TEXT}", "spaces around the comma"),
    ],
)
def test_what_a_key_may_look_like(text, why):
    """As other programs print 32 bytes."""
    ring = KeyRing.parse(text)
    assert ring.decrypt(ring.encrypt(b"plain", HERE), HERE) == b"plain", why


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        (" , ", "is empty"),
        (f"{TEXT},", "has 0 bytes as key 2 of 2"),
        (f"{OTHER_TEXT},secret!", "has no base64 as key 2 of 2"),
        ("ümläute", "has no base64 as key 1 of 1"),
        ("A", "has no base64 as key 1 of 1"),
        (base64.b64encode(KEY[:16]).decode(), "has 16 bytes as key 1 of 1"),
        (base64.b64encode(KEY + b"x").decode(), "has 33 bytes as key 1 of 1"),
        (f"{TEXT},{OTHER_TEXT},{TEXT}", "has key 3 of 3 twice"),
    ],
)
def test_what_is_no_key(text, expected):
    """One line, the user's to mend, that shows nothing of what was given."""
    with pytest.raises(InvalidKeys) as caught:
        KeyRing.parse(text, "the key file x")
    message = str(caught.value)
    assert message.startswith(f"the key file x {expected}: ")
    assert isinstance(caught.value, HookwrightError)
    assert caught.value.exit_code == 2
    assert "\n" not in message
    assert not any(part.strip() in message for part in text.split(",") if len(part.strip()) > 1)


def test_a_new_key_is_a_key():
    """43 characters that need no quotes in a shell, from 32 bytes of the system's randomness."""
    made = {new_key() for _ in range(100)}
    assert len(made) == 100
    assert {len(key) for key in made} == {43}
    assert new_key(lambda count: KEY[:count]) == TEXT.rstrip("=")
    assert id_of(TEXT) == RING.newest


def shown(error):
    """Return a traceback with all that Python would show, variables included."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def raised_within(call, *arguments):
    """Return an error without this test's own frame, whose variables are the test's business."""
    try:
        call(*arguments)
    except HookwrightError as error:
        return error.with_traceback(error.__traceback__.tb_next)
    raise AssertionError("nothing was raised")


def test_a_key_is_never_shown():
    """Not by the ring, its attributes, an error or its traceback."""
    forms = {TEXT, TEXT.rstrip("="), KEY.hex(), repr(KEY)[2:-1], str(list(KEY))}
    ring = KeyRing.parse(TEXT)
    seen = [repr(ring), str(ring), f"{ring}", str([getattr(ring, name) for name in ring.__slots__])]
    sealed = ring.encrypt(b"plain", HERE)
    seen += [
        shown(raised_within(ring.decrypt, sealed, "elsewhere")),
        shown(raised_within(ring.decrypt, sealed[:3] + b"?" + sealed[4:], HERE)),
        shown(raised_within(ring.decrypt, b"", HERE)),
        shown(raised_within(KeyRing.parse, f"{TEXT},wrong")),
        shown(raised_within(KeyRing.parse, f"{TEXT},{TEXT}")),
    ]
    assert not [(form, text) for form in forms for text in seen if form in text]
    for taking in (copy.deepcopy, pickle.dumps):
        with pytest.raises((TypeError, pickle.PicklingError)):
            taking(ring)
    with pytest.raises(TypeError):
        json.dumps(ring)
