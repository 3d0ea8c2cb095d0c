"""The values that several groups send."""

from typing import Any, Final

SCALARS: Final[dict[str, Any]] = {
    "conformance_string": "text",
    "conformance_integer": 42,
    "conformance_large": 12345678901234567890,
    "conformance_fraction": 1.5,
    "conformance_zero": 0,
    "conformance_true": True,
    "conformance_false": False,
    "conformance_null": None,
    "conformance_empty": "",
}

OTHER_TYPES: Final[dict[str, Any]] = {
    "number": 1,
    "fraction": 1.5,
    "boolean": True,
    "array": [],
    "filled array": ["x"],
    "object": {},
    "string": "x",
}

NASTY_STRINGS: Final = {
    "emoji": "👩\u200d💻🇮🇹",
    "right-to-left text": "\u05e9\u05dc\u05d5\u05dd \u202e\u0639\u0627\u0644\u0645",
    "combining marks": "e\u0301 n\u0303 \u1e9b\u0323",
    "NUL": "a\u0000b",
    "line and paragraph separators": "a\u2028b\u2029c",
    "quotes and backslashes": "\"'`\\\\ \\\" \\' \\u0041",
    "markup": "</script><script>alert(1)</script><!--",
    "a formula": "=1+1",
    "other formulas": "@SUM(1+1)*cmd|' /C calc'!A0",
    "SQL": "'; DROP TABLE inbox; --",
    "a path": "../../../../etc/passwd",
    "line breaks": "a\r\nb\nc\td,e;f",
    "templates and placeholders": "{{7*7}} ${x} %s %(x)s {0}",
}
