"""Group M: methods and paths."""

from dataclasses import replace

from hookwright_receiver.conformance.expectation import ACCEPT, accept_or, refuse
from hookwright_receiver.conformance.model import Fault, Level
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run

GROUP = Group("M", "methods and paths")


@GROUP.case(
    1,
    "other methods",
    sent="GET, PUT, PATCH, DELETE",
    expect="405 (SHOULD) with `Allow: POST`",
    why="RFC 9110, section 15.5.6",
    source="RFC 9110, section 15.5.6: a 405 MUST have Allow",
    level=Level.SHOULD,
    hint="Answer 405 and name POST in Allow for every other method on the webhook's path.",
    hints={
        "express": "app.all(path, …) after app.post(path, …): Express answers 404 by itself.",
        "php": "Look at $_SERVER['REQUEST_METHOD'] first; PHP runs the script for every method.",
    },
)
async def methods(run: Run) -> None:
    """Send a message that would be valid, by each method."""
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        delivery = replace(run.messages.message(run.messages.plain), method=method)
        if method in {"GET", "DELETE"}:
            delivery = replace(delivery, body=b"").without("content-type")
        exchange = await run.expect(delivery, refuse(405), method)
        if exchange.status == 405:  # noqa: PLR2004
            allow = exchange.answer.header("allow") if exchange.answer else None
            named = {name.strip().upper() for name in (allow or "").split(",")}
            got = f"Allow: {allow}" if allow else "no Allow header"
            run.hold(
                "POST" in named,
                f"{method}: Allow",
                "Allow: POST",
                got,
                fault=Fault.ANSWER,
                level=Level.MUST,
            )


@GROUP.case(
    2,
    "probes",
    sent="HEAD, OPTIONS",
    expect="405 or 2xx, no effect",
    why="probes",
    source="RFC 9110, section 9.2.1",
    hint="Answer probes without touching the inbox.",
    counted=True,
)
async def probes(run: Run) -> None:
    """Probe with a message that would be valid, so that one that is taken shows."""
    sent = []
    for method in ("HEAD", "OPTIONS"):
        delivery = replace(run.messages.message(run.messages.plain), method=method)
        await run.expect(delivery, accept_or(405), method)
        sent.append((0, [delivery], method))
    await run.effects(*sent)


@GROUP.case(
    3,
    "trailing slash and query",
    sent="the path with and without a trailing slash, with a query string",
    expect="accept all three (the other slash: SHOULD); never 3xx",
    why="senders treat a redirect as failure",
    source="RFC 9110, section 4.2.2; an event would be lost",
    hint="Serve both spellings of the path and ignore the query; never redirect.",
    hints={
        "flask": "@app.post(path, strict_slashes=False)",
        "starlette": "Starlette(…) with both routes and redirect_slashes off.",
        "fastapi": "FastAPI(redirect_slashes=False) with both routes.",
    },
)
async def slashes(run: Run) -> None:
    """Spell the path in three ways."""
    path, _, query = run.instance.path.partition("?")
    bare = path.rstrip("/") or "/"
    also = f"?{query}" if query else ""
    slashed = bare.rstrip("/") + "/"
    for target in (bare + also, slashed + also, f"{path}?{query or 'a=1&b=%2F'}"):
        # To RFC 3986 a path with a slash at its end is another resource.
        level = Level.MUST if target.partition("?")[0] == path else Level.SHOULD
        delivery = replace(run.messages.message(run.messages.plain), target=target)
        await run.expect(delivery, ACCEPT, target, level=level)


@GROUP.case(
    4,
    "an unknown path",
    sent="unknown path",
    expect="404",
    why="no catch-all",
    source="RFC 9110, section 15.5.5",
    level=Level.SHOULD,
    hint="Route the webhook's own path only.",
    hints={"php": "The built-in server hands every path to index.php: compare REQUEST_URI."},
)
async def unknown(run: Run) -> None:
    """Send a message that would be valid to a path beside the webhook's."""
    path = run.instance.path.partition("?")[0].rstrip("/")
    for target in (f"{path}-conformance", f"{path}/conformance", "/conformance/no/such/path"):
        delivery = replace(run.messages.message(run.messages.plain), target=target)
        await run.expect(delivery, refuse(404), target)
