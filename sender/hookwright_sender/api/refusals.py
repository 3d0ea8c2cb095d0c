"""Which problem each refusal of the services is: one table, and what else the problem tells."""

from collections.abc import Iterator
from typing import Any

from hookwright_schemas import HookwrightError, InvalidPayload
from hookwright_sender.api.problems import (
    INTERNAL_ERROR,
    NOT_FOUND,
    Kind,
    Problem,
    invalid_body,
    not_found,
)
from hookwright_sender.errors import ForbiddenAddress, ForbiddenURL, InvalidHost, InvalidURL
from hookwright_sender.platform import errors as platform
from hookwright_sender.store.errors import SchemaOutdated, SchemaTooNew, StoreUnavailable

# Seconds: a database that was restarted, or a disk that was full, is not mended at once.
RETRY_AFTER = 2
KINDS: dict[type[HookwrightError], Kind] = {
    platform.NotFound: NOT_FOUND,
    platform.HostNotProven: Kind("host-not-proven", 409, "The host is not proven to be yours"),
    platform.LinksNotProven: Kind(
        "link-host-not-proven", 409, "The host of the link is not proven to be yours"
    ),
    platform.AliasTaken: Kind("alias-taken", 409, "The alias is taken"),
    platform.WebhookExists: Kind("webhook-exists", 412, "There is a webhook already"),
    platform.IdempotencyMismatch: Kind(
        "idempotency-key-reused", 422, "The Idempotency-Key came with another request"
    ),
    platform.InvalidIdempotencyKey: Kind(
        "invalid-idempotency-key", 400, "The Idempotency-Key cannot be one"
    ),
    platform.InvalidValue: Kind("invalid-value", 422, "A value cannot be used"),
    platform.UnknownTarget: Kind("unknown-target", 422, "There is no such target"),
    platform.ReservedParameter: Kind("reserved-parameter", 422, "A parameter hides a field"),
    platform.InvalidParameter: Kind("invalid-parameter", 422, "A parameter cannot be sent"),
    platform.UnknownMask: Kind("unknown-mask", 422, "A mask stands for no stored value"),
    platform.TooManyParameters: Kind("too-many-parameters", 422, "There are too many parameters"),
    platform.ParametersTooLarge: Kind("parameters-too-large", 422, "The parameters are too large"),
    InvalidURL: Kind("invalid-url", 422, "The URL cannot be used"),
    ForbiddenURL: Kind("forbidden-url", 422, "The URL is not allowed"),
    ForbiddenAddress: Kind("forbidden-address", 422, "The host's address is not allowed"),
    InvalidHost: Kind("invalid-host", 422, "The host cannot be proven"),
    InvalidPayload: Kind("invalid-event", 422, "The event would break its contract"),
    StoreUnavailable: Kind("store-unavailable", 503, "The store cannot take more"),
    SchemaOutdated: Kind("schema-outdated", 503, "The database has to be upgraded"),
    SchemaTooNew: Kind("schema-too-new", 503, "The database is of a later version"),
}

# Which member of the body a refusal is about.
POINTERS: dict[type[HookwrightError], str] = {
    platform.HostNotProven: "/url",
    platform.LinksNotProven: "/domain_host",
    platform.AliasTaken: "/alias",
    platform.UnknownTarget: "/target",
    platform.TooManyParameters: "/parameters",
    platform.ParametersTooLarge: "/parameters",
    InvalidURL: "/url",
    ForbiddenURL: "/url",
    ForbiddenAddress: "/url",
}


def kind_of(error: type[HookwrightError]) -> Kind:
    """Return the problem that a class of errors is."""
    for cls in error.__mro__:
        if cls in KINDS:
            return KINDS[cls]
    return INTERNAL_ERROR


def problem_of(error: HookwrightError) -> Problem | None:
    """Return the problem that an error is, None when it is none of the caller's doing."""
    kind = kind_of(type(error))
    if kind is INTERNAL_ERROR:
        return None
    if kind is NOT_FOUND:
        # Not even its own words: they might tell one that is not there from another's.
        return not_found()
    if isinstance(error, InvalidPayload):
        return invalid_body(kind, error.violations)
    retry = {"retry-after": str(RETRY_AFTER)}
    if isinstance(error, (SchemaOutdated, SchemaTooNew)):
        return Problem(kind, str(error), headers=retry)
    if isinstance(error, StoreUnavailable):
        # Where the database is, and what it says, is for the log.
        detail = (
            "the database does not take it now: try again after a pause, with an Idempotency-Key"
            " where something is made"
        )
        return Problem(kind, detail, headers=retry)
    return Problem(kind, str(error), more=dict(_more(error)))


def _more(error: HookwrightError) -> Iterator[tuple[str, Any]]:
    pointer = _pointer(error)
    if pointer is not None:
        yield "errors", [{"pointer": pointer, "detail": str(error)}]
    if isinstance(error, platform.HostNotProven):
        # The members that a domain has.
        yield "host", error.host
        yield "record", error.record.value
        yield "record_name", error.record.name
        yield "record_type", error.record.type


def _pointer(error: HookwrightError) -> str | None:
    if isinstance(error, platform.InvalidValue):
        return f"/{error.field}"
    if isinstance(
        error, (platform.ReservedParameter, platform.InvalidParameter, platform.UnknownMask)
    ):
        # A JSON Pointer (RFC 6901, section 3).
        return "/parameters/" + error.name.replace("~", "~0").replace("/", "~1")
    return POINTERS.get(type(error))
