"""Group C: media types."""

from hookwright_receiver.conformance.delivery import Delivery
from hookwright_receiver.conformance.expectation import ACCEPT, Expectation, refuse
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


def _lax(run: Run) -> Expectation:
    return refuse(415) if run.strict_profile else ACCEPT


@GROUP.case(
    1,
    "upper case, with a charset",
    sent="`APPLICATION/JSON; charset=UTF-8`",
    expect="accept",
    why="media types are case-insensitive",
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
    hint="Read the raw body whatever its type; the strict profile answers 415.",
    hints={"flask": "request.get_json() demands a JSON type: use request.get_data()."},
)
async def none(run: Run) -> None:
    """Leave the header out."""
    await run.expect(_typed(run, None), _lax(run), "no Content-Type")


@GROUP.case(
    3,
    "text and form types with a JSON body",
    sent=f"`text/plain`, `{FORM}` with a JSON body",
    expect="accept (strict: 415)",
    why="what curl and PHP send by default",
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
        await run.expect(_typed(run, text), _lax(run), text)


@GROUP.case(
    4,
    "types that are not JSON",
    sent="`application/jsonp`, `application/xml`, `multipart/form-data`",
    expect="415",
    why="prefix matching",
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
    expect="400 (strict: 415)",
    why="a form is not a message",
    hint="Parse the raw body as JSON; do not fall back on form fields.",
)
async def form(run: Run) -> None:
    """Send what a browser's form sends."""
    expectation = refuse(415) if run.strict_profile else refuse(400)
    await run.expect(_typed(run, FORM, b"a=1&b=2"), expectation, "a=1&b=2")
