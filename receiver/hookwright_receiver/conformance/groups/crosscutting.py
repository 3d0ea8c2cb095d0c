"""Group X: what holds for all of it."""

import asyncio
import json
import re
from dataclasses import replace
from typing import Any

from hookwright_receiver.conformance.answer import Answer
from hookwright_receiver.conformance.client import Exchange
from hookwright_receiver.conformance.delivery import Delivery
from hookwright_receiver.conformance.expectation import ACCEPT, Expectation, refuse
from hookwright_receiver.conformance.findings import Witnessed
from hookwright_receiver.conformance.model import Fault, Level
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run

from .deduplication import other_payload
from .sizes import sized

GROUP = Group("X", "across all of it")

PROBLEM = "application/problem+json"
SHOWN = 5
CROWD = 20

_TRACES = re.compile(
    r"Traceback \(most recent call last\)|^\s*File \"[^\"]+\", line \d+|"
    r"^\s+at \S.*\([^)]*:\d+:\d+\)|Stack trace:|<b>(?:Fatal error|Warning)</b>",
    re.MULTILINE,
)
_PATHS = re.compile(r"/(?:home|root|tmp|usr|var|opt|srv|app)/[\w.-]+/|site-packages|node_modules/")


@GROUP.case(
    1,
    "what refusals say",
    sent="one of each refusal, and every other of the run is looked at",
    expect="problem+json; no traceback, path or secret in body or log",
    why="RFC 9457; a refusal must help the sender and nobody else",
    source="RFC 9457; what it leaks is a MUST",
    level=Level.SHOULD,
    hint="Answer every refusal as application/problem+json with title, status and detail only.",
    hints={
        "flask": "@app.errorhandler(HTTPException) for all of them; never run with debug.",
        "starlette": "exception_handlers={HTTPException: …, Exception: …} with problem+json.",
        "express": "An error handler of four parameters: the default one shows stacks.",
        "php": "ini_set('display_errors', '0'), and set the content type before the status.",
    },
    last=True,
)
async def refusals(run: Run) -> None:
    """Provoke one of each, then read everything that the application answered in this run."""
    pointer = await _tour(run)
    refused = [seen for seen in run.journal.answers if _is_refusal(seen)]
    if not refused:
        run.hold(False, "refusals", PROBLEM, "nothing was refused", fault=Fault.ANSWER)
        return
    private = run.instance.control.private() if run.instance.control else ()
    troubles = 0
    for seen in refused:
        for fault, expected, got in _read(run, seen, private, pointer):
            troubles += 1
            if troubles <= SHOWN:
                label = f"{seen.case}: {seen.label}"
                run.hold(False, label, expected, got, fault=fault, exchange=seen.exchange)
    run.hold(
        not troubles,
        f"{len(refused)} refusals",
        "problem+json without a leak",
        f"{troubles} troubles" if troubles else "problem+json without a leak",
        fault=Fault.ANSWER,
    )
    if run.instance.control is not None:
        text = run.instance.control.log()
        clean = not (run.target.credentials.leaked(text) or _TRACES.search(text))
        got = "nothing of the kind" if clean else "a traceback or a secret"
        run.hold(clean, "the log", "no traceback, no secret", got, fault=Fault.LEAK)


