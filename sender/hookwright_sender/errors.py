# ruff: noqa: N818  the names say what happened, like those of hookwright_schemas
"""What the sending side refuses before anything leaves the machine.

HookwrightError
├── InvalidPayload            (hookwright_schemas) the event breaks its contract
└── SenderError
    ├── InvalidURL            no `http` or `https` URL that can be dialled
    ├── InvalidSecret         no key can be made of a signing secret
    └── InvalidMessageID      cannot stand in a header, or would make a signature ambiguous
"""

import re

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
