"""How ids, times and text of strangers are read and written."""

import time

import click
import pytest

from hookwright.platform.words import (
    moment,
    printable,
    read_age,
    read_id,
    read_moment,
    shown_moment,
)


@pytest.mark.parametrize(
    ("seconds", "in_json", "in_a_table"),
    [
        (None, None, "-"),
        (0.0, "1970-01-01T00:00:00.000Z", "1970-01-01 00:00:00"),
        (1795629600.25, "2026-11-25T18:00:00.250Z", "2026-11-25 18:00:00"),
    ],
)
def test_moments_are_written_in_utc(seconds, in_json, in_a_table):
    """Whatever the zone of the machine."""
    assert (moment(seconds), shown_moment(seconds)) == (in_json, in_a_table)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-25", 1795564800.0),
        ("2026-11-25T18:00:00Z", 1795629600.0),
        ("2026-11-25T18:00:00", 1795629600.0),
        ("2026-11-25T19:00:00+01:00", 1795629600.0),
    ],
)
def test_moments_are_read(text, expected):
    """Without a zone they are UTC, as they are shown."""
    assert read_moment(text) == expected


def test_a_moment_may_be_so_long_ago():
    """As one thinks of it when something has just gone wrong."""
    before = time.time()
    told = read_moment("2h")
    assert before - 7200 <= told <= time.time() - 7200


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("2d", 172_800)])
def test_ages_are_read(text, seconds):
    """A number and a unit."""
    assert read_age(text) == seconds


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_id, "0"),
        (read_id, "-1"),
        (read_id, "1.0"),
        (read_id, "\u0661"),
        (read_id, "9223372036854775808"),
        (read_id, "1" * 5000),
        (read_id, "msg_1"),
        (read_age, "30"),
        (read_age, "d"),
        (read_age, "-1d"),
        (read_age, "1y"),
        (read_moment, "yesterday"),
        (read_moment, "2026-13-01"),
        (read_moment, "999999999w"),
    ],
)
def test_what_cannot_be_read_is_refused_with_an_example(read, text):
    """One line that shows what would do."""
    with pytest.raises(click.BadParameter, match="such as"):
        read(text)


@pytest.mark.parametrize("given", [9223372036854775807, 1])
def test_ids_are_63_bits(given):
    """More than a JSON number holds, so they are text everywhere else."""
    assert read_id(str(given)) == given


def test_nothing_that_a_terminal_obeys_is_shown():
    """A TXT record or an answer may hold anything."""
    assert printable("a\x1b[2Jb\nc\x00") == "a�[2Jb c�"
