"""What a terminal shows of a stranger's answer."""

import json

import pytest

from hookwright.sending.answer import LINES, WIDTH, answer_lines
from hookwright_sender import Attempt, Outcome

PROBLEM = "application/problem+json"


def lines(body, media_type="text/plain"):
    """Return what is shown of an answer."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return answer_lines(
        Attempt(Outcome.SUCCESS, 0.1, 200, {"content-type": media_type}, response_body=text)
    )


SHOWN = [
    (b"", "text/plain", [], "no body"),
    (b"one\ntwo\n", "text/plain", ["one", "two"], "line by line"),
    (b"\x1b[31m\x07a\tb\x00", "text/plain", ["\ufffd[31m\ufffda b\ufffd"], "control characters"),
    ("\u202eabc".encode(), "text/plain", ["\ufffdabc"], "text that runs the other way"),
    (b"\xff", "text/plain", ["\ufffd"], "no UTF-8"),
    ({"title": "T", "detail": "D"}, PROBLEM, ["T: D"], "title and detail of a problem"),
    ({"status": 404}, PROBLEM, [], "a problem that says nothing"),
    (
        {
            "detail": "D",
            "errors": [{"pointer": "/a", "detail": "x"}, {"pointer": "", "message": "y"}],
        },
        f"{PROBLEM}; charset=utf-8",
        ["D", "/a x", "the payload y"],
        "pointers with their reasons, under either name",
    ),
    ({"errors": ["x", {"no": "pointer"}], "other": 1}, PROBLEM, [], "lists of something else"),
    (b"{", PROBLEM, ["{"], "a problem that is no JSON is shown as it came"),
    (b"[1]", PROBLEM, ["[1]"], "nor one that is no object"),
    (b"[" * 16000, PROBLEM, ["[" * WIDTH], "nor one that is too deep"),
]


@pytest.mark.parametrize(("body", "media_type", "expected", "why"), SHOWN)
def test_what_is_shown_of_an_answer(body, media_type, expected, why):
    """Text as it is, problems readably, and never a control sequence."""
    assert lines(body, media_type) == expected, why


def test_a_long_answer_is_cut():
    """The first lines, and how many more there are."""
    shown = lines("\n".join(map(str, range(LINES + 5))).encode())
    assert shown == [*map(str, range(LINES)), "\u2026 5 more lines"]
