# ruff: noqa: N818  the names say what happened, like those of hookwright_schemas
"""What the sending side refuses before anything leaves the machine.

HookwrightError
├── InvalidPayload            (hookwright_schemas) the event breaks its contract
└── SenderError
    ├── InvalidURL            no `http` or `https` URL that can be dialled
    ├── InvalidSecret         no key can be made of a signing secret
    ├── InvalidHost           the ownership of a host that nobody can prove
    ├── InvalidEntry          an entry of a list in the settings that cannot be read
    ├── ForbiddenURL          the egress policy allows no delivery to such a URL
    ├── ForbiddenAddress      the egress policy allows no connection to an address
    ├── InvalidMessageID      cannot stand in a header, or would make a signature ambiguous
    ├── InvalidKeys           no key ring can be made of a text
    ├── KeysNotSet            HOOKWRIGHT_KEYS is needed and missing
    ├── KeyFileUnusable       the file with the keys is missing, or must not be used as it is
    ├── MissingKey            the database was encrypted with a key that was not given
    ├── WrongKey              a key does not open what it should have encrypted
    ├── UnknownKey            a value was encrypted with a key that the ring does not hold
    ├── Tampered              a value was changed, or moved, after it was encrypted
    ├── UnreadableValues      exit code 1: a rotation had to leave values as they are
    └── InvalidRetryDelays    no ladder can be made of the delays
"""

import re
from collections.abc import Iterable

from hookwright_schemas.errors import HookwrightError

# A password has no business in an error message.
USER_INFO = re.compile(r"(?<=//)[^/?#]*@")


class SenderError(HookwrightError):
    """Something that was given to the sender cannot be used."""


class InvalidURL(SenderError):
    """The URL of a webhook cannot be dialled."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = USER_INFO.sub("", url)
        self.reason = reason
        super().__init__(
            f"{self.url!r} is no URL for a webhook: {reason}. Give one like https://host.example/path"
        )


class InvalidSecret(SenderError):
    """A signing secret from which no key can be made; the secret is never shown."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"a signing secret {reason}: give `whsec_` and the key in base64, or plain text"
        )


class InvalidMessageID(SenderError):
    """A `webhook-id` that cannot be sent."""

    def __init__(self, message_id: str) -> None:
        self.message_id = message_id
        super().__init__(
            f"{message_id[:40]!r} cannot be a webhook-id: use 1 to 255 visible ASCII characters"
            " without a full stop (it separates the parts that are signed)"
        )


class InvalidKeys(SenderError):
    """A text of which no key ring can be made; no key is ever shown. `source` has the text."""

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(
            f"{source} {reason}: give keys of 32 bytes in base64, separated by commas, newest "
            "first (`hookwright keys generate` makes one)"
        )


class KeysNotSet(SenderError):
    """Only a SQLite database has a key file beside it; every other one needs HOOKWRIGHT_KEYS."""

    def __init__(self) -> None:
        super().__init__(
            "HOOKWRIGHT_KEYS is not set: set it, everywhere to the same, to what "
            "`hookwright keys generate` prints, and keep a copy of it"
        )


class KeyFileUnusable(SenderError):
    """The file with the keys of an embedded database cannot be used as it is."""

    def __init__(self, path: object, reason: str, remedy: str) -> None:
        self.path = str(path)
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"the key file {path} {reason}: {remedy}")


class MissingKey(SenderError):
    """The database holds values under a key that was not given; both are named by their ids."""

    def __init__(self, key_id: str, source: str, held: Iterable[str]) -> None:
        self.key_id = key_id
        self.source = source
        self.held = tuple(held)
        super().__init__(
            f"the database was encrypted with key {key_id}, and {source} holds "
            f"{', '.join(self.held)}: add that key to {source}, behind the newest"
        )


class WrongKey(SenderError):
    """A key has the id of one that the database knows, and does not open its proof."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        super().__init__(
            f"key {key_id} does not open the database's proof of it: use the keys that this "
            "database was encrypted with, or restore its table encryption_keys from a backup"
        )


class UnknownKey(SenderError):
    """A value was encrypted with a key that the ring does not hold."""

    def __init__(self, key_id: str, place: str) -> None:
        self.key_id = key_id
        self.place = place
        super().__init__(
            f"{place} was encrypted with key {key_id}, which is not held here: add that key to "
            "the others and restart"
        )


class Tampered(SenderError):
    """A value was changed, cut or moved after it was encrypted; it is not shown."""

    def __init__(self, place: str, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{place} cannot be decrypted, {reason}: restore it from a backup")


class UnreadableValues(SenderError):
    """A rotation met values that cannot be decrypted, and left them as they are."""

    exit_code = 1

    def __init__(self, places: Iterable[str]) -> None:
        self.places = tuple(places)
        super().__init__(
            f"{len(self.places)} values cannot be decrypted and stay as they are, such as "
            f"{self.places[0]}: restore them from a backup, or remove their rows, and rotate again"
        )


class InvalidRetryDelays(SenderError):
    """The delays between attempts make no ladder."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"HOOKWRIGHT_RETRY_DELAYS {reason}: give seconds, separated by commas, "
            "such as 5,300,1800"
        )


class InvalidHost(SenderError):
    """A host of which nobody can prove that it is theirs; `code` says in one word why."""

    def __init__(self, host: str, code: str, reason: str, remedy: str) -> None:
        # What was given for a host may be a URL with a password in it.
        self.host = USER_INFO.sub("", host)[:253]
        self.code = code
        self.reason = reason
        super().__init__(f"{self.host!r} cannot be proven: {reason}. {remedy}")


class InvalidEntry(SenderError):
    """An entry of a list in the settings, such as a network or a name server."""

    def __init__(self, setting: str, entry: str, reason: str, remedy: str) -> None:
        self.setting = setting
        self.entry = entry
        self.reason = reason
        super().__init__(f"{setting}: {entry[:80]!r} {reason}. {remedy}")


class ForbiddenURL(SenderError):
    """The egress policy refuses a URL before any look-up; `code` says in one word why.

    `origin` is the URL without its path and query, which may be secrets.
    """

    def __init__(self, origin: str, code: str, reason: str, remedy: str) -> None:
        self.origin = origin
        self.code = code
        self.reason = reason
        super().__init__(f"deliveries to {origin!r} are not allowed: {reason}. {remedy}")


class ForbiddenAddress(SenderError):
    """The egress policy refuses an address, whatever name led to it."""

    def __init__(self, host: str, address: str, reason: str) -> None:
        self.host = host
        self.address = address
        self.reason = reason
        subject = host if host == address else f"{host} at {address}"
        super().__init__(
            f"deliveries to {subject} are not allowed: the address is {reason}."
            " Use a host with public addresses only, or name the network in"
            " HOOKWRIGHT_ALLOW_NETWORKS"
        )
