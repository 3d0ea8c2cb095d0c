"""JSON Pointers (RFC 6901): how a place in a payload is named."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

# No leading zeros (RFC 6901, section 4), and no more digits than a list has use for.
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def pointer(path: Iterable[str | int]) -> str:
    """Write a path as a JSON Pointer: ["a/b", 0] -> "/a~1b/0"."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def parts(text: str) -> tuple[str, ...]:
    """Read a JSON Pointer: "/a~1b/0" -> ("a/b", "0"). Raises ValueError for what is none."""
    if text and not text.startswith("/"):
        raise ValueError("a JSON Pointer begins with `/`")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def resolve(value: Any, path: Sequence[str]) -> Any:
    """Return what stands at a path; None where it leads nowhere."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and _INDEX.fullmatch(part) and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
