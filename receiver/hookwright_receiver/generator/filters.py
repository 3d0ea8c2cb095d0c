"""How values of a contract are written in the languages of the generated files."""

import json
import keyword
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from hookwright_receiver.generator.names import pascal
from hookwright_schemas import Field

LINE = 100
PYTHON_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
    "array": "list[object]",
    "object": "dict[str, object]",
}


def to_json(value: Any) -> str:
    """Return JSON text: also a string of YAML, TOML and JavaScript."""
    return json.dumps(value, ensure_ascii=False)


def to_python(value: Any) -> str:
    """Return a Python literal of a JSON value, or of tuples of them."""
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{to_python(k)}: {to_python(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_python, value)) + "]"
    if isinstance(value, tuple):
        items = ", ".join(map(to_python, value))
        return f"({items},)" if len(value) == 1 else f"({items})"
    return repr(value)


def _string(text: str) -> str:
    # The quotes that the formatter would choose: double ones, unless that costs more escapes.
    body = repr(f"'\"{text}")[1:-1].removeprefix("\\'\"").replace("\\'", "'")
    if text.count('"') > text.count("'"):
        return "'" + body.replace("'", "\\'") + "'"
    return '"' + body.replace('"', '\\"') + '"'


def python_type(field: Field) -> str:
    """Return the type of a documented field in a TypedDict, by its JSON type."""
    known = PYTHON_TYPES.get(field.type, "object")
    return known if field.required else f"NotRequired[{known}]"


def is_identifier(name: str) -> bool:
    """Tell whether a field can be an attribute of a class of Python, and keep its name there.

    A class mangles `__name`, and the parser normalises what is not in NFKC.
    """
    keeps = not name.startswith("__") and unicodedata.is_normalized("NFKC", name)
    return keeps and name.isidentifier() and not keyword.iskeyword(name)


def python_import(names: Iterable[str], module: str) -> str:
    """Return `from module import ...` as the formatter sorts and wraps it."""
    ordered = sorted(set(names), key=lambda name: (_kind(name), name))
    line = f"from {module} import {', '.join(ordered)}"
    if len(line) <= LINE:
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in ordered), ")"])


def _kind(name: str) -> int:
    if name.isupper() and len(name) > 1:
        return 0
    return 1 if name[:1].isupper() else 2


def sentence(text: str) -> str:
    """Return text as one line that ends in a full stop, safe inside a triple-quoted docstring."""
    line = one_line(text).replace("\\", "/").replace('"', "'").rstrip(".")
    return f"{line}."


def one_line(text: str) -> str:
    """Return text with every run of white space and control characters as one space."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()


def cell(text: str) -> str:
    """Return text for a cell of a Markdown table."""
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


FILTERS = {
    "cell": cell,
    "json": to_json,
    "one_line": one_line,
    "pascal": pascal,
    "py": to_python,
    "python_import": python_import,
    "python_type": python_type,
    "sentence": sentence,
}
