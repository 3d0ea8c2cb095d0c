"""Compares what was sent with what a receiver made of it."""

import json
from typing import Any

from .credentials import TOKEN
from .messages import DIRECTIVE, MARKER


def plain(content: Any) -> Any:
    """Return a payload without what the runner itself put into it."""
    if not isinstance(content, dict):
        return content
    return {k: v for k, v in content.items() if k not in {TOKEN, MARKER, DIRECTIVE}}


def exact(content: Any) -> str:
    """Return a text that is equal for equal payloads only: 1, 1.0 and true differ."""
    return json.dumps(plain(content), sort_keys=True)


def difference(sent: Any, found: Any) -> str:
    """Say in which member a stored payload differs from what was sent."""
    before, after = plain(sent), plain(found)
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return "another payload"
    for name in before:
        if name not in after:
            return f"{name} is missing"
        if exact(before[name]) != exact(after[name]):
            return f"{name} is {json.dumps(after[name])[:80]}"
    extra = sorted(set(after) - set(before))
    return f"{extra[0]} was not sent" if extra else "equal"
