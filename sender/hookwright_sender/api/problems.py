"""Problems: what an answer says when it is no success (RFC 9457)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from hookwright_schemas import Violation

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:hookwright:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of problem: `name` ends its URN, `title` says it in words, always the same."""

    name: str
    status: int
    title: str

    @property
    def type(self) -> str:
        """The URN that clients compare: `urn:hookwright:problem:<name>`."""
        return PREFIX + self.name


class Problem(Exception):  # noqa: N818  RFC 9457 calls it so
    """An answer that is no success; `detail` is for a person and names the remedy.

    `more` are further members of the problem, such as `errors`.
    """

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        super().__init__(detail)

    def answer(self, request_id: str) -> Response:
        """Write the problem for the request that it belongs to."""
        members = {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            **self.more,
            "request_id": request_id,
        }
        return Response(
            json.dumps(members, ensure_ascii=False, separators=(",", ":")),
            self.kind.status,
            self.headers,
            MEDIA_TYPE,
        )


MALFORMED_JSON = Kind("malformed-json", 400, "The body is not strict JSON")
MALFORMED_HEADER = Kind("malformed-header", 400, "A header cannot be read")
KEY_NOT_TAKEN = Kind("idempotency-key-not-taken", 400, "No Idempotency-Key is taken here")
UNAUTHENTICATED = Kind("unauthenticated", 401, "There is no valid API key")
NOT_FOUND = Kind("not-found", 404, "There is no such object")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "The method is not for this path")
WEBHOOK_REMOVED = Kind("webhook-removed", 409, "The webhook of the delivery was removed")
BODY_TOO_LARGE = Kind("body-too-large", 413, "The body is too large")
UNSUPPORTED_MEDIA_TYPE = Kind("unsupported-media-type", 415, "The body is not sent as JSON")
INVALID_BODY = Kind("invalid-body", 422, "The body does not fit its schema")
INVALID_QUERY = Kind("invalid-query", 422, "The query does not fit its parameters")
TOO_MANY_REQUESTS = Kind("too-many-requests", 429, "Too many requests")
INTERNAL_ERROR = Kind("internal-error", 500, "Something went wrong here")
OVERLOADED = Kind("overloaded", 503, "Too much is going on at once")
NOT_READY = Kind("not-ready", 503, "The service is not ready")


def not_found() -> Problem:
    """Return the one answer for what is not there, or belongs to somebody else."""
    return Problem(
        NOT_FOUND, "nothing is there, or it belongs to another account: check the path and the id"
    )


def invalid_body(kind: Kind, violations: Iterable[Violation]) -> Problem:
    """Return a problem with one error, and its JSON Pointer, for each fault of a body."""
    errors = [{"pointer": each.pointer, "detail": each.message} for each in violations]
    faults = "; ".join(f"{each['pointer'] or 'the body'} {each['detail']}" for each in errors)
    return Problem(kind, faults, more={"errors": errors})


def invalid_query(faults: Mapping[str, str]) -> Problem:
    """Return a problem with one error for each parameter of the query that is wrong."""
    errors = [{"parameter": name, "detail": detail} for name, detail in faults.items()]
    detail = "; ".join(f"{name} {reason}" for name, reason in faults.items())
    return Problem(INVALID_QUERY, detail, more={"errors": errors})
