"""What a person is told about a fault: `jsonschema`'s errors in the words of the schema."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .formats import FORMATS
from .pointers import pointer
from .validation import Violation

# A `jsonschema.ValidationError`, whose types allow for fields that are not set yet: those that
# `iter_errors` yields have them all.
Error = Any
Owners = Mapping[str, tuple[str, ...]]

# Of several faults at one place the one that says most: the first of these.
_PRIORITY = ("type", "not", "enum", "format", "pattern", "minLength", "maxLength")


def explain(errors: Iterable[Error], owners: Owners) -> list[Violation]:
    """Return one violation for each place at fault, missing members first, then by pointer."""
    best: dict[str, tuple[int, int, Violation]] = {}
    found = (each for error in errors for each in _violations(error, owners))
    for index, (rank, violation) in enumerate(found):
        before = best.get(violation.pointer)
        if before is None or rank < before[0]:
            best[violation.pointer] = (rank, before[1] if before else index, violation)
    return [violation for _, _, violation in sorted(best.values(), key=lambda each: each[1])]


def _violations(error: Error, owners: Owners) -> Iterator[tuple[int, Violation]]:
    """Yield the faults behind one error, each with its rank among those of its place."""
    keyword = str(error.validator)
    path = list(error.absolute_path)
    names = _members_at_fault(error)
    if names is not None:
        sentence = "is missing" if keyword == "required" else "is not a documented member"
        for name in names:
            yield 0, Violation(pointer([*path, name]), sentence, keyword)
    elif keyword in {"anyOf", "oneOf"} and error.context:
        for child in _meant(error):
            because = _because(error, child)
            for rank, found in _violations(child, owners):
                # Behind every fault that the place has whatever the alternative.
                yield (
                    rank + len(_PRIORITY) + 1,
                    Violation(found.pointer, found.message + because, found.keyword),
                )
    else:
        yield _rank(keyword), Violation(pointer(path), _message(error, path, owners), keyword)


def _members_at_fault(error: Error) -> list[str] | None:
    """Return the members that are missing, or should be; None for every other kind of error."""
    if error.validator == "required":
        # There is one such error for each member, and each has the whole list.
        return [name for name in error.validator_value if name not in error.instance]
    if error.validator == "additionalProperties":
        documented = error.schema.get("properties", {})
        return [name for name in error.instance if name not in documented]
    return None


def _rank(keyword: str) -> int:
    return _PRIORITY.index(keyword) if keyword in _PRIORITY else len(_PRIORITY)


def _meant(error: Error) -> list[Error]:
    """Return the faults of the alternative that was meant.

    A member that names the alternative (an `enum`) and differs makes it another one; of those
    that are left, the one with the fewest faults. None when every alternative is another one and
    the member that should name it is at fault itself.
    """
    branches: dict[int, list[Error]] = {}
    for child in error.context or ():
        branches.setdefault(int(child.relative_schema_path[0]), []).append(child)
    return min(branches.values(), key=lambda faults: (_names_another(faults), len(faults)))


def _names_another(faults: list[Error]) -> bool:
    return any(fault.validator == "enum" for fault in faults)


def _because(error: Error, child: Error) -> str:
    """Say what makes the alternative the one: the members of a single value (", because …")."""
    alternative = error.validator_value[int(child.relative_schema_path[0])]
    reasons = []
    for name, schema in alternative.get("properties", {}).items():
        allowed = schema.get("enum", ())
        if len(allowed) == 1 and isinstance(error.instance, dict) and name in error.instance:
            reasons.append(f"`{name}` is {json.dumps(allowed[0], ensure_ascii=False)}")
    if not reasons or child.validator == "enum":
        return ""
    return f", because {' and '.join(reasons)}"


def _message(error: Error, path: list[str | int], owners: Owners) -> str:
    if error.validator_value == {} and error.validator == "not":
        names = owners.get(str(path[0])) if len(path) == 1 else None
        return f"belongs to another event ({', '.join(names)})" if names else "must not be there"
    purpose = _purpose(error)
    if purpose is not None and error.validator != "type":
        return f"must be {purpose}"
    say = _SENTENCES.get(str(error.validator))
    return say(error) if say else f"breaks the rule `{error.validator}` of the schema"


def _purpose(error: Error) -> str | None:
    """Return what the sub-schema that failed is for: the title of one inside an `allOf` or `anyOf`.

    A documented field's own title names the field, and is nothing that a value can be.
    """
    path = list(error.absolute_schema_path)
    if not {"allOf", "anyOf", "oneOf"}.intersection(map(str, path)):
        return None
    title = error.schema.get("title")
    return str(title) if title else None


def type_name(value: Any) -> str:
    """Return the JSON type of a value, with its article."""
    names: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "a boolean"),
        (str, "a string"),
        ((int, float), "a number"),
        (dict, "an object"),
        ((list, tuple), "an array"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "null")


_ARTICLES = {"array": "an array", "object": "an object", "integer": "an integer", "null": "null"}


def _type(error: Error) -> str:
    wanted = error.validator_value
    kinds = [wanted] if isinstance(wanted, str) else wanted
    listed = " or ".join(_ARTICLES.get(kind, f"a {kind}") for kind in kinds)
    return f"must be {listed}, not {type_name(error.instance)}"


def _enum(error: Error) -> str:
    allowed = [json.dumps(value, ensure_ascii=False) for value in error.validator_value]
    return f"must be {allowed[0]}" if len(allowed) == 1 else f"must be one of {', '.join(allowed)}"


def _not(error: Error) -> str:
    title = error.validator_value.get("title")
    return f"must not hold {title}" if title else "has a value that is not allowed"


def _pattern(error: Error) -> str:
    description = error.schema.get("description")
    return f"has the wrong form: {description}" if description else "has the wrong form"


def _format(error: Error) -> str:
    return f"must be {FORMATS[error.validator_value].noun}"


def _length(error: Error) -> str:
    least = error.validator == "minLength"
    if least and error.validator_value == 1:
        return "must not be empty"
    return f"must have at {'least' if least else 'most'} {_count(error, 'character')}"


def _count(error: Error, noun: str) -> str:
    number = error.validator_value
    return f"{number} {noun}{'' if number == 1 else 's'}"


_SENTENCES: dict[str, Callable[[Error], str]] = {
    "type": _type,
    "enum": _enum,
    "not": _not,
    "pattern": _pattern,
    "format": _format,
    "minLength": _length,
    "maxLength": _length,
    "oneOf": lambda _error: "must fit one of the alternatives, and fits several",
    "minimum": lambda error: f"must be at least {error.validator_value}",
    "maximum": lambda error: f"must be at most {error.validator_value}",
    "multipleOf": lambda error: f"must be a multiple of {error.validator_value}",
    "minItems": lambda error: f"must have at least {_count(error, 'item')}",
    "maxItems": lambda error: f"must have at most {_count(error, 'item')}",
    "uniqueItems": lambda _error: "must not have the same item twice",
    "minProperties": lambda error: f"must have at least {_count(error, 'member')}",
    "maxProperties": lambda error: f"must have at most {_count(error, 'member')}",
}
