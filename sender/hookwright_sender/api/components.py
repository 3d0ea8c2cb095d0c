"""Pieces of schemas that many objects share."""

from collections.abc import Mapping
from typing import Any

from hookwright_sender.api.table import Schema

# 63 bits at most, and no leading zeros: each object has one id.
MAX_ID = (1 << 63) - 1
ID_PATTERN = "^[1-9][0-9]{0,18}$"
SAMPLE_ID = "118059021033472000"
SAMPLE_TIME = "2026-11-25T18:00:00.000Z"

ID: Schema = {"type": "string", "pattern": ID_PATTERN, "examples": [SAMPLE_ID]}
TIME: Schema = {"type": "string", "format": "date-time", "examples": [SAMPLE_TIME]}
TEXT: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}
# PostgreSQL has no text with one in it.
NO_NUL = "^[^\\u0000]*$"

MASK = {
    "type": "object",
    "properties": {"masked": {"enum": [True]}},
    "required": ["masked"],
    "additionalProperties": False,
    "title": "a mask",
    "description": "Stands for a value that is stored and not shown; sent back, it keeps it.",
}


def described(schema: Schema, description: str, **more: Any) -> dict[str, Any]:
    """Return a schema with a description, and with more keywords."""
    return {**schema, "description": description, **more}


def nullable(schema: Schema) -> dict[str, Any]:
    """Return a schema that takes null too."""
    return {**schema, "type": [schema["type"], "null"]}


def answered(properties: Mapping[str, Schema], description: str = "") -> dict[str, Any]:
    """Return the schema of an object that is answered: it has every member, always."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
    }
    return described(schema, description) if description else schema


def wanted(
    properties: Mapping[str, Schema], *required: str, description: str = ""
) -> dict[str, Any]:
    """Return the schema of a body that is sent: other members are refused, so no typo is lost."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
    return described(schema, description) if description else schema


def reference(name: str) -> dict[str, Any]:
    """Return what stands for a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def page_of(name: str) -> dict[str, Any]:
    """Return the schema of a page of objects."""
    return answered(
        {
            "items": {"type": "array", "items": reference(name), "maxItems": 100},
            "next": {
                "type": ["string", "null"],
                "description": (
                    "The cursor of the next page; null where this is the last one. With filters, a "
                    "page may have few items, or none, and not be the last."
                ),
            },
        }
    )
