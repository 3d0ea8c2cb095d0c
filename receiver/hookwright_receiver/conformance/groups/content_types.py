"""Group C: media types."""

from hookwright_receiver.conformance.delivery import Delivery
from hookwright_receiver.conformance.expectation import ACCEPT, refuse
from hookwright_receiver.conformance.model import Level
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run

GROUP = Group("C", "content types")

FORM = "application/x-www-form-urlencoded"


def _typed(run: Run, content_type: str | None, body: bytes | None = None) -> Delivery:
    event = run.messages.plain
    text = run.messages.authorised_text(event) if body is None else body
    delivery = run.messages.raw(event, text)
    if content_type is None:
        return delivery.without("content-type")
    return delivery.with_headers(("Content-Type", content_type))


async def _lax(run: Run, content_type: str | None, label: str) -> None:
    """Expect it to be taken, or to be refused in the strict profile, which nobody must have."""
    strict = run.strict_profile
    expectation = refuse(415) if strict else ACCEPT
    level = Level.SHOULD if strict else Level.MUST
    await run.expect(_typed(run, content_type), expectation, label, level=level)


@GROUP.case(
    1,
    "upper case, with a charset",
    sent="`APPLICATION/JSON; charset=UTF-8`",
    expect="accept",
    why="media types are case-insensitive",
    source="RFC 9110, section 8.3.1",
    hint="Compare the media type in lower case and without its parameters.",
)
async def case(run: Run) -> None:
    """Write the media type in capitals."""
    for text in ("APPLICATION/JSON; charset=UTF-8", 'application/json;charset="utf-8"'):
        await run.expect(_typed(run, text), ACCEPT, text)


@GROUP.case(
    2,
    "no media type",
    sent="no `Content-Type`",
    expect="accept (strict: 415)",
    why="the documentation never states the sender's",
    source="an event would be lost",
    hint="Read the raw body whatever its type; the strict profile answers 415.",
    hints={"flask": "request.get_json() demands a JSON type: use request.get_data()."},
)
async def none(run: Run) -> None:
    """Leave the header out."""
    await _lax(run, None, "no Content-Type")


@GROUP.case(
    3,
    "text and form types with a JSON body",
    sent=f"`text/plain`, `{FORM}` with a JSON body",
    expect="accept (strict: 415)",
    why="what curl and PHP send by default",
    source="an event would be lost",
    hint="Read the raw body under these types too; the strict profile answers 415.",
    hints={
        "flask": "request.data is empty for a form type: use request.get_data(cache=False).",
        "express": "express.json({type: () => true}) before any form parser.",
        "php": "php://input holds the body; $_POST has eaten nothing of it.",
    },
)
async def lax(run: Run) -> None:
    """Send a valid message under each."""
    for text in ("text/plain", FORM):
        await _lax(run, text, text)


@GROUP.case(
    4,
    "types that are not JSON",
    sent="`application/jsonp`, `application/xml`, `multipart/form-data`",
    expect="415",
    why="prefix matching",
    source="RFC 9110, section 15.5.16",
    level=Level.SHOULD,
    hint="Compare the whole media type, not its beginning.",
)
async def foreign(run: Run) -> None:
    """Send a valid message under each."""
    for text in ("application/jsonp", "application/xml", "multipart/form-data; boundary=x"):
        await run.expect(_typed(run, text), refuse(415), text)


@GROUP.case(
    5,
    "a real form",
    sent=f"a real form body `a=1&b=2` as `{FORM}`",
    expect="400 or 415 (strict: 415)",
    why="a form is not a message",
    source="the contract",
    hint="Parse the raw body as JSON; do not fall back on form fields.",
)
async def form(run: Run) -> None:
    """Send what a browser's form sends."""
    expectation = refuse(415) if run.strict_profile else refuse(400, 415)
    await run.expect(_typed(run, FORM, b"a=1&b=2"), expectation, "a=1&b=2")
