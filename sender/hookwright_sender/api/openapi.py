"""The OpenAPI 3.1 document, made of the table of routes and of the contract."""

import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from hookwright_schemas import Contract
from hookwright_schemas.validation import SchemaValidator
from hookwright_sender.api.answers import HEADERS, PROBLEM, described_answers
from hookwright_sender.api.components import ID, reference
from hookwright_sender.api.event_messages import described_messages
from hookwright_sender.api.table import Operation, Parameter, Resource, Schema

DESCRIPTION = """\
CTAs and projects, the one webhook that each may have, proofs of the hosts that webhooks go to, and
the log of every delivery.

Send an API key as `authorization: Bearer KEY`. Ids are decimals in strings. Times are RFC 3339 in
UTC. Lists are newest first and come in pages: go on with `cursor`, the `next` of the page before.
Whatever is refused is answered with a problem (RFC 9457). `x-request-id` is answered with every
request: the caller's own, or a new one.

Operations that name `idempotency-key` take one, and then a repeated call is done once. Others that
change something refuse it: they would do it again.
"""
SECURITY = "apiKey"


def served(resources: Iterable[Resource], contract: Contract) -> bytes:
    """Return the document as it is served: UTF-8, on one line."""
    described = document(resources, contract)
    return json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode()


def document(resources: Iterable[Resource], contract: Contract) -> dict[str, Any]:
    """Return the document of some resources, with the contract's events as webhooks."""
    listed = list(resources)
    operations = {each.id: each for resource in listed for each in resource.operations}
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations.values():
        path = paths.setdefault(operation.path, {})
        path[operation.method.lower()] = _described(operation, operations)
    tags = {resource.name: resource.description for resource in listed}
    messages, schemas = described_messages(contract)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "hookwright",
            "version": version("hookwright"),
            "summary": "Webhooks that arrive.",
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in tags.items()],
        "security": [{SECURITY: []}],
        "paths": paths,
        "webhooks": messages,
        "components": {
            "securitySchemes": {
                SECURITY: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key of the account.",
                }
            },
            "headers": HEADERS,
            "schemas": {**schemas_of(listed), **schemas},
        },
    }


def schemas_of(resources: Iterable[Resource]) -> dict[str, Schema]:
    """Return the components of all resources, and the problem, by name."""
    found: dict[str, Schema] = {"Problem": PROBLEM}
    for resource in resources:
        found |= resource.schemas
    return found


def validators(resources: Iterable[Resource]) -> dict[str, SchemaValidator]:
    """Return what checks bodies, by the names of their components: as the document shows them."""
    listed = list(resources)
    components = {"components": {"schemas": schemas_of(listed)}}
    return {
        operation.body: SchemaValidator({**reference(operation.body), **components})
        for resource in listed
        for operation in resource.operations
        if operation.body is not None
    }


def _described(operation: Operation, operations: Mapping[str, Operation]) -> dict[str, Any]:
    written: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
    }
    if operation.description:
        written["description"] = operation.description
    parameters = [*_in_path(operation), *map(_in_query, operation.query), *_in_headers(operation)]
    if parameters:
        written["parameters"] = parameters
    if operation.body is not None:
        content: dict[str, Any] = {"schema": reference(operation.body)}
        if operation.body_example is not None:
            content["example"] = operation.body_example
        written["requestBody"] = {
            "required": operation.body_required,
            "content": {"application/json": content},
        }
    written["responses"] = described_answers(operation, operations)
    if not operation.secured:
        written["security"] = []
    return written


def _in_path(operation: Operation) -> Iterable[dict[str, Any]]:
    if "{id}" in operation.path:
        yield {"name": "id", "in": "path", "required": True, "schema": ID}
    if "{host}" in operation.path:
        host = {"type": "string", "pattern": "^[A-Za-z0-9.-]{1,253}$"}
        yield {"name": "host", "in": "path", "required": True, "schema": host}


def _in_query(parameter: Parameter) -> dict[str, Any]:
    written = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": parameter.schema,
    }
    if parameter.example is not None:
        written["example"] = parameter.example
    return written


def _in_headers(operation: Operation) -> Iterable[dict[str, Any]]:
    if operation.idempotent:
        yield {
            "name": "idempotency-key",
            "in": "header",
            "description": (
                "Makes a repeated call harmless: for 24 hours, the same request with the same key "
                "gets the first answer again."
            ),
            "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        }
    if operation.conditional:
        yield {
            "name": "if-none-match",
            "in": "header",
            "description": "With `*`, one that is there already is not replaced: 412.",
            "schema": {"type": "string", "enum": ["*"]},
        }
