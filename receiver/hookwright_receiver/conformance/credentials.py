"""How the runner authenticates itself: the `token` parameter or Standard Webhooks signatures."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from .errors import BadOption

MODES = ("none", "token", "signature")
TOKEN = "token"  # noqa: S105  the decided name of the parameter, not a secret
PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """Return the signing key that a secret stands for: `whsec_<base64>`, or the text itself."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    encoded = secret[len(PREFIX) :].rstrip("=")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        raise BadOption("a secret that begins with whsec_ must go on in base64") from None


def _refuse_unusable(mode: str, secret: str) -> None:
    try:
        key = key_of(secret) if mode == "signature" else secret.encode()
    except UnicodeEncodeError:
        raise BadOption("a secret is not UTF-8: give the one that the receiver has") from None
    if not key:
        raise BadOption("a secret is empty: give the one that the receiver has")


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
        for secret in self.secrets:
            _refuse_unusable(self.mode, secret)

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
