"""The envelope of an encrypted value: version, key id, nonce, ciphertext with its tag."""

from dataclasses import dataclass
from hashlib import sha256

VERSION = 1
KEY_BYTES = 32
KEY_ID_BYTES = 4
NONCE_BYTES = 12
TAG_BYTES = 16
HEADER_BYTES = 1 + KEY_ID_BYTES
SHORTEST = HEADER_BYTES + NONCE_BYTES + TAG_BYTES


def key_id(key: bytes) -> bytes:
    """Return the 4 bytes that name a key: a digest, from which nobody gets back to it."""
    return sha256(b"hookwright key id" + key).digest()[:KEY_ID_BYTES]


def header(identity: bytes) -> bytes:
    """Return what every value under a key begins with; `identity` is that of `key_id`."""
    return bytes((VERSION,)) + identity


@dataclass(frozen=True, slots=True)
class Envelope:
    """An encrypted value in its parts; `sealed` is the ciphertext and, behind it, the tag."""

    version: int
    key_id: bytes
    nonce: bytes
    sealed: bytes

    @classmethod
    def parse(cls, value: bytes) -> "Envelope | None":
        """Return the parts of a value, None when it is too short to have them.

        `01 1a2b3c4d <12 bytes> <n + 16 bytes>` -> version 1, the key's id, the nonce, the rest.
        """
        if len(value) < SHORTEST:
            return None
        body = HEADER_BYTES + NONCE_BYTES
        return cls(value[0], value[1:HEADER_BYTES], value[HEADER_BYTES:body], value[body:])


def place(table: str, column: str, *row: int | str | bytes) -> str:
    r"""Return where a value belongs: the associated data that it is encrypted with.

    `row` is the primary key, its parts joined with full stops; bytes are written in hexadecimal.

    >>> place("webhooks", "settings", 123)
    'webhooks.settings:123'
    >>> place("idempotent_answers", "answer", 123, b"\x01\xff")
    'idempotent_answers.answer:123.01ff'
    """
    parts = [part.hex() if isinstance(part, bytes) else str(part) for part in row]
    return f"{table}.{column}:{'.'.join(parts)}"
