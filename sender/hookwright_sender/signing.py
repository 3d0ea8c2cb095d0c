"""Signatures of the Standard Webhooks specification, scheme `v1` (HMAC-SHA256)."""

import binascii
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from itertools import repeat

from hookwright_sender.errors import InvalidSecret

PREFIX = "whsec_"
QUOTES = ("'", '"', "`")
# A prefix that was mangled, that stands in the middle of more, or that is of an asymmetric scheme.
OTHER_PREFIX = re.compile("whsec[_-]|^wh[sp]k_", re.IGNORECASE)


def signing_key(secret: str) -> bytes:
    """Return the bytes of the key that a secret stands for.

    `whsec_bWFnaWM=` -> `b"magic"` (padding may be missing); any other text -> its UTF-8 bytes,
    as the reference library takes a key that is given as bytes. White space around it is no part
    of it. Raises InvalidSecret for what was not meant: one text must never be two keys, here and
    at a receiver.
    """
    text = secret.strip()
    if not text:
        raise InvalidSecret("is empty")
    if not text.isprintable():
        raise InvalidSecret("has an invisible character in it")
    if text.startswith(QUOTES) or text.endswith(QUOTES):
        raise InvalidSecret("has a quote at its beginning or end")
    if "," in text:
        raise InvalidSecret("has a comma in it, and commas separate secrets")
    if text.startswith(PREFIX):
        return _decode(text.removeprefix(PREFIX).rstrip("="))
    if OTHER_PREFIX.search(text):
        raise InvalidSecret(
            f"may begin with {PREFIX}, once and in lower case (whsk_ and whpk_ are keys of another"
            " scheme)"
        )
    return text.encode()


def _decode(encoded: str) -> bytes:
    if not encoded:
        raise InvalidSecret("is empty")
    try:
        return b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidSecret(
            f"starts with {PREFIX} but is not base64 after it (with + and /, not - and _)"
        ) from None


class Signer:
    """Signs with every secret that it holds, newest first, so that receivers can rotate theirs."""

    __slots__ = ("_keyed",)

    def __init__(self, secrets: Sequence[str]) -> None:
        if isinstance(secrets, str):
            raise TypeError("secrets is a sequence of strings: give [secret] for a single one")
        if not secrets:
            raise InvalidSecret("is missing")
        # What depends on the key alone is computed once.
        self._keyed = tuple(hmac.new(signing_key(secret), digestmod=sha256) for secret in secrets)

    def sign(self, message_id: str, timestamp: int, body: bytes) -> str:
        """Return the value of `webhook-signature`: one `v1,<base64>` for each secret.

        What is signed is `<message_id>.<timestamp>.<body>`; the timestamp is in Unix seconds.
        """
        signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
        return " ".join(map(_signature, self._keyed, repeat(signed)))


def _signature(keyed: hmac.HMAC, signed: bytes) -> str:
    signature = keyed.copy()
    signature.update(signed)
    return "v1," + b64encode(signature.digest()).decode()
