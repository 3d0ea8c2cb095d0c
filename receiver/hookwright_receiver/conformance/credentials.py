"""How the runner authenticates itself: the `token` parameter or Standard Webhooks signatures."""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from .errors import BadOption

MODES = ("none", "token", "signature")
TOKEN = "token"  # noqa: S105  the decided name of the parameter, not a secret
PREFIX = "whsec_"
QUOTES = ("'", '"', "`")
# A prefix that was mangled, that stands in the middle of more, or that is of an asymmetric scheme.
OTHER_PREFIX = re.compile("whsec[_-]|^wh[sp]k_", re.IGNORECASE)


def key_of(secret: str) -> bytes:
    """Return the signing key that a secret stands for: `whsec_<base64>`, or the text itself.

    It reads as every other end does, and refuses what was not meant (BadOption).
    """
    text = _text(secret)
    if not text.startswith(PREFIX):
        if OTHER_PREFIX.search(text):
            raise BadOption(
                f"a secret may begin with {PREFIX}, once and in lower case (whsk_ and whpk_ are"
                " keys of another scheme)"
            )
        return text.encode()
    encoded = text.removeprefix(PREFIX).rstrip("=")
    if not encoded:
        raise BadOption("a secret is empty: give the one that the receiver has")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        raise BadOption(
            f"a secret that begins with {PREFIX} must go on in base64, with + and /, not - and _"
        ) from None


def _text(secret: str) -> str:
    """Return a secret or token without the white space around it; raise for what was not meant."""
    text = secret.strip()
    if not text:
        raise BadOption("a secret is empty: give the one that the receiver has")
    if not text.isprintable():
        raise BadOption("a secret has an invisible character in it: take that out")
    if text.startswith(QUOTES) or text.endswith(QUOTES):
        raise BadOption("a secret has a quote at its beginning or end: take that off")
    if "," in text:
        raise BadOption("a secret has a comma in it, and commas separate secrets")
    return text


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Return one `v1,…` signature (Standard Webhooks, "Signature scheme").

    The published package signs wherever it can; what it cannot express (a body that is not UTF-8, a
    timestamp that is not a number) is signed by hand, so that only the one flaw is in the request.
    """
    if timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11:  # noqa: PLR2004
        try:
            moment = datetime.fromtimestamp(int(timestamp), tz=UTC)
            if str(int(timestamp)) == timestamp:
                return Webhook(key_of(secret)).sign(message_id, moment, body.decode())
        except (UnicodeDecodeError, ValueError, OverflowError):
            pass
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    digest = hmac.new(key_of(secret), content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


@dataclass(frozen=True, slots=True)
class Credentials:
    """The authentication mode of the target and its secrets, newest first."""

    mode: str = "none"
    secrets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise BadOption(f"authentication is one of {', '.join(MODES)}, not {self.mode!r}")
        if self.mode != "none" and not self.secrets:
            raise BadOption(f"authentication by {self.mode} needs --secret, or HOOKWRIGHT_SECRET")
        # What is sent as a token, and what a report must not show, is the text that counts.
        object.__setattr__(self, "secrets", tuple(map(_text, self.secrets)))
        if self.mode == "signature":
            for secret in self.secrets:
                key_of(secret)

    def authorised(self, payload: Any) -> Any:
        """Return the payload with the token in it, where there is one and it can go in."""
        if self.mode == "token" and isinstance(payload, dict):
            return {**payload, TOKEN: self.secrets[0]}
        return payload

    def headers(self, message_id: str, now: float, body: bytes) -> list[tuple[str, str]]:
        """Return the timestamp and signature of a message; empty where nothing is signed."""
        if self.mode != "signature":
            return []
        timestamp = str(int(now))
        signature = sign(self.secrets[0], message_id, timestamp, body)
        return [("webhook-timestamp", timestamp), ("webhook-signature", signature)]

    def mask(self, text: str) -> str:
        """Return the text with every secret replaced: a report may be shown to anyone."""
        for number, secret in enumerate(self.secrets, 1):
            for written in self._spellings(secret):
                text = text.replace(written, f"<secret {number}>")
        return text

    def leaked(self, text: str) -> bool:
        """Tell whether any secret stands in the text, however JSON writes it."""
        return any(w in text for secret in self.secrets for w in self._spellings(secret))

    @staticmethod
    def _spellings(secret: str) -> tuple[str, ...]:
        escaped = json.dumps(secret)[1:-1]
        return secret, escaped, escaped.replace("/", "\\/")
