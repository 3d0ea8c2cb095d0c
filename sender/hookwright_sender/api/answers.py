"""Answers in the OpenAPI document: what an operation answers, and all that it refuses."""

from collections.abc import Iterator, Mapping
from typing import Any

from hookwright_sender.api import problems, refusals
from hookwright_sender.api.components import SAMPLE_ID, answered, described, reference
from hookwright_sender.api.idempotency import REPLAYED
from hookwright_sender.api.problems import Kind
from hookwright_sender.api.table import Operation
from hookwright_sender.platform import errors
from hookwright_sender.store.errors import StoreUnavailable

HEADERS: dict[str, dict[str, Any]] = {
    "x-request-id": {
        "description": "Names the request in the logs: the caller's, if it is well-formed.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
    },
    "location": {
        "description": "Where the object is.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    REPLAYED: {
        "description": "There, and `true`, when this is the answer of an earlier request.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "retry-after": {
        "description": "After how many seconds to try again.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "www-authenticate": {
        "description": "How to authenticate (RFC 6750).",
        "required": True,
        "schema": {"type": "string"},
    },
}
OF_STATUS = {401: ("www-authenticate",), 429: ("retry-after",), 503: ("retry-after",)}

PROBLEM = described(
    answered(
        {
            "type": {"type": "string", "pattern": "^urn:hookwright:problem:[a-z-]+$"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "What is wrong, and the remedy."},
            "request_id": {"type": "string"},
        }
    ),
    "A problem as in RFC 9457: compare `type`, show `detail`.",
)
PROBLEM["properties"] |= {
    "errors": {
        "type": "array",
        "description": "Each fault: its JSON Pointer in the body, or its parameter in the query.",
        "items": {
            "type": "object",
            "properties": {
                "pointer": {"type": "string"},
                "parameter": {"type": "string"},
                "detail": {"type": "string"},
            },
            "required": ["detail"],
        },
    },
    "record": {"type": "string", "description": "The record's value that proves the host."},
    "record_name": {"type": "string", "description": "Where in the DNS the record belongs."},
    "record_type": {"type": "string", "description": "The type of the record."},
}


def problems_of(operation: Operation) -> Iterator[Kind]:
    """Yield every problem that an operation can answer with."""
    yield from (problems.INVALID_QUERY, problems.INTERNAL_ERROR)
    if operation.blocking:
        yield problems.OVERLOADED
    if operation.secured:
        yield from (problems.UNAUTHENTICATED, problems.TOO_MANY_REQUESTS)
        yield refusals.kind_of(StoreUnavailable)
    if operation.body is not None:
        yield from (problems.MALFORMED_JSON, problems.BODY_TOO_LARGE)
        yield from (problems.UNSUPPORTED_MEDIA_TYPE, problems.INVALID_BODY)
    if operation.conditional:
        yield problems.MALFORMED_HEADER
    if operation.idempotent:
        yield refusals.kind_of(errors.InvalidIdempotencyKey)
        yield refusals.kind_of(errors.IdempotencyMismatch)
    if operation.refuses_keys:
        yield problems.KEY_NOT_TAKEN
    for refusal in operation.refusals:
        yield refusal if isinstance(refusal, Kind) else refusals.kind_of(refusal)


def described_answers(
    operation: Operation, operations: Mapping[str, Operation]
) -> dict[str, dict[str, Any]]:
    """Return the `responses` of an operation; `operations` are all, for the links among them."""
    found: dict[str, dict[str, Any]] = {}
    for answer in operation.answers:
        names = ["x-request-id", *answer.headers, *([REPLAYED] if operation.idempotent else [])]
        written: dict[str, Any] = {"description": answer.description, "headers": _headers(names)}
        if answer.schema is not None:
            content: dict[str, Any] = {"schema": reference(answer.schema)}
            if answer.example is not None:
                content["example"] = answer.example
            written["content"] = {answer.media_type: content}
        if answer.links:
            written["links"] = {
                target: {
                    "operationId": target,
                    "parameters": {
                        _path_parameter(operations[target]): f"$response.body#/{member}"
                    },
                }
                for target, member in answer.links.items()
            }
        found[str(answer.status)] = written
    by_status: dict[int, dict[str, Kind]] = {}
    for kind in problems_of(operation):
        by_status.setdefault(kind.status, {})[kind.name] = kind
    for status, kinds in sorted(by_status.items()):
        found[str(status)] = _refused(status, list(kinds.values()))
    return found


def _refused(status: int, kinds: list[Kind]) -> dict[str, Any]:
    return {
        "description": "; ".join(kind.title for kind in kinds) + ".",
        "headers": _headers(["x-request-id", *OF_STATUS.get(status, ())]),
        "content": {
            problems.MEDIA_TYPE: {
                "schema": {
                    "allOf": [
                        reference("Problem"),
                        {
                            "properties": {
                                "type": {"enum": [kind.type for kind in kinds]},
                                "status": {"const": status},
                            }
                        },
                    ]
                },
                "examples": {kind.name: {"value": _example(kind)} for kind in kinds},
            }
        },
    }


def _example(kind: Kind) -> dict[str, Any]:
    return {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": "what is wrong, and what to do about it",
        "request_id": SAMPLE_ID,
    }


def _headers(names: list[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _path_parameter(operation: Operation) -> str:
    return "host" if "{host}" in operation.path else "id"