async def _tour(run: Run) -> tuple[str, str] | None:
    """Provoke each refusal once; return the label of the 422 and the pointer that it must name."""
    event = run.messages.plain
    base = run.messages.message(event)
    rows: list[tuple[Delivery, Expectation, str]] = [
        (run.messages.raw(event, b"{"), refuse(400), "no JSON"),
        (replace(base, target=f"{base.target}-conformance"), refuse(404), "unknown path"),
        (replace(base, method="PUT"), refuse(405), "PUT"),
        (sized(run, event, run.target.max_body + 1), refuse(413), "too large"),
        (base.with_headers(("Content-Type", "application/xml")), refuse(415), "XML"),
    ]
    if run.mode == "token":
        stranger = run.messages.raw(event, run.messages.contract.encode(run.messages.sample(event)))
        rows.append((stranger, refuse(401), "no token"))
    if run.mode == "signature":
        rows.append((base.without("webhook-signature"), refuse(401), "no signature"))
    if run.messages.contract.idempotency_header is not None:
        again = run.messages.message(event, other_payload(run, event), message_id=base.marker)
        rows += [(base, ACCEPT, "a message"), (again, refuse(409), "its id with another body")]
    pointer = None
    for field in event.fields:
        payload = run.messages.sample(event, **{field.name: []})
        if not run.messages.valid(event, payload):
            escaped = field.name.replace("~", "~0").replace("/", "~1")
            pointer = (f"{field.name} as array", f"/{escaped}")
            rows.append((run.messages.message(event, payload), refuse(422), pointer[0]))
            break
    for delivery, expectation, label in rows:
        exchange = await run.send(delivery)
        # Which code it is belongs to other cases; here it matters what is said.
        if exchange.answer is not None:
            run.journal.answers.append(Witnessed(run.case.id, label, exchange))
        if expectation is not ACCEPT and exchange.accepted:
            run.reason = f"{label} was accepted"
    return pointer


def _is_refusal(seen: Witnessed) -> bool:
    status = seen.exchange.status or 0
    return status >= 400 and not seen.exchange.sent.startswith(b"HEAD ")  # noqa: PLR2004


def _read(
    run: Run, seen: Witnessed, private: tuple[str, ...], pointer: tuple[str, str] | None
) -> list[tuple[Fault, str, str]]:
    """Return what is wrong with a refusal: (fault, expected, got)."""
    answer = seen.exchange.answer
    if answer is None:
        return []
    troubles: list[tuple[Fault, str, str]] = []
    problem = _problem(answer)
    # A 500 is a receiver that fell over, which its own case tells; here it counts what it shows.
    is_refusal = answer.status < 500 or answer.status == 503  # noqa: PLR2004
    if problem is None and is_refusal:
        got = answer.header("content-type") or "no media type"
        troubles.append((Fault.ANSWER, PROBLEM, f"{answer.status} as {got}"))
    elif problem and problem.get("status", answer.status) != answer.status:
        got = f"status {problem['status']} in a {answer.status}"
        troubles.append((Fault.ANSWER, f"status {answer.status}", got))
    elif problem and pointer and (seen.case, seen.label) == (run.case.id, pointer[0]):
        named = answer.status != 422 or pointer[1] in _strings(problem)  # noqa: PLR2004
        if not named:
            troubles.append((Fault.ANSWER, f"the pointer {pointer[1]}", "no such pointer"))
    troubles += [(Fault.LEAK, "no leak", leak) for leak in _leaks(run, answer, private)]
    return troubles


def _problem(answer: Answer) -> dict[str, Any] | None:
    if answer.media_type != PROBLEM:
        return None
    try:
        problem = json.loads(answer.body)
    except ValueError:
        return None
    return problem if isinstance(problem, dict) else None


def _strings(value: Any) -> set[str]:
    """Return every string in a JSON value."""
    if isinstance(value, str):
        return {value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text for item in inner for text in _strings(item)}


def _leaks(run: Run, answer: Answer, private: tuple[str, ...]) -> list[str]:
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers)
    text = headers + "\n" + answer.body.decode("utf-8", "replace")
    leaks = []
    if run.target.credentials.leaked(text):
        leaks.append("a secret")
    if _TRACES.search(text):
        leaks.append("a traceback")
    if _PATHS.search(text) or any(path in text for path in private):
        leaks.append("a path of the machine")
    return leaks


