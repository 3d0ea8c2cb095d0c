"""No text of a stranger does anything to a terminal."""

import json

import pytest

from hookwright_schemas.visible import harmless_json, visible

ROWS = [
    ("plain text, 1 < 2", "plain text, 1 < 2", "nothing to do"),
    ("été 日本 👩\u200d💻", "été 日本 👩\u200d💻", "letters and signs of any script"),
    ("a\n\tb", "a\n\tb", "lines and their indentation stay"),
    ("a\r\nb", "a\nb", "lines as HTTP ends them"),
    ("good\rbad", "good\\x0dbad", "a return that writes over the line"),
    ("\x1b]0;owned\x07\x1b[2J", "\\x1b]0;owned\\x07\\x1b[2J", "a title, and a cleared screen"),
    ("\x9b31m", "\\x9b31m", "the same in one character of C1"),
    ("\x00\x08\x7f", "\\x00\\x08\\x7f", "NUL, backspace, DEL"),
    ("\u202egpj.exe\u2066", "\\u202egpj.exe\\u2066", "text that runs the other way"),
    ("a\u2028b", "a\\u2028b", "a line separator"),
    ("\ud800x", "\\ud800x", "half of a pair, which cannot even be printed"),
]


@pytest.mark.parametrize(("text", "shown", "why"), ROWS)
def test_what_acts_on_a_terminal_is_an_escape(text, shown, why):
    """And can be read."""
    assert visible(text) == shown, why
    assert visible(shown) == shown


@pytest.mark.parametrize(("text", "_shown", "why"), ROWS)
def test_json_means_the_same_when_it_is_harmless(text, _shown, why):
    """JSON has an escape for every character."""
    written = harmless_json(json.dumps(text, ensure_ascii=False))

    assert json.loads(written) == text, why
    assert visible(written) == written
