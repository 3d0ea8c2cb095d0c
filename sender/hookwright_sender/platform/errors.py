# ruff: noqa: N818  the names say what happened, like those of hookwright_schemas
"""What the platform refuses to an owner.

SenderError
├── NotFound                no such object in this account
├── InvalidValue            a value that cannot be used (field, reason)
├── LinksNotProven          links can be on no such host yet (host)
├── HostNotProven           the record is missing that proves a host (host, record)
├── UnknownTarget           a webhook can go to no such service (target, known)
├── WebhookExists           only a new webhook was wanted, and there is one
├── ReservedParameter       a parameter has the name of a documented field (name)
├── InvalidParameter        a parameter cannot be sent (name, reason)
├── UnknownMask             a mask where no value is stored (name)
├── TooManyParameters       (count, limit)
├── ParametersTooLarge      (size, limit)
├── AliasTaken              the domain has a link with that alias (alias, host)
├── InvalidIdempotencyKey   an Idempotency-Key that cannot be one
└── IdempotencyMismatch     an Idempotency-Key that came with another request before
"""

from collections.abc import Iterable

from hookwright_sender.errors import SenderError
from hookwright_sender.platform.record import Record


class NotFound(SenderError):
    """The account has no such object; whether another one has is not told."""

    def __init__(self, kind: str, name: object) -> None:
        self.kind = kind
        self.name = str(name)[:253]
        super().__init__(f"there is no {kind} {self.name}: see the list of those that there are")


class InvalidValue(SenderError):
    """A value that cannot be used; it is not shown. `field` is its name in the API."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"`{field}` {reason}")


class HostNotProven(SenderError):
    """A webhook's host is not proven to be the owner's; `record` is what the DNS must have.

    Or `cname_record`, for a host that is a CNAME: nothing can stand beside one.
    """

    def __init__(self, host: str, record: Record, cname_record: Record) -> None:
        self.host = host
        self.record = record
        self.cname_record = cname_record
        super().__init__(
            f"{host} is not proven to be yours: add a TXT record with exactly this text at "
            f"{record.name} (if that is a CNAME: at {cname_record.name}) to its DNS, and then "
            f"verify the domain: {record.value}"
        )


class LinksNotProven(SenderError):
    """A host for links is not proven to be the owner's."""

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(
            f"{host} is not proven to be yours, so no link can be there: add it to your domains, "
            "add the record that you are told then to its DNS, and verify it"
        )


class UnknownTarget(SenderError):
    """A webhook can go to no such service."""

    def __init__(self, target: str, known: Iterable[str]) -> None:
        self.target = target
        self.known = tuple(known)
        super().__init__(f"there is no target {target[:40]!r}: use {' or '.join(self.known)}")


class WebhookExists(SenderError):
    """The CTA or project has its one webhook already."""

    def __init__(self) -> None:
        super().__init__("there is a webhook already: replace it without `If-None-Match`")


class ReservedParameter(SenderError):
    """A parameter would hide a documented field."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no parameter may be called {name!r}, a documented field: rename it")


class InvalidParameter(SenderError):
    """A parameter that no message could carry; its value is not shown."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name[:100]
        self.reason = reason
        super().__init__(f"the parameter {self.name!a} {reason}")


class UnknownMask(SenderError):
    """A masked value was sent for a parameter that has no value yet."""

    def __init__(self, name: str) -> None:
        self.name = name[:100]
        super().__init__(
            f"the parameter {self.name!a} is masked, and no value of it is stored: give one"
        )


class TooManyParameters(SenderError):
    """More parameters than a webhook may have."""

    def __init__(self, count: int, limit: int) -> None:
        self.count = count
        self.limit = limit
        super().__init__(f"{count} parameters are too many: a webhook has {limit} at most")


class ParametersTooLarge(SenderError):
    """Parameters that would make every message too long; sizes in bytes, as on the wire."""

    def __init__(self, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(f"the parameters take {size} bytes in a message: {limit} are allowed")


class AliasTaken(SenderError):
    """Another link of the domain has the alias."""

    def __init__(self, alias: str, host: str) -> None:
        self.alias = alias
        self.host = host
        super().__init__(f"the alias {alias!r} is taken on {host}: use another one, or none")


class InvalidIdempotencyKey(SenderError):
    """An Idempotency-Key that cannot be one."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"an Idempotency-Key has 1 to {limit} visible ASCII characters")


class IdempotencyMismatch(SenderError):
    """An Idempotency-Key came with one request before, and now with another."""

    def __init__(self) -> None:
        super().__init__(
            "this Idempotency-Key came with another request before: use a new one for each request"
        )
