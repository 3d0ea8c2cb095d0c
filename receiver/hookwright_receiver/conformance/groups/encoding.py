"""Group E: character encodings and content codings."""

import asyncio
import gzip
import zlib
from dataclasses import replace
from functools import cache

from hookwright_receiver.conformance.expectation import accept_or, refuse
from hookwright_receiver.conformance.model import Level
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run

GROUP = Group("E", "encodings")

BOMB_SIZE = 64 * 1024 * 1024

_UTF8 = "Decode the body as UTF-8, strictly, before you parse it."


@cache
def _bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * 1024 * 1024
    packed = [packer.compress(block) for _ in range(BOMB_SIZE // len(block))]
    return b"".join((*packed, packer.flush()))


@GROUP.case(
    1,
    "bytes that are not UTF-8",
    sent="byte 0xFF in a string; an overlong sequence",
    expect="400",
    why="UTF-8 is required",
    source="RFC 8259, section 8.1; an event would be altered",
    hint=_UTF8,
    hints={"php": "json_decode returns null with JSON_ERROR_UTF8: look at json_last_error()."},
)
async def malformed(run: Run) -> None:
    """Put each sequence into a parameter's string."""
    event = run.messages.plain
    for sequence, label in (
        (b"\xff", "byte 0xFF"),
        (b"\xc0\xaf", "an overlong sequence"),
        (b"\xe2\x82", "a cut sequence"),
        (b"\xed\xa0\x80", "an encoded surrogate"),
        (b"\xf4\x90\x80\x80", "beyond U+10FFFF"),
    ):
        body = run.messages.insert(event, b'"conformance_text":"' + sequence + b'"')
        await run.expect(run.messages.raw(event, body), refuse(400), label)


@GROUP.case(
    2,
    "a byte-order mark",
    sent="UTF-8 byte-order mark",
    expect="accept or 400",
    why="implementation's choice, never 5xx",
    source="RFC 8259, section 8.1",
    hint="Strip the mark or answer 400.",
)
async def mark(run: Run) -> None:
    """Put the mark before a valid message."""
    event = run.messages.plain
    body = b"\xef\xbb\xbf" + run.messages.authorised_text(event)
    await run.expect(run.messages.raw(event, body), accept_or(400), "byte-order mark")


@GROUP.case(
    3,
    "UTF-16 and UTF-32",
    sent="UTF-16 and UTF-32 bodies under `application/json`",
    expect="400",
    why="Python guesses them",
    source="RFC 8259, section 8.1 is about who sends",
    level=Level.SHOULD,
    hint=_UTF8,
    hints={
        "flask": "json.loads(bytes) guesses the encoding: give it body.decode('utf-8').",
        "starlette": "json.loads(bytes) guesses the encoding: give it body.decode('utf-8').",
    },
)
async def wide(run: Run) -> None:
    """Encode a valid message in every wide form, with a mark and without."""
    event = run.messages.plain
    text = run.messages.authorised_text(event).decode()
    for codec in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"):
        delivery = run.messages.raw(event, text.encode(codec))
        await run.expect(delivery, refuse(400), codec)


@GROUP.case(
    4,
    "a lone surrogate",
    sent="lone surrogate `\\ud800`",
    expect="400 or 422",
    why="breaks storage later",
    source="RFC 8259, section 8.2",
    level=Level.SHOULD,
    hint="Refuse a string that has no UTF-8 form.",
)
async def surrogate(run: Run) -> None:
    """Escape half a pair in a parameter and in a member's name."""
    event = run.messages.plain
    for member, label in (
        (b'"conformance_text":"\\ud800"', "a high half"),
        (b'"conformance_text":"x\\udc00y"', "a low half"),
        (b'"conformance_\\ud800":"x"', "in a name"),
    ):
        delivery = run.messages.raw(event, run.messages.insert(event, member))
        await run.expect(delivery, refuse(400, 422), label)


@GROUP.case(
    5,
    "compressed bodies",
    sent="`Content-Encoding: gzip`; a gzip bomb; an unknown coding",
    expect="415 (SHOULD for a coding that is understood); what is accepted is stored as sent",
    why="nothing is inflated",
    source="RFC 9110, section 8.4; an event would be altered",
    hint="Answer 415 to any Content-Encoding but identity, before reading the body.",
    hints={"express": "express.json({inflate: false})"},
)
async def codings(run: Run) -> None:
    """Send a valid message compressed, 64 MiB of white space, and a coding that nobody knows."""
    event = run.messages.plain
    for pack, coding in ((gzip.compress, "gzip"), (zlib.compress, "deflate")):
        plain = run.messages.message(event)
        packed = run.messages.raw(event, pack(plain.body), message_id=plain.marker)
        delivery = replace(packed, marker=plain.marker, payload=plain.payload)
        delivery = delivery.with_headers(("Content-Encoding", coding))
        exchange = await run.expect(delivery, refuse(415), coding, level=Level.SHOULD)
        if exchange.accepted and run.instance.inbox is not None:
            await run.stored((delivery, coding))
    text = run.messages.authorised_text(event)
    # Packing it takes the better part of a second.
    bomb = await asyncio.to_thread(_bomb)
    for body, coding, label in (
        (bomb, "gzip", "a gzip bomb of 64 MiB"),
        (text, "conformance", "an unknown coding"),
    ):
        delivery = run.messages.raw(event, body).with_headers(("Content-Encoding", coding))
        await run.expect(delivery, refuse(415), label)


@GROUP.case(
    6,
    "other charsets",
    sent="`charset=utf-16`, `charset=bogus`",
    expect="415",
    why="unknown codecs raise LookupError",
    source="RFC 8259, section 11 knows no charset",
    level=Level.SHOULD,
    hint="Take no charset parameter but UTF-8.",
)
async def charsets(run: Run) -> None:
    """Name a charset that the body is not in, and one that is none."""
    event = run.messages.plain
    delivery = run.messages.raw(event, run.messages.authorised_text(event))
    for charset in ("utf-16", "bogus"):
        content_type = ("Content-Type", f"application/json; charset={charset}")
        await run.expect(delivery.with_headers(content_type), refuse(415), f"charset={charset}")
