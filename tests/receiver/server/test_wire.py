"""HTTP as clients speak it: one table of requests, and what every stack answers, by the RFCs.

Each row is sent with a look at `/healthz` behind it. `kept` says that this is answered too: both
ends agree where the request ends. Otherwise the connection is closed, and nothing of it is read.
"""

import pytest

PATH = b"/webhooks/joturl"
JSON = b"Content-Type: application/json"
CHUNKED = b"Transfer-Encoding: chunked"
NEXT = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
KEPT, CLOSED = True, False


def deliver(*fields, target=PATH, body=b"%(event)s", line_end=b"\r\n", **others):
    """Return a delivery in which `%(event)s` and `%(length)d` are still to be filled in."""
    first = others.get("method", b"POST"), target, others.get("version", b"HTTP/1.1")
    lines = [*others.get("host", [b"Host: x"]), *others.get("kind", [JSON])]
    lines += others.get("length", [b"Content-Length: %(length)d"])
    return line_end.join([b" ".join(first), *lines, *fields, b"", body])


def escaped(data):
    """Return bytes in which `%` stands for itself."""
    return data.replace(b"%", b"%%")


def chunks(*fields, data=b"%(length)x\r\n%(event)s\r\n0\r\n\r\n", coding=CHUNKED, **more):
    """Return a delivery in chunks."""
    return deliver(coding, *fields, length=(), body=data, **more)


def sized(*lengths):
    """Return a delivery with these lines for its length."""
    return deliver(length=tuple(b"Content-Length: " + each for each in lengths))


def typed(*types):
    """Return a delivery with these media types, each on a line."""
    return deliver(kind=tuple(b"Content-Type: " + each.encode() for each in types))


def offering(protocol, *fields, framed=deliver):
    """Return a delivery that offers to go on in another protocol."""
    return framed(b"Connection: Upgrade", b"Upgrade: " + protocol, *fields)


H2_SETTINGS = b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"
WEBSOCKET = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13"

HEADS = [
    (deliver(b"X-A: 1\r\n 2"), 400, CLOSED, "a folded line (RFC 9112, 5.2)"),
    (deliver(b" X-A: 1", host=()), 400, CLOSED, "white space before the first field (2.2)"),
    (deliver(line_end=b"\n"), 200, KEPT, "lines that end in LF alone may be taken (2.2)"),
    (b"\r\n" + deliver(), 200, KEPT, "an empty line before a request is to be ignored (2.2)"),
    (deliver(b"X-A : 1"), 400, CLOSED, "white space before the colon (5.1)"),
    (deliver(b": 1"), 400, CLOSED, "a field without a name"),
    (deliver(b"XA"), 400, CLOSED, "a field without a colon"),
    (deliver(b"X-A: 1\r2"), 400, CLOSED, "CR alone (2.2)"),
    (deliver(b"X-A: 1\x002"), 400, CLOSED, "NUL (RFC 9110, 5.5)"),
    (deliver(b"X-A: caf\xe9"), 200, KEPT, "a byte of Latin-1 is opaque (RFC 9110, 5.5)"),
    (deliver("X-A: café ✓".encode()), 200, KEPT, "as is UTF-8, which many send"),
    (deliver(b"X-A:"), 200, KEPT, "an empty value"),
    (deliver(b"X-A:\t1\t"), 200, KEPT, "tabs around a value"),
    (deliver(b"Content_Length: 3"), 200, KEPT, "an underscore makes another name: the length is"),
    (deliver(b"Transfer_Encoding: chunked"), 200, KEPT, "not this, nor"),
    (deliver(b"Content_Type: text/html"), 200, KEPT, "is the type, nor"),
    (deliver(b"webhook_id: a b"), 200, KEPT, "is the key"),
    (deliver("webhook-id: é".encode()), 400, KEPT, "a key is of ASCII: refused, not a defect"),
    (deliver(*(b"X-%d: 1" % number for number in range(90))), 200, KEPT, "many fields"),
    (deliver(*(b"X-%d: 1" % number for number in range(200))), 431, CLOSED, "hyper takes 100"),
    (deliver(b"Cookie: " + b"c" * 16384), 200, KEPT, "a cookie of 16 KiB"),
    (
        deliver(
            *(b"CF-Ray: 8f1", b'CF-Visitor: {"scheme":"https"}', b"CDN-Loop: cloudflare"),
            *(b'Forwarded: for="[2001:db8::1]";proto=https', b"Via: 1.1 a, 1.1 b (c)"),
            *(b"X-Forwarded-For: 1.2.3.4, 5.6.7.8", b"X-ARR-SSL: 2048|256|CN=x", b"Te: trailers"),
            *(b"X-Amzn-Trace-Id: Root=1-5", b"Max-Forwards: 10", b"Priority: u=1, i"),
        ),
        200, KEPT, "what CDNs and proxies add",
    ),
]  # fmt: skip

