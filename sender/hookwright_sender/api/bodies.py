"""Bodies of requests: read up to a limit, strict JSON, checked against their schema."""

from typing import Any

from starlette.requests import Request

from hookwright_schemas import MalformedJSON, parse_strict
from hookwright_schemas.validation import SchemaValidator
from hookwright_sender.api.problems import (
    BODY_TOO_LARGE,
    INVALID_BODY,
    MALFORMED_JSON,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    invalid_body,
)

LIMIT = 64 * 1024
JSON = "application/json"


async def read(request: Request, limit: int = LIMIT) -> bytes:
    """Return a request's body; raises a 413 as soon as more than `limit` bytes are known of."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limit:
        raise _too_large(limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def check_media_type(value: str | None) -> None:
    """Raise a 415 unless a `content-type` is that of JSON, in UTF-8 where it says so."""
    media_type, *parameters = [part.strip().lower() for part in (value or "").split(";")]
    charsets = [text for text in parameters if text.startswith("charset=")]
    is_json = media_type == JSON or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if not is_json or any(text.partition("=")[2].strip('"') != "utf-8" for text in charsets):
        raise Problem(
            UNSUPPORTED_MEDIA_TYPE,
            f"send the body as JSON in UTF-8, with the header `content-type: {JSON}`",
            headers={"accept": JSON},
        )


def parse(body: bytes, validator: SchemaValidator) -> Any:
    """Return the value of a body; raises a 400 for what is no JSON, a 422 for what does not fit."""
    try:
        value = parse_strict(body)
    except MalformedJSON as error:
        place = {} if error.line is None else {"line": error.line, "column": error.column}
        raise Problem(MALFORMED_JSON, str(error), more=place) from None
    violations = validator.check(value)
    if violations:
        raise invalid_body(INVALID_BODY, violations)
    return value


def _too_large(limit: int) -> Problem:
    # What is still on its way would have to be read, and thrown away, before the next request.
    return Problem(
        BODY_TOO_LARGE,
        f"the body has more than {limit} bytes: send less",
        headers={"connection": "close"},
    )
