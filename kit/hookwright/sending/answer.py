"""What a receiver answered, made fit for a terminal."""

import json
from typing import Any

from hookwright_sender import Attempt

LINES = 10
WIDTH = 200


def answer_lines(attempt: Attempt) -> list[str]:
    """Return the first lines of an answer; of problem+json (RFC 9457) the detail and pointers.

    {"title": "Invalid", "detail": "2 faults", "errors": [{"pointer": "/date", "message": "…"}]}
    -> ["Invalid: 2 faults", "/date …"]
    """
    media_type = attempt.response_headers.get("content-type", "").partition(";")[0].strip()
    if media_type == "application/problem+json":
        problem = _json_object(attempt.response_body)
        if problem is not None:
            return _clip(_problem_lines(problem))
    text = attempt.response_body.decode("utf-8", "replace").rstrip()
    return _clip(text.splitlines())


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _problem_lines(problem: dict[str, Any]) -> list[str]:
    parts = [part for part in (problem.get("title"), problem.get("detail")) if part]
    lines = [": ".join(map(str, parts))] if parts else []
    for members in problem.values():
        for entry in members if isinstance(members, list) else ():
            if isinstance(entry, dict) and "pointer" in entry:
                where = str(entry["pointer"])
                words = str(entry.get("detail") or entry.get("message") or "")
                lines.append(f"{where or 'the payload'} {words}".rstrip())
    return lines


def _clip(lines: list[str]) -> list[str]:
    # The text comes from a stranger: no control sequence of its reaches the terminal.
    shown = [_printable(line)[:WIDTH] for line in lines[:LINES]]
    if len(lines) > LINES:
        shown.append(f"… {len(lines) - LINES} more lines")
    return shown


def _printable(line: str) -> str:
    return "".join(
        character if character.isprintable() else " " if character == "\t" else "�"
        for character in line
    )