LENGTHS = [
    (sized(b"+%(length)d"), 400, CLOSED, "a sign"),
    (sized(b"-5"), 400, CLOSED, "below zero"),
    (sized(b"0x5"), 400, CLOSED, "another base"),
    (sized(b""), 400, CLOSED, "nothing"),
    (sized(b"\r\n 2"), 400, CLOSED, "folded"),
    (deliver(length=(b"Content-Length : 2",)), 400, CLOSED, "white space before the colon (5.1)"),
    (sized(b"%(length)d, %(length)d"), 400, CLOSED, "a list of equals may be refused (6.3)"),
    (sized(b"5,6"), 400, CLOSED, "a list of others must be (6.3)"),
    (sized(b"%(length)d", b"%(length)d"), 200, KEPT, "twice the same may be taken (6.3)"),
    (sized(b"%(length)d", b"7"), 400, CLOSED, "two lengths"),
    (sized(b"99999999999999999999999"), 400, CLOSED, "more than a machine can count (6.3)"),
    (sized(b"9223372036854775808"), 413, CLOSED, "and just about"),
    (sized(b"000%(length)d"), 200, KEPT, "zeros before it are digits (RFC 9110, 8.6)"),
    (deliver(length=(), body=b""), 400, KEPT, "no length: no body (6.3)"),
]

