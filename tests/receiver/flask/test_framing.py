"""Where a request ends: `framing.RequestBuffer`, as tables."""

import pytest

BODY_LIMIT = 1000
POST = b"POST / HTTP/1.1\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

WHOLE = {
    "no headers": b"GET / HTTP/1.0\r\n\r\n",
    "no body": POST + b"Host: x\r\n\r\n",
    "a body of a length": POST + b"Content-Length: 3\r\n\r\nabc",
    "names have no case": POST + b"CONTENT-LENGTH:\t3\t\r\n\r\nabc",
    "an empty body": POST + b"Content-Length: 0\r\n\r\n",
    "the largest body": POST + b"Content-Length: 1000\r\n\r\n" + b"x" * BODY_LIMIT,
    "a header that only ends like the length": POST + b"X-Content-Length: 9\r\n\r\n",
    "no chunk but the last": CHUNKED + b"0\r\n\r\n",
    "chunks": CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    "the size is hexadecimal": CHUNKED + b"A\r\n0123456789\r\n0\r\n\r\n",
    "extensions of a chunk": CHUNKED + b"1;x=y\r\na\r\n0;z\r\n\r\n",
    "what looks like the end in a chunk": CHUNKED + b"5\r\n0\r\n\r\n\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"0\r\nX: 1\r\nY: 2\r\n\r\n",
    "as many chunks as bytes": CHUNKED + b"1\r\na\r\n" * BODY_LIMIT + b"0\r\n\r\n",
}
PARTS = {
    "nothing": b"",
    "half a head": POST + b"Host: x\r\n",
    "less than the length": POST + b"Content-Length: 4\r\n\r\nabc",
    "half a chunk": CHUNKED + b"3\r\nab",
    "half a size": CHUNKED + b"3",
    "no last chunk": CHUNKED + b"3\r\nabc\r\n",
    "half the end": CHUNKED + b"0\r\n",
    "half the trailers": CHUNKED + b"0\r\nX: 1\r\n",
}
DOUBTFUL = {
    "a body over the limit": POST + b"Content-Length: 1001\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +1\r\n\r\n",
    "a list of lengths": POST + b"Content-Length: 1, 1\r\n\r\n",
    "no length": POST + b"Content-Length:\r\n\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
    "chunks and a length": POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "two codings": CHUNKED[:-2] + b"Content-Length: 1\r\nTransfer-Encoding: x\r\n\r\n",
    "a size that is no number": CHUNKED + b"xyz\r\n",
    "a negative size": CHUNKED + b"-1\r\n",
    "no size": CHUNKED + b"\r\n",
    "a size line without an end": CHUNKED + b"1;" + b"x" * 1100,
    "trailers without an end": CHUNKED + b"0\r\n" + b"X: 1\r\n" * 20_000,
    "chunks over the limit": CHUNKED + b"fffff\r\n" + b"x" * 70_000,
}
REFUSED = {
    "headers without an end": (POST + b"X: 1\r\n" * 20_000, "431"),
    "a line without an end": (b"GET /" + b"x" * 70_000, "431"),
    "more overhead than body": (CHUNKED + (b"1;" + b"x" * 1000 + b"\r\na\r\n") * 990, "413"),
}


@pytest.fixture
def buffer(module):
    """A buffer for bodies of up to BODY_LIMIT bytes."""
    return module("framing").RequestBuffer(BODY_LIMIT)


def feed_all(buffer, pieces):
    """Feed pieces, none of which completes a request."""
    for piece in pieces:
        buffer.feed(piece)
        assert buffer.take() is None


def of(table):
    """Parametrise with a table by name."""
    return pytest.mark.parametrize("data", table.values(), ids=table.keys())


@of(WHOLE)
def test_whole(buffer, data):
    """A request that is there is given, and what follows it is left."""
    buffer.feed(data + b"NEXT")
    assert buffer.take() == (data, True)
    assert len(buffer) == 4


@of(WHOLE)
def test_in_pieces(buffer, data):
    """However a request was cut up on its way, it is given with its last byte and not before."""
    feed_all(buffer, (data[start : start + 1] for start in range(len(data) - 1)))
    buffer.feed(data[-1:])
    assert buffer.take() == (data, True)
    assert buffer.take() is None


def test_several(buffer):
    """Requests that come together are given one after the other."""
    buffer.feed(b"".join(WHOLE.values()))
    assert [buffer.take() for _ in WHOLE] == [(data, True) for data in WHOLE.values()]
    assert buffer.take() is None


@of(PARTS)
def test_part(buffer, data):
    """A request whose rest is still to come is not given."""
    buffer.feed(data)
    assert buffer.take() is None
    assert len(buffer) == len(data)


@of(DOUBTFUL)
def test_doubtful(buffer, data):
    """What will be refused is given at once: nobody has to wait for the rest."""
    buffer.feed(data)
    assert buffer.take() == (data, False)


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(module, buffer, data, status):
    """What no parser should have to read is refused, wherever it is cut."""
    pieces = (data[start : start + 1000] for start in range(0, len(data), 1000))
    with pytest.raises(module("framing").RequestRefused) as refused:
        feed_all(buffer, pieces)
    assert refused.value.status.startswith(status)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(POST + b"Expect: 100-continue\r\n", True, id="asked for"),
        pytest.param(POST + b"EXPECT:100-Continue \r\n", True, id="no case"),
        pytest.param(POST, False, id="not asked for"),
        pytest.param(b"POST / HTTP/1.0\r\nExpect: 100-continue\r\n", False, id="not in HTTP/1.0"),
        pytest.param(POST + b"Expect: 200-ok\r\n", False, id="something else"),
    ],
)
def test_continue(buffer, head, expected):
    """A client that waits for `100 Continue` is noticed, until its request is there."""
    buffer.feed(head + b"Content-Length: 1\r\n\r\n")
    assert buffer.take() is None
    assert buffer.continue_expected is expected
    buffer.feed(b"x")
    assert buffer.take() is not None
    assert buffer.continue_expected is False
