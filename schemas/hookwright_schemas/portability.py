"""What a schema may use: the keywords and patterns that every common validator reads alike.

The same files are read by validators of other languages. So a schema keeps to keywords that mean
the same in every draft since 4, and a pattern to what Python, Rust, PCRE and ECMAScript share.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .errors import ContractError
from .formats import FORMATS

ANNOTATIONS: Final = frozenset({"$schema", "title", "description", "examples", "default"})
ASSERTIONS: Final = frozenset(
    {
        *("type", "enum", "format", "pattern", "minLength", "maxLength"),
        *("minimum", "maximum", "multipleOf"),
        *("minItems", "maxItems", "uniqueItems"),
        *("required", "minProperties", "maxProperties"),
    }
)
SCHEMAS: Final = frozenset({"not", "items", "additionalProperties"})
ARRAYS_OF_SCHEMAS: Final = frozenset({"allOf", "anyOf", "oneOf"})
MAPS_OF_SCHEMAS: Final = frozenset({"properties"})
KEYWORDS: Final = ANNOTATIONS | ASSERTIONS | SCHEMAS | ARRAYS_OF_SCHEMAS | MAPS_OF_SCHEMAS
# What `$schema` may name. Any other would be looked for in the network, or in files.
LATEST: Final = "https://json-schema.org/draft/2020-12/schema"
DIALECTS: Final = frozenset(
    {
        *(LATEST, "https://json-schema.org/draft/2019-09/schema"),
        *(f"http://json-schema.org/draft-0{number}/schema" for number in (4, 6, 7)),
    }
)
TYPES: Final = frozenset({"string", "integer", "number", "boolean", "null", "array", "object"})

# A doubled sign is an operator on sets in Rust, and in a later Python.
_CLASS = r"\[\^?(?:\\x[0-9A-Fa-f]{2}|\\[\\\]\[^.*+?(){}|/-]|(?!--|&&|~~|\|\|)[^\\\[\]])+\]"
_TOKEN = re.compile(
    rf"""
      \\x[0-9A-Fa-f]{{2}}            # a code point; \u and \p are spelt in different ways
    | \\[.*+?(){{}}|\[\]\\/^]        # an escaped sign; not \d \s \w \b, which differ
    | {_CLASS}
    | \((?!\?)                       # a group; no look-around, no flags, no names
    | \)
    | (?:[*+?]|\{{[0-9]+(?:,[0-9]*)?\}}) (?![?+*])   # a quantifier, neither lazy nor possessive
    | [|^.]
    | [^\\\[\](){{}}*+?|^.$]
    """,
    re.VERBOSE,
)


def pattern_problem(pattern: str) -> str | None:
    """Say why a pattern means different things to different engines; None when it does not."""
    position = 0
    while position < len(pattern):
        match = _TOKEN.match(pattern, position)
        if match is None:
            sign = pattern[position : position + 2]
            return f"has {sign!r}, which other languages read in another way: write it otherwise"
        if match[0] == ".":
            return "has a `.`, whose line ends differ between languages: use a class, like [^@]"
        position = match.end()
    try:
        re.compile(pattern)
    except re.error as error:
        return f"is no regular expression ({error.msg})"
    return None


def check_schema(schema: Any, file: str) -> None:
    """Raise `ContractError` for the first keyword, format or pattern that is not portable."""
    for key, node in _nodes(schema, "", file):
        _check_node(node, key, file)


def _nodes(node: Any, key: str, file: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(node, Mapping):
        raise ContractError(file, key, "must be a schema, which is a JSON object")
    yield key, node
    for name, value in node.items():
        # Drafts before 6 take a boolean for a schema in this one place alone.
        if name == "additionalProperties" and isinstance(value, bool):
            continue
        for inner, child in _children(name, value, f"{key}.{name}" if key else name, file):
            yield from _nodes(child, inner, file)


def _children(name: str, value: Any, key: str, file: str) -> Iterator[tuple[str, Any]]:
    """Find the schemas that stand in one keyword of a schema."""
    if name in SCHEMAS:
        yield key, value
    elif name in ARRAYS_OF_SCHEMAS:
        if not isinstance(value, list) or not value:
            raise ContractError(file, key, "must be an array of schemas")
        yield from ((f"{key}[{number}]", child) for number, child in enumerate(value))
    elif name in MAPS_OF_SCHEMAS:
        if not isinstance(value, Mapping):
            raise ContractError(file, key, "must be an object of schemas")
        yield from ((f"{key}.{member}", child) for member, child in value.items())


def _check_node(node: Mapping[str, Any], key: str, file: str) -> None:
    prefix = f"{key}." if key else ""
    for name in node:
        if name not in KEYWORDS:
            raise ContractError(
                file,
                f"{prefix}{name}",
                "is no keyword that means the same since draft 4 in every validator:"
                f" use {', '.join(sorted(KEYWORDS - ANNOTATIONS))}",
            )
    dialect = node.get("$schema", LATEST)
    if not isinstance(dialect, str) or dialect.removesuffix("#") not in DIALECTS:
        raise ContractError(file, f"{prefix}$schema", f'must be "{LATEST}", or left out')
    if "format" in node and node["format"] not in FORMATS:
        raise ContractError(
            file, f"{prefix}format", f"is none that both ends assert: use {', '.join(FORMATS)}"
        )
    if "pattern" in node:
        pattern = node["pattern"]
        problem = pattern_problem(pattern) if isinstance(pattern, str) else "must be a text"
        if problem:
            raise ContractError(file, f"{prefix}pattern", problem)