CODINGS = [
    (chunks(), 200, KEPT, "chunks, as Go, Node and .NET send what has no length"),
    (chunks(coding=b"Transfer-Encoding: Chunked"), 200, KEPT, "codings have no case (7)"),
    (chunks(coding=b"Transfer-Encoding: chunked, chunked"), 400, CLOSED, "twice (7.1)"),
    (chunks(CHUNKED), 400, CLOSED, "twice, in two lines"),
    (chunks(coding=b"Transfer-Encoding: gzip, chunked"), 400, CLOSED, "what nobody decodes"),
    (chunks(coding=b"Transfer-Encoding: chunked, gzip"), 400, CLOSED, "chunks must be last (6.3)"),
    (chunks(coding=b"Transfer-Encoding: identity"), 400, CLOSED, "is none since RFC 7230"),
    (chunks(coding=b"Transfer-Encoding: xchunked"), 400, CLOSED, "unknown"),
    (chunks(coding=b"Transfer-Encoding: chunked;q=1"), 400, CLOSED, "with a parameter"),
    (chunks(coding=b"Transfer-Encoding: \x0bchunked"), 400, CLOSED, "a sign that is no space"),
    (chunks(version=b"HTTP/1.0"), 400, CLOSED, "1.0 has no chunks: faulty framing (6.1)"),
    (chunks(b"Content-Length: -2054"), 200, CLOSED, "beside none (benoitc/gunicorn#1125)"),
    (chunks(b"Content-Length: 3"), 200, CLOSED, "beside a length: chunks count (6.3)"),
    (chunks(data=b'%(length)x;a=b;c="d"\r\n%(event)s\r\n0;e\r\n\r\n'), 200, KEPT, "extensions"),
    (chunks(b"Trailer: X-T", data=b"%(length)x\r\n%(event)s\r\n0\r\nX-T: 1\r\n\r\n"), 200, KEPT,
     "trailers (7.1.2)"),
    (chunks(data=b"%(length)x\r\n%(event)s\r\n0\r\nContent-Length: 1\r\n\r\n"), 200, KEPT,
     "a trailer frames nothing (RFC 9110, 6.5.1)"),
    (chunks(data=b"0000%(length)x\r\n%(event)s\r\n0\r\n\r\n"), 200, KEPT, "zeros before the size"),
    (chunks(data=b"0x%(length)x\r\n%(event)s\r\n0\r\n\r\n"), 400, CLOSED, "a prefix"),
    (chunks(data=b"+%(length)x\r\n%(event)s\r\n0\r\n\r\n"), 400, CLOSED, "a sign"),
    (chunks(data=b"-1\r\n%(event)s\r\n0\r\n\r\n"), 400, CLOSED, "below zero"),
    (chunks(data=b"xyz\r\n%(event)s\r\n0\r\n\r\n"), 400, CLOSED, "no size"),
    (chunks(data=b"fffffffffffffffff\r\n%(event)s\r\n0\r\n\r\n"), 400, CLOSED, "beyond 64 bits"),
    (chunks(data=b"%(length)x\n%(event)s\n0\n\n"), 400, CLOSED, "LF alone ends no chunk"),
    (chunks(data=b"%(length)x\r\n%(event)sXX0\r\n\r\n"), 400, CLOSED, "more than its size"),
]  # fmt: skip

TYPES = [
    (typed("APPLICATION/JSON"), 200, KEPT, "types have no case"),
    (typed('application/json;charset="utf-8"'), 200, KEPT, "a quoted value, and no space"),
    (typed("application/json; charset=UTF8"), 200, KEPT, "as some write it"),
    (typed("application/json; charset='utf-8'"), 200, KEPT, "or quote it"),
    (typed("application/json; charset="), 200, KEPT, "nothing: JSON is in UTF-8 anyway"),
    (typed("text/plain; charset=us-ascii"), 200, KEPT, "is UTF-8 as well"),
    (typed("application/json; charset=utf-8; charset=utf-16"), 415, KEPT, "two, and one is wrong"),
    (typed("application/json; charset=iso-8859-1"), 415, KEPT, "other bytes"),
    (typed('application/json; a=";charset=utf-16"'), 200, KEPT, "that stands in quotes"),
    (typed(r'application/json; a="\";charset=utf-16"'), 200, KEPT, "with a quote in it"),
    (typed("application/json; boundary=x"), 200, KEPT, "an unknown parameter"),
    (
        typed("application/json; odata.metadata=minimal;IEEE754Compatible=true"),
        200,
        KEPT,
        "Azure's",
    ),
    (typed("application/json;"), 200, KEPT, "no parameter (RFC 9110, 5.6.6)"),
    (typed("application/json ; v=1"), 200, KEPT, "white space before it"),
    (
        typed("application/json", "application/json"),
        200,
        KEPT,
        "twice the same (jshttp/content-type#29)",
    ),
    (typed("application/json, text/plain"), 200, KEPT, "both are read as JSON by default"),
    (typed("application/json", "text/html"), 415, KEPT, "one of them is not"),
    (typed("application/problem+json"), 200, KEPT, "a suffix (RFC 6839)"),
    (typed("application/vnd.api+json"), 200, KEPT, "JSON:API's"),
    (typed("model/gltf+json"), 200, KEPT, "whatever the type"),
    (typed("text/json"), 200, KEPT, "JSON to the WHATWG, and what older .NET sends"),
    (typed("application/x-www-form-urlencoded"), 200, KEPT, "curl's and PHP's, by default"),
    (typed(), 200, KEPT, "none"),
    (typed("*/*; charset=UTF-8"), 200, KEPT, "says nothing (expressjs/body-parser#213)"),
    (typed("application/*"), 415, KEPT, "a range is no type"),
    (typed("application/json; utf-8"), 200, KEPT, "expressjs/body-parser#474"),
    (typed("application/x-www-form-urlencoded; charset=utf-8"), 200, KEPT, "rudder-server#1463"),
    (typed("application/jsonp"), 415, KEPT, "another type"),
    (typed("application/+json"), 415, KEPT, "a suffix of nothing"),
]

