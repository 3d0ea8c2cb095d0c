"""Group A, second half: the sender proves itself by Standard Webhooks signatures."""

import base64
from typing import Any

from hookwright_receiver.conformance.credentials import sign
from hookwright_receiver.conformance.delivery import Delivery, Header
from hookwright_receiver.conformance.expectation import ACCEPT, refuse
from hookwright_receiver.conformance.model import Level
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run

GROUP = Group("A", "authentication")

_SIGNATURE = ("signature",)
_RAW = "Verify the signature over the raw bytes of the body, before anything parses them."
_OTHER_SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()
_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


def _right(run: Run, body: bytes | None = None) -> Delivery:
    event = run.messages.plain
    return run.messages.raw(event, run.messages.authorised_text(event) if body is None else body)


def _at(run: Run, timestamp: str) -> Delivery:
    """Return a message of this time whose signature is right for it: only the time is wrong."""
    delivery = _right(run)
    secret = run.target.credentials.secrets[0]
    signature = sign(secret, delivery.header("webhook-id"), timestamp, delivery.body)
    return delivery.with_headers(("webhook-timestamp", timestamp), ("webhook-signature", signature))


def _pretty(run: Run) -> bytes:
    payload: Any = run.messages.sample(run.messages.plain)
    return run.messages.pretty(payload)


@GROUP.case(
    3,
    "a signature over other white space",
    sent="signature: valid over a pretty-printed body",
    expect="accept",
    why="raw bytes are what is signed",
    source="Standard Webhooks, signature scheme",
    hint=_RAW,
    hints={"express": "express.raw({type: () => true}) keeps the bytes that were signed."},
    modes=_SIGNATURE,
)
async def pretty(run: Run) -> None:
    """Sign a body that no serialiser would write by default."""
    await run.expect(_right(run, _pretty(run)), ACCEPT, "pretty-printed")


@GROUP.case(
    4,
    "signatures that are not right",
    sent="signature: missing, wrong key, one body byte flipped, id changed, timestamp changed",
    expect="401",
    why="each part of the signed content counts",
    source="an event would be taken from a stranger",
    hint="Sign `<id>.<timestamp>.<body>` and compare in constant time; missing headers are a 401.",
    modes=_SIGNATURE,
)
async def wrong(run: Run) -> None:
    """Change one thing at a time about a message that is right."""
    delivery = _right(run)
    identifier, timestamp = delivery.header("webhook-id"), delivery.header("webhook-timestamp")
    other = sign(
        "whsec_" + base64.b64encode(b"k" * 24).decode(), identifier, timestamp, delivery.body
    )
    place = max(i for i, byte in enumerate(delivery.body) if chr(byte).isalpha())
    flipped = bytearray(delivery.body)
    flipped[place] ^= 1
    later = str(int(timestamp) + 1)
    rows = [
        (delivery.without("webhook-signature"), "no signature"),
        (delivery.without("webhook-timestamp"), "no timestamp"),
        (delivery.without("webhook-id"), "no id"),
        (delivery.without(*_HEADERS), "none of the three headers"),
        (delivery.with_headers(("webhook-signature", other)), "a wrong key"),
        (_with_body(delivery, bytes(flipped)), "one byte of the body changed"),
        (delivery.with_headers(("webhook-id", run.messages.unique("msg_"))), "another id"),
        (delivery.with_headers(("webhook-timestamp", later)), "another timestamp"),
    ]
    for changed, label in rows:
        await run.expect(changed, refuse(401), label)


def _with_body(delivery: Delivery, body: bytes) -> Delivery:
    return Delivery(delivery.target, body, delivery.headers, marker=delivery.marker)


@GROUP.case(
    5,
    "parsed and written again",
    sent="body parsed and re-serialised under the old signature",
    expect="401",
    why="verify before parsing",
    source="an event would be taken from a stranger",
    hint=_RAW,
    modes=_SIGNATURE,
)
async def rewritten(run: Run) -> None:
    """Sign one spelling of a payload and send the other."""
    compact = run.messages.authorised_text(run.messages.plain)
    signed = _right(run, _pretty(run))
    await run.expect(_with_body(signed, compact), refuse(401), "compact under a pretty signature")
    signed = _right(run, compact)
    await run.expect(_with_body(signed, _pretty(run)), refuse(401), "pretty under a compact one")


@GROUP.case(
    6,
    "several signatures",
    sent="header with several signatures, one right",
    expect="accept",
    why="rotation",
    source="Standard Webhooks, signature scheme",
    hint="Split the header at spaces and take the message if any v1 signature is right.",
    modes=_SIGNATURE,
)
async def several(run: Run) -> None:
    """Put the right one in each place, and sign with the older secret."""
    delivery = _right(run)
    good = delivery.header("webhook-signature")
    bad = "v1," + base64.b64encode(b"\x00" * 32).decode()
    asymmetric = "v1a," + base64.b64encode(b"\x00" * 64).decode()
    for text, label in (
        (f"{good} {bad}", "the right one first"),
        (f"{bad} {good}", "the right one last"),
        (f"{asymmetric} {bad} {good}", "after another version"),
    ):
        fresh = _right(run)
        good_now = fresh.header("webhook-signature")
        changed = fresh.with_headers(("webhook-signature", text.replace(good, good_now)))
        await run.expect(changed, ACCEPT, label)
    if len(run.target.credentials.secrets) > 1:
        older = run.target.credentials.secrets[1]
        delivery = _right(run)
        identifier, timestamp = delivery.header("webhook-id"), delivery.header("webhook-timestamp")
        signature = sign(older, identifier, timestamp, delivery.body)
        changed = delivery.with_headers(("webhook-signature", signature))
        await run.expect(changed, ACCEPT, "by the older of two secrets")