@GROUP.case(
    2,
    "operations",
    sent="`GET /healthz`, `GET /readyz` (inbox writable), `GET /metrics`",
    expect="200, 200, 200; readyz tries a write: 503 while the inbox is locked",
    why="operations",
    source="good practice",
    level=Level.SHOULD,
    hint="Serve the three; /readyz tries a write with a short deadline.",
    place="storage",
)
async def operations(run: Run) -> None:
    """Ask each; ask /readyz again while the runner holds the inbox's write lock."""
    for path in ("/healthz", "/readyz", "/metrics"):
        run.judge(await _get(run, path), refuse(200), path)
    async with run.control.locked():
        exchange = await _get(run, "/readyz")
        run.judge(exchange, refuse(503), "/readyz while the inbox is locked", server=True)
    run.judge(await _get(run, "/readyz"), refuse(200), "/readyz when it is back")


async def _get(run: Run, path: str) -> Exchange:
    return await run.send(Delivery(path, b"", method="GET"))


@GROUP.case(
    3,
    "refused messages are kept",
    sent="a refused delivery that was authenticated",
    expect="kept apart with the reason, token masked, bounded, can be replayed; not in the inbox",
    why="nothing is lost when the contract changes",
    source="good practice",
    level=Level.SHOULD,
    hint="Keep what the schema refused in a table of its own, bounded, with the token masked.",
    observes=True,
    place="storage",
)
async def refused_kept(run: Run) -> None:
    """Refuse one, find it, loosen the contract, replay it; then send more than may be kept."""
    inbox = run.inbox
    event = run.messages.plain
    # Without its first field it is still this event for a contract that tells by other means.
    field = next(
        (f for f in event.fields if not run.messages.valid(event, _wrong(run, event, f.name))), None
    )
    if field is None:
        run.skip("no field of the event can be wrong")
        return
    delivery = run.messages.message(event, _wrong(run, event, field.name))
    await run.expect(delivery, refuse(422), f"{field.name} as array")
    kept = [line for line in await inbox.refused() if delivery.marker in line]
    run.hold(len(kept) == 1, "kept apart", "1 kept", f"{len(kept)} kept")
    listed = await run.entry(delivery)
    run.hold(listed is None, "not in the inbox", "not listed", "listed")
    if len(kept) != 1:
        return
    reasoned = f"/{field.name}" in kept[0]
    run.hold(reasoned, "the reason", f"names /{field.name}", "does not say")
    clean = not run.target.credentials.leaked(kept[0])
    run.hold(clean, "the token", "masked", "as it came", fault=Fault.LEAK)
    number = str(json.loads(kept[0])["id"])
    async with run.control.loosened():
        replayed = await inbox.replay(number, refused=True)

        async def is_stored() -> bool:
            return await run.entry(delivery) is not None

        held = replayed and await run.wait(is_stored, run.patience.effect)
    run.hold(held, "replayed under another contract", "stored", "not stored")
    await _bounded(run, _wrong(run, event, field.name))


def _wrong(run: Run, event: Any, name: str) -> dict[str, Any]:
    return run.messages.sample(event, **{name: []})


async def _bounded(run: Run, payload: dict[str, Any]) -> None:
    event = run.messages.plain
    number = run.patience.refused_number
    for _ in range((number + 20) // CROWD + 1):
        crowd = [run.messages.message(event, payload) for _ in range(CROWD)]
        for exchange in await asyncio.gather(*map(run.send, crowd)):
            if exchange.status != 422:  # noqa: PLR2004
                run.judge(exchange, refuse(422), "one of many")
                return
    lines = await run.inbox.refused()
    run.hold(len(lines) <= number, "many", f"at most {number} kept", f"{len(lines)} kept")
    if not run.messages.takes_parameters(event):
        return
    most = run.patience.refused_bytes
    size = run.target.max_body - 4096
    for _ in range(most // size + 2):
        padded = {**payload, "conformance_padding": "x" * size}
        await run.expect(run.messages.message(event, padded), refuse(422), "a large one")
    kept = sum(map(len, await run.inbox.refused()))
    text = f"{kept // 1024} KiB kept"
    run.hold(kept <= most + size, "large ones", f"about {most // 1024} KiB at most", text)