TARGETS = [
    (deliver(target=PATH + b"?q=" + b"a" * 8192), 200, KEPT, "a long query"),
    (deliver(target=PATH + escaped(b"?a=%zz&\xc3\xa9")), 200, KEPT, "a query that nobody reads"),
    (deliver(target=PATH + b"?"), 200, KEPT, "an empty one"),
    (deliver(target=PATH + b"/"), 200, KEPT, "the other slash (M3)"),
    (deliver(target=b"http://x" + PATH), 200, KEPT, "absolute: must be taken (RFC 9112, 3.2.2)"),
    (deliver(target=b"HTTP://other.example:80" + PATH), 200, KEPT, "whatever host it names"),
    (deliver(target=escaped(b"/%77ebhooks/joturl")), 200, KEPT, "equivalent (RFC 3986, 6.2.2.2)"),
    (deliver(target=escaped(b"/webhooks%2Fjoturl")), 200, KEPT, "ASGI and WSGI decode it too"),
    (deliver(target=PATH + b"#f"), 200, KEPT, "hyper leaves a fragment out"),
    (deliver(target=b"/" + PATH), 404, KEPT, "an empty segment is one"),
    (deliver(target=b"/webhooks/./joturl"), 404, KEPT, "clients remove dots (RFC 3986, 5.2.4)"),
    (deliver(target=b"/webhooks/x/../joturl"), 404, KEPT, "and these"),
    (deliver(target=PATH + escaped(b"%20")), 404, KEPT, "a space at the end"),
    (deliver(target=PATH + escaped(b"%ff")), 404, KEPT, "no UTF-8"),
    (deliver(target=PATH + escaped(b"%00")), 404, KEPT, "NUL"),
    (deliver(target="/webhooks/é".encode()), 404, KEPT, "raw UTF-8"),
    (deliver(target=PATH + b"\xff"), 400, CLOSED, "raw bytes that are none"),
    (deliver(target=PATH + b" x"), 400, CLOSED, "a space (RFC 9112, 3)"),
    (deliver(target=b"*"), 404, KEPT, "is for OPTIONS"),
    (deliver(target=b"webhooks/joturl"), 400, CLOSED, "relative"),
]

VERSIONS = [
    (deliver(version=b"HTTP/1.0"), 200, CLOSED, "PHP's streams and ab"),
    (deliver(version=b"HTTP/1.0", host=()), 200, CLOSED, "without Host, which it need not have"),
    (deliver(b"Connection: keep-alive", version=b"HTTP/1.0"), 200, KEPT, "kept when asked for"),
    (deliver(version=b"HTTP/1.2"), 400, CLOSED, "hyper knows none (RFC 9110, 2.5: SHOULD)"),
    (deliver(version=b"HTTP/2.0"), 400, CLOSED, "another protocol"),
    (deliver(version=b"http/1.1"), 400, CLOSED, "the name has a case (RFC 9112, 2.3)"),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None, CLOSED, "HTTP/2 without asking"),
    (b"GET /healthz\r\n", 400, CLOSED, "HTTP/0.9"),
    (deliver(host=()), 400, CLOSED, "no Host (RFC 9112, 3.2: MUST)"),
    (deliver(host=(b"Host: x", b"Host: x")), 400, CLOSED, "two, though they are the same (MUST)"),
    (deliver(host=(b"Host: x", b"Host: y")), 400, CLOSED, "two (MUST)"),
    (deliver(host=(b"Host:",)), 400, CLOSED, "an http URI has a host (RFC 9110, 4.2.1)"),
    (deliver(host=(b"Host: a/b",)), 400, CLOSED, "no host looks like this (MUST)"),
    (deliver(host=(b"Host: a, b",)), 400, CLOSED, "nor like this"),
    (deliver(host=("Host: é.example".encode(),)), 400, CLOSED, "nor like this"),
    (deliver(host=(b"Host: [::1]:8000",)), 200, KEPT, "an address and a port"),
    (deliver(host=(b"Host: my_app.internal",)), 200, KEPT, "a name of a container"),
]