@GROUP.case(
    7,
    "signature headers out of order",
    sent="only an unknown version; no comma; bad base64; non-ASCII; empty",
    expect="401",
    why="the reference verifier raises on some of these",
    source="an event would be taken from a stranger",
    hint="Treat whatever cannot be read in the header as no signature; let nothing raise.",
    modes=_SIGNATURE,
)
async def malformed(run: Run) -> None:
    """Spoil the header's form; the signature itself would be right."""
    delivery = _right(run)
    signature = delivery.header("webhook-signature").partition(",")[2]
    headers: list[tuple[str | bytes, str]] = [
        (f"v2,{signature}", "an unknown version"),
        (f"v1{signature}", "no comma"),
        (signature, "no version"),
        ("v1,", "no signature after the comma"),
        ("v1,!!!not base64!!!", "bad base64"),
        (f"v1,{signature[:-3]}", "cut base64"),
        (b"v1,\xc3\xa9\xff", "non-ASCII"),
        ("", "empty"),
        (",", "only a comma"),
    ]
    for value, label in headers:
        header: Header = ("webhook-signature", value)
        await run.expect(delivery.with_headers(header), refuse(401), label)


@GROUP.case(
    8,
    "timestamps that do not count",
    sent="timestamp 6 min old, 6 min ahead, `nan`, `+1`, ` 1`, `1abc`, 30 digits",
    expect="401",
    why="replay, lax number parsing",
    source="Standard Webhooks, replay attacks; an event would be taken from a stranger",
    hint="Take ASCII digits only, at most 11 of them, within 5 minutes of now.",
    hints={
        "flask": "int() takes '+1' and '1_0', float() takes 'nan': match [0-9]{1,11} first.",
        "express": "Number() takes '0x10', parseInt() '1abc': match /^[0-9]{1,11}$/ first.",
        "php": "(int) takes '1abc': use ctype_digit() first.",
    },
    modes=_SIGNATURE,
)
async def timestamps(run: Run) -> None:
    """Sign each timestamp rightly, so that only the timestamp itself is wrong."""
    now = int(run.messages.clock())
    rows = [
        (str(now - 360), "6 minutes old"),
        (str(now + 360), "6 minutes ahead"),
        ("nan", "nan"),
        ("+1", "+1"),
        (" 1", "a space before 1"),
        ("1abc", "1abc"),
        ("9" * 30, "30 digits"),
        (f"+{now}", "now with a sign"),
        (f"{now}abc", "now with letters"),
        (f"{now}.0", "now as a fraction"),
        (f"{now:_}", "now with underscores"),
        (f"{now:e}", "now with an exponent"),
        ("", "empty"),
    ]
    for timestamp, label in rows:
        # Who has the key may write what is the time of now in another way, and is no stranger.
        level = Level.SHOULD if label.startswith("now ") else Level.MUST
        await run.expect(_at(run, timestamp), refuse(401), label, level=level)


@GROUP.case(
    9,
    "clock skew",
    sent="timestamp 4 min old",
    expect="accept",
    why="clock skew",
    source="an event would be lost",
    hint="Tolerate 5 minutes in both directions.",
    modes=_SIGNATURE,
)
async def skew(run: Run) -> None:
    """Sign a message of four minutes ago, and one of a clock that is ahead."""
    now = int(run.messages.clock())
    await run.expect(_at(run, str(now - 240)), ACCEPT, "4 minutes old")
    await run.expect(_at(run, str(now + 240)), ACCEPT, "4 minutes ahead")


@GROUP.case(
    10,
    "bad signature and bad JSON",
    sent="bad signature and bad JSON together",
    expect="401",
    why="verify first",
    source="an event would be taken from a stranger",
    hint=_RAW,
    modes=_SIGNATURE,
)
async def both(run: Run) -> None:
    """Send text that is no JSON, and a payload that is invalid, under a wrong signature."""
    for body, label in ((b'{"', "no JSON"), (b"{}", "no event"), (b"", "no body")):
        delivery = _right(run, body)
        bad = "v1," + base64.b64encode(b"\x00" * 32).decode()
        changed = delivery.with_headers(("webhook-signature", bad))
        await run.expect(changed, refuse(401), label)


@GROUP.case(
    11,
    "signatures in several lines",
    sent="two `webhook-signature` lines, one right, in both orders; joined by a comma (SHOULD)",
    expect="accept",
    why="whatever stands between may join two lines, and their order is no more than chance",
    source="RFC 9110, section 5.3",
    hint="Read every line of the header, and take commas and spaces between signatures.",
    hints={
        "flask": "WSGI joins the lines by a comma: split at commas that another v1 follows.",
        "starlette": "request.headers.getlist('webhook-signature'): get() has one line alone.",
        "express": "node joins the lines by a comma and a space: split at `, ` too.",
    },
    modes=_SIGNATURE,
)
async def lines(run: Run) -> None:
    """Put a wrong signature beside the right one in every way that HTTP takes for the same."""
    bad = "v1," + base64.b64encode(b"\x00" * 32).decode()
    rows: list[tuple[str, Level]] = [
        ("{good}|{bad}", Level.MUST),
        ("{bad}|{good}", Level.MUST),
        ("{good}, {bad}", Level.SHOULD),
        ("{bad}, {good}", Level.SHOULD),
        ("{good},{bad}", Level.SHOULD),
        ("{bad},{good}", Level.SHOULD),
    ]
    for form, level in rows:
        delivery = _right(run)
        text = form.format(good=delivery.header("webhook-signature"), bad=bad)
        changed = delivery.with_headers(*(("webhook-signature", t) for t in text.split("|")))
        label = form.format(good="right", bad="wrong").replace("|", " and, in another line, ")
        await run.expect(changed, ACCEPT, label, level=level)
