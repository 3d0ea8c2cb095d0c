"""What a request's parts may look like: queries, cursors, moments, media types."""

import pytest

from hookwright_sender.api import bodies, pagination, queries, times
from hookwright_sender.api.call import read_id
from hookwright_sender.api.problems import Problem
from hookwright_sender.api.table import Parameter

WORD = Parameter("word", {"type": "string"}, "A word.", queries.choice(("a", "b")))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("1970-01-01t00:00:01.5z", 1.5),
        ("1970-01-01T01:00:00+01:00", 0.0),
        ("1970-01-01T00:00:00.123456789Z", 0.123456),
        # A leap second is the beginning of the next minute.
        ("2016-12-31T23:59:60Z", 1483228800.0),
        ("2016-12-31T23:59:60.5+00:00", 1483228800.5),
    ],
)
def test_moments_are_read(text, moment):
    """RFC 3339, with any offset."""
    assert times.read(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2026-11-25", "2026-11-25T18:00:00", "2026-02-31T00:00:00Z",
        "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "2026-11-25T24:00:00Z",
        "2026-11-25T18:00:00Z\n", "2026-11-25 18:00:00Z", "\u0662026-11-25T18:00:00Z",
    ],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text):
    """Without an offset nobody knows when it is; a day must be one of the calendar."""
    with pytest.raises(ValueError, match="must be a"):
        times.read(text)


def test_moments_are_written_in_utc_to_the_millisecond():
    """Always in the same form, so that texts are in the order of time."""
    assert times.written(0.0) == "1970-01-01T00:00:00.000Z"
    assert times.written(1795629600.9999) == "2026-11-25T18:00:00.999Z"
    assert times.written(None) is None


@pytest.mark.parametrize("last", [0, 1, 118059021033472000, (1 << 63) - 1])
def test_a_cursor_is_read_as_it_was_written(last):
    """There and back, whatever the id."""
    assert pagination.read(pagination.written(last)) == last


@pytest.mark.parametrize(
    "cursor",
    ["", "A", "AAAAAAAAAAB", "__________8", "AAAAAAAAAA=", "AAAAAAAAAA\n", "AAAAAAAAAAÄ", "A" * 99],
)  # fmt: skip
def test_what_is_no_cursor_is_refused(cursor):
    """One cursor for each place, and no other text."""
    with pytest.raises(ValueError, match="is no cursor"):
        pagination.read(cursor)


@pytest.mark.parametrize("text", ["", "0", "101", "-1", "1e1", "\u0663", "0001", "1.0", " 1"])
def test_what_is_no_limit_is_refused(text):
    """1 to 100, in digits."""
    with pytest.raises(ValueError, match="1 to 100"):
        pagination.read_limit(text)


@pytest.mark.parametrize("text", ["0", "01", "-1", "9223372036854775808", "1\n", "x", "", "\u0661"])
def test_what_is_no_id_is_refused(text):
    """63 bits, in digits, without leading zeros."""
    with pytest.raises(ValueError, match="id of an object"):
        read_id(text)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        (b"word=c", "word"),
        (b"word=a&word=a", "word"),
        (b"words=a", "words"),
        (b"word=%ff", "the query"),
        (b"word=\xff", "the query"),
        (b"&".join(b"a=1" for _ in range(101)), "the query"),
    ],
)
def test_a_query_is_refused_with_the_parameters_at_fault(query, parameter):
    """Unknown, twice, unreadable: nothing is passed over in silence."""
    with pytest.raises(Problem) as refused:
        queries.parse(query, (WORD,))
    assert refused.value.kind.name == "invalid-query"
    assert refused.value.more["errors"][0]["parameter"] == parameter


def test_a_query_is_read():
    """By the readers of its parameters."""
    assert queries.parse(b"word=b", (WORD,)) == {"word": "b"}
    assert queries.parse(b"", (WORD,)) == {}


@pytest.mark.parametrize(
    "value",
    ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"',
     "application/merge-patch+json"],
)  # fmt: skip
def test_json_is_taken(value):
    """Under its names, in UTF-8."""
    bodies.check_media_type(value)


@pytest.mark.parametrize(
    "value",
    [None, "", "text/json", "application/jsonp", "application/json; charset=latin1", "+json"],
)  # fmt: skip
def test_anything_but_json_is_refused(value):
    """With the media type that is wanted."""
    with pytest.raises(Problem) as refused:
        bodies.check_media_type(value)
    assert refused.value.headers == {"accept": "application/json"}