CONNECTIONS = [
    (offering(b"h2c", H2_SETTINGS), 200, KEPT, "the JDK's client: declined (RFC 9110, 7.8)"),
    (offering(b"h2c", framed=chunks), 200, KEPT, "with chunks, as Spring's RestClient sends it"),
    (offering(b"websocket", WEBSOCKET), 200, KEPT, "declined too"),
    (offering(b"websocket", framed=chunks), 200, KEPT, "and with chunks"),
    (
        deliver(b"Connection: keep-alive, Upgrade", b"Upgrade: websocket"),
        200,
        KEPT,
        "in a list (pallets/werkzeug#2131)",
    ),
    (offering(b"TLS/1.0"), 200, KEPT, "RFC 2817"),
    (offering(b"h2c, websocket"), 200, KEPT, "a list"),
    (deliver(b"Expect: 200-ok"), 200, KEPT, "an unknown expectation may be ignored (10.1.1)"),
    (
        deliver(b"Expect: 100-continue", version=b"HTTP/1.0"),
        200,
        CLOSED,
        "must be, in 1.0 (10.1.1)",
    ),
    (deliver(b"Connection: close"), 200, CLOSED, "as asked for"),
    (deliver(b"Connection: Keep-Alive, Close"), 200, CLOSED, "in a list, whatever its case"),
    *(
        (deliver(method=method), 405, KEPT, "no delivery; methods have a case (RFC 9110, 9.1)")
        for method in (b"post", b"Post", b"PATCH", b"PROPFIND", b"TRACE", b"CONNECT", b"QUERY")
    ),
    (deliver(method=b"GET"), 405, KEPT, "its body is read or skipped: in step"),
    (deliver(method=b"P<ST"), 400, CLOSED, "no token"),
]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        pytest.param(row[:3], row[3], id=f"{group} {number} {row[3][:40]}")
        for group, rows in [
            ("head", HEADS),
            ("length", LENGTHS),
            ("coding", CODINGS),
            ("type", TYPES),
            ("target", TARGETS),
            ("version", VERSIONS),
            ("connection", CONNECTIONS),
        ]
        for number, row in enumerate(rows)
    ],
)
def test_answer(server, event, row, why):
    """Every stack gives this answer, and stores what it accepts once."""
    request, status, kept = row
    data = request % {b"event": event, b"length": len(event)}
    before = server.stored()
    client = server.connect()
    client.try_send(data + NEXT)
    if status is not None:
        answer = client.answer()
        assert answer.status == status, (why, data[:500], answer.head, answer.body)
        assert b"Traceback" not in answer.body
    if kept:
        assert client.answer().status == 200, why
        client.sock.close()
    else:
        assert client.is_closed(), why
    assert server.stored() - before == (status == 200)


def test_expect(server, event):
    """Who waits to be told to go on is told, however it is written (RFC 9110, 10.1.1)."""
    for expect in (b"Expect: 100-continue", b"Expect: 100-Continue"):
        client = server.connect()
        client.send(deliver(expect) % {b"event": event, b"length": len(event)})
        assert [client.answer().status for _ in range(2)] == [100, 200]
