"""The keys of this installation: the newest encrypts, all of them decrypt."""

import binascii
import os
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hookwright_sender.encryption.envelope import (
    HEADER_BYTES,
    KEY_BYTES,
    NONCE_BYTES,
    SHORTEST,
    VERSION,
    header,
    key_id,
)
from hookwright_sender.encryption.nonces import Nonces
from hookwright_sender.errors import InvalidKeys, Tampered, UnknownKey

VARIABLE = "HOOKWRIGHT_KEYS"
BODY = HEADER_BYTES + NONCE_BYTES
URL_SAFE = str.maketrans("-_", "+/")


def new_key(randbytes: Callable[[int], bytes] = os.urandom) -> str:
    """Return a fresh key as it stands in HOOKWRIGHT_KEYS: 43 characters of base64url."""
    return urlsafe_b64encode(randbytes(KEY_BYTES)).decode().rstrip("=")


def id_of(key: str) -> str:
    """Return the id of a key in its text form, as 8 hexadecimal digits. Raises `InvalidKeys`."""
    return KeyRing.parse(key).newest


class KeyRing:
    """Encrypts and decrypts values with AES-256-GCM; holds no key that Python could show.

    `newest` is the id of the key that encrypts, `ids` are those of all, newest first. Thread-safe,
    and made once for a process: an operation takes about 2 us. A nonce is 96 random bits, so that
    no key should encrypt more than some 2^32 values (NIST SP 800-38D, 8.3): rotate before.
    """

    __slots__ = ("_ciphers", "_header", "_held", "_newest", "_nonce", "ids", "newest")

    def __init__(self, keys: tuple[bytes, ...], held: object = None) -> None:
        self._ciphers = {header(key_id(key)): AESGCM(key) for key in keys}
        self._header, self._newest = next(iter(self._ciphers.items()))
        self._held = held
        self._nonce = Nonces()
        self.ids = tuple(name[1:].hex() for name in self._ciphers)
        self.newest = self.ids[0]

    @classmethod
    def parse(cls, text: str, source: str = VARIABLE, held: object = None) -> Self:
        """Make a ring of keys in base64 or base64url, separated by commas, newest first.

        `source` is what an `InvalidKeys` blames; no error ever shows a part of a key. `held` is
        kept for as long as the ring lives, such as a lock on the file that the keys came from.
        """
        keys, fault = _read(text)
        # A traceback that shows variables must not show this one.
        del text
        if fault is not None:
            raise InvalidKeys(source, fault)
        return cls(keys, held)

    def encrypt(self, plain: bytes, place: str) -> bytes:
        """Return the envelope of a value that belongs in a place (see `envelope.place`)."""
        nonce = self._nonce()
        return self._header + nonce + self._newest.encrypt(nonce, plain, place.encode())

    def encrypt_under(self, key: str, plain: bytes, place: str) -> bytes:
        """Return the same under one of the keys, given by its id: only a proof is made so."""
        beginning = header(bytes.fromhex(key))
        nonce = self._nonce()
        return beginning + nonce + self._ciphers[beginning].encrypt(nonce, plain, place.encode())

    def decrypt(self, sealed: bytes, place: str) -> bytes:
        """Return what is in an envelope that was made for this very place.

        Raises `UnknownKey`, which names the key, and `Tampered` for everything else that is not
        as it was encrypted.
        """
        cipher = self._ciphers.get(sealed[:HEADER_BYTES])
        if cipher is None or len(sealed) < SHORTEST:
            raise self._fault(sealed, place)
        try:
            return cipher.decrypt(sealed[HEADER_BYTES:BODY], sealed[BODY:], place.encode())
        except InvalidTag:
            pass
        raise Tampered(place, "since it was changed, or moved here from another place")

    def _fault(self, sealed: bytes, place: str) -> Tampered | UnknownKey:
        if len(sealed) < SHORTEST:
            return Tampered(place, f"since {len(sealed)} bytes are too short for an envelope")
        if sealed[0] != VERSION:
            return Tampered(place, f"since its version is {sealed[0]} and not {VERSION}")
        return UnknownKey(sealed[1:HEADER_BYTES].hex(), place)

    def __repr__(self) -> str:
        """Show the ids alone."""
        return f"<KeyRing {' '.join(self.ids)}>"


def _read(text: str) -> tuple[tuple[bytes, ...], str | None]:
    """Return the keys of a text, or what is wrong with it: nothing is raised that has the text."""
    keys: list[bytes] = []
    parts = [part.strip() for part in text.split(",")]
    if not any(parts):
        return (), "is empty"
    for number, part in enumerate(parts, 1):
        key = _decoded(part)
        if key is None:
            return (), f"has no base64 as key {number} of {len(parts)}"
        if len(key) != KEY_BYTES:
            return (), f"has {len(key)} bytes as key {number} of {len(parts)}"
        if any(key_id(key) == key_id(known) for known in keys):
            return (), f"has key {number} of {len(parts)} twice"
        keys.append(key)
    return tuple(keys), None


def _decoded(part: str) -> bytes | None:
    encoded = part.rstrip("=").translate(URL_SAFE)
    try:
        return b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
