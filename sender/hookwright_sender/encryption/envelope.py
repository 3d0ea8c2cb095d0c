"""The envelope of an encrypted value, and the place that it belongs to.

1 byte    version, 1
4 bytes   id of the key
12 bytes  nonce, random
n bytes   ciphertext of AES-256-GCM, as long as the value
16 bytes  its tag, over the ciphertext and the place
"""

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


def place(table: str, column: str, *row: int | str | bytes) -> str:
    r"""Return where a value belongs: the associated data that it is encrypted with.

    `row` is the primary key, its parts joined with full stops; bytes are written in hexadecimal.

    >>> place("webhooks", "settings", 123)
    'webhooks.settings:123'
    >>> place("idempotent_answers", "answer", 123, b"\x01\xff")
    'idempotent_answers.answer:123.01ff'
    """
    if len(row) == 1 and isinstance(row[0], int):
        # Nearly always, and for every delivery.
        return f"{table}.{column}:{row[0]}"
    parts = [part.hex() if isinstance(part, bytes) else str(part) for part in row]
    return f"{table}.{column}:{'.'.join(parts)}"
