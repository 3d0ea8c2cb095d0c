"""What is read of an answer, and that packets do not matter."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hookwright_sender.explanation import BODY_LIMIT
from hookwright_sender.wire.answer import ANSWER_LIMIT, HEAD_LIMIT, Answer

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
EMPTY = OK + b"Content-Length: 0\r\n\r\n"
CUT = "it is malformed or was cut off"

# bytes, then what is told of them: status, body, keep, malformed
ANSWERS = [
    (EMPTY, 200, b"", True, None, "the usual"),
    (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True, None, "no length is needed"),
    (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, b"", True, None, "no reason phrase"),
    (OK + b"Content-Length: 2\r\n\r\nhi", 200, b"hi", True, None, "a body"),
    (OK + b"Content-Length: 2\r\nConnection: close\r\n\r\nhi", 200, b"hi", False, None, "told so"),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, b"hi", False, None, "HTTP/1.0"),
    (OK + b"\r\nhi", 200, b"hi", False, None, "up to the end of the connection"),
    (OK + b"Content-Length: 9\r\n\r\nhi", 200, b"hi", False, CUT, "the end came early"),
    (CHUNKED + b"2\r\nhi\r\n0\r\n\r\n", 200, b"hi", True, None, "chunks"),
    (CHUNKED + b"1;a=b\r\nh\r\n1\r\ni\r\n0\r\nX: y\r\n\r\n", 200, b"hi", True, None, "trailers"),
    (CHUNKED + b"2\r\nhi\r\n", 200, b"hi", False, CUT, "chunks without an end"),
    (CHUNKED + b"2\r\nhi\r\nzz\r\n", 200, b"hi", False, CUT, "a broken chunk"),
    (b"HTTP/1.1 103 X\r\nLink: a\r\n\r\n" * 3 + EMPTY, 200, b"", True, None, "interim answers"),
    (b"HTTP/1.1 100 C\r\nContent-Length: 5\r\n\r\n" + EMPTY, 200, b"", True, None, "without body"),
    (b"HTTP/1.1 101 X\r\n\r\n", 101, b"", False, None, "final, and not HTTP any more"),
    (
        b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: y\r\n\r\nabc",
        101,
        b"",
        False,
        None,
        "final, with what was negotiated behind it",
    ),
    (b"HTTP/1.1 204 X\r\nContent-Length: 4\r\n\r\nnope", 204, b"", False, None, "204 has no body"),
    (EMPTY + EMPTY, 200, b"", False, None, "a second answer, which nobody asked for"),
    (EMPTY + b"HTTP/1.1 500 Oops\r\nX: y\r\n\r\n", 200, b"", False, None, "one that contradicts"),
    (EMPTY + b"H", 200, b"", False, None, "the beginning of one"),
    (OK + b"Content-Length: 2\r\n\r\n" + b"x" * 2**19, 200, b"xx", False, None, "much behind it"),
    (
        OK + b"Content-Length: %d\r\n\r\n" % BODY_LIMIT + b"x" * BODY_LIMIT,
        200,
        b"x" * BODY_LIMIT,
        True,
        None,
        "exactly as much as is read",
    ),
    (
        OK + b"Content-Length: 99999999\r\n\r\n" + b"x" * 2**17,
        200,
        b"x" * BODY_LIMIT,
        False,
        None,
        "more than is read",
    ),
    (
        CHUNKED + b"1\r\nx\r\n" * (BODY_LIMIT + 1000),
        200,
        b"x" * BODY_LIMIT,
        False,
        None,
        "more than is read, in small chunks",
    ),
    (
        CHUNKED + b"1;" + b"x" * ANSWER_LIMIT,
        200,
        b"",
        False,
        None,
        "an endless extension of a chunk",
    ),
    (
        CHUNKED + b"1\r\nx\r\n0\r\nX: " + b"y" * ANSWER_LIMIT,
        200,
        b"x",
        False,
        None,
        "endless trailers",
    ),
    (OK + b"X: y\r\n" * 12_000, None, b"", False, "its head is longer than 64 KiB", "endless head"),
    (OK + b"X: " + b"y" * 2**17, None, b"", False, "its head is longer than 64 KiB", "a long line"),
    (
        b"HTTP/1.1 103 X\r\n\r\n" * 4000,
        None,
        b"",
        False,
        "its head is longer than 64 KiB",
        "interim answers without an end",
    ),
    (OK + b"X: a\0b\r\n\r\n", None, b"", False, "a header holds a NUL", "no log could hold it"),
    (b"hello", None, b"", False, "Expected HTTP/, RTSP/ or ICE/", "another protocol"),
]
IDS = [row[-1] for row in ANSWERS]


def told(answer):
    """Return what an answer tells, without the time."""
    return (
        answer.status,
        answer.reason,
        answer.headers,
        answer.body,
        answer.keep,
        answer.malformed,
    )


def read(pieces):
    """Return the answer that arrives in pieces, with the end of the connection behind them."""
    answer = Answer(lambda: 1.0)
    for number, piece in enumerate(pieces, start=1):
        if answer.feed(piece):
            # Bytes that come when the answer is over end the connection.
            answer.keep = answer.keep and not any(pieces[number:])
            break
    else:
        answer.end()
    return told(answer)


@pytest.mark.parametrize(("data", "status", "body", "keep", "malformed", "why"), ANSWERS, ids=IDS)
def test_what_is_read_of_an_answer(data, status, body, keep, malformed, why):  # noqa: PLR0913, PLR0917  a row
    """The head decides, the body is bounded, and what comes behind it is refused."""
    answer = Answer(lambda: 1.0)
    if not answer.feed(data):
        answer.end()
    got = (answer.status, answer.body, answer.keep, answer.malformed)
    assert got == (status, body, keep, malformed), why
    assert answer.answered == (0.0 if status is None else 1.0)


def cuts(data):
    """Places to cut at: most answers are short enough to be cut anywhere."""
    return st.lists(st.integers(0, len(data)), max_size=12).map(sorted)


@pytest.mark.parametrize("row", ANSWERS, ids=IDS)
@settings(deadline=None)
@given(data=st.data())
def test_packets_do_not_matter(row, data):
    """However the network cuts an answer, the same is read."""
    whole = row[0]
    places = data.draw(cuts(whole))
    edges = zip([0, *places], [*places, len(whole)], strict=True)
    pieces = [whole[start:stop] for start, stop in edges]
    assert read(pieces) == read([whole])


@pytest.mark.parametrize("row", [row for row in ANSWERS if len(row[0]) < 200], ids=lambda r: r[-1])
def test_one_byte_at_a_time(row):
    """The slowest network reads as the fastest one does."""
    whole = row[0]
    assert read([whole[place : place + 1] for place in range(len(whole))]) == read([whole])


@settings(deadline=None)
@given(st.binary(max_size=300).map(lambda noise: OK + noise), st.integers(0, 300))
@example(OK + b"\n\n", 20)
def test_noise_reads_the_same_in_two_packets(data, place):
    """Also where an answer is nothing that anybody would write down in a table."""
    assert read([data[:place], data[place:]])[:4] == read([data])[:4]


def test_the_next_answer_starts_afresh():
    """Nothing of one answer is left in the next one of the connection."""
    answer = Answer(lambda: 1.0)
    assert answer.feed(b"HTTP/1.1 500 Oops\r\nX: y\r\nContent-Length: 2\r\n\r\nhi")
    first = told(answer)
    answer.begin()
    assert answer.feed(EMPTY)
    assert told(answer) == (200, b"OK", [(b"Content-Length", b"0")], b"", True, None)
    assert first == (
        500,
        b"Oops",
        [(b"X", b"y"), (b"Content-Length", b"2")],
        b"hi",
        True,
        None,
    ), "what was read before is not touched"


def test_the_limit_of_a_head_is_exact():
    """A head of 64 KiB is taken, one byte more is not."""
    fill = HEAD_LIMIT - len(OK + b"X: \r\n\r\n")
    assert Answer(lambda: 1.0).feed(OK + b"X: " + b"y" * fill + b"\r\n\r\n") is False
    too_long = Answer(lambda: 1.0)
    assert too_long.feed(OK + b"X: " + b"y" * (fill + 1) + b"\r\n\r\n")
    assert too_long.status is None
