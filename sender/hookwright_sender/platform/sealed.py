"""What a webhook keeps encrypted: where it goes, what it adds, what it signs with."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hookwright_sender.encryption.envelope import place
from hookwright_sender.encryption.key_ring import KeyRing
from hookwright_sender.event import Scalar
from hookwright_sender.signing import PREFIX

SECRET_BYTES = 32
# Seconds for which the secret before a new one goes on signing.
OVERLAP = 24 * 3600.0
# Each makes every message longer: of secrets that are changed more often the oldest is dropped.
MOST_SECRETS = 3


@dataclass(frozen=True, slots=True)
class Destination:
    """The URL of a webhook and the parameters of its messages."""

    url: str
    parameters: Mapping[str, Scalar]

    def __repr__(self) -> str:
        """Keep what was entered out of logs."""
        return "<Destination>"


@dataclass(frozen=True, slots=True)
class Secret:
    """A signing secret; one that was replaced signs until `expires_at`."""

    secret: str
    expires_at: float | None

    def __repr__(self) -> str:
        """Keep the secret out of logs."""
        return f"<Secret until {self.expires_at}>"

    def is_live(self, moment: float) -> bool:
        """Tell whether it signs at a moment, in Unix seconds."""
        return self.expires_at is None or self.expires_at > moment


def new_secret(randbytes: Callable[[int], bytes]) -> Secret:
    """Return a fresh signing secret of the Standard Webhooks specification."""
    return Secret(PREFIX + b64encode(randbytes(SECRET_BYTES)).decode(), None)


def rotated(secrets: Sequence[Secret], fresh: Secret, moment: float) -> list[Secret]:
    """Return what signs after a rotation, newest first."""
    older = [
        secret if secret.expires_at is not None else Secret(secret.secret, moment + OVERLAP)
        for secret in secrets
        if secret.is_live(moment)
    ]
    return [fresh, *older][:MOST_SECRETS]


def seal_destination(ring: KeyRing, webhook_id: int, destination: Destination) -> bytes:
    """Return the column `settings` of a webhook."""
    value = {"url": destination.url, "parameters": dict(destination.parameters)}
    return _seal(ring, "settings", webhook_id, value)


def open_destination(ring: KeyRing, webhook_id: int, sealed: bytes) -> Destination:
    """Return what the column `settings` of a webhook holds."""
    value = _open(ring, "settings", webhook_id, sealed)
    return Destination(value["url"], value["parameters"])


def seal_secrets(ring: KeyRing, webhook_id: int, secrets: Sequence[Secret]) -> bytes:
    """Return the column `secrets` of a webhook."""
    value = [{"secret": each.secret, "expires_at": each.expires_at} for each in secrets]
    return _seal(ring, "secrets", webhook_id, value)


def open_secrets(ring: KeyRing, webhook_id: int, sealed: bytes) -> list[Secret]:
    """Return what the column `secrets` of a webhook holds, newest first."""
    value = _open(ring, "secrets", webhook_id, sealed)
    return [Secret(each["secret"], each["expires_at"]) for each in value]


def _seal(ring: KeyRing, column: str, webhook_id: int, value: Any) -> bytes:
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return ring.encrypt(plain, place("webhooks", column, webhook_id))


def _open(ring: KeyRing, column: str, webhook_id: int, sealed: bytes) -> Any:
    return json.loads(ring.decrypt(sealed, place("webhooks", column, webhook_id)))
