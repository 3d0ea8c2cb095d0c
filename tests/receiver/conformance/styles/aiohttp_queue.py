"""aiohttp with a queue: what is in order goes into it, and workers side by side take their time.

python aiohttp_queue.py PORT WORK [forgetful]: WORK in seconds for each effect; a forgetful one
remembers no id.
"""

import asyncio
import json
import sys

from aiohttp import web

from hookwright_schemas import load_contract

WORKERS = 4
WORK = float(sys.argv[2])
FORGETFUL = "forgetful" in sys.argv

contract = load_contract()
queue = asyncio.Queue()
seen = {}
effects = 0


async def hook(request):
    """Check it, look at its key, put it in the queue, answer."""
    if request.headers.get("content-encoding", "gzip") not in {"gzip", "deflate"}:
        raise web.HTTPUnsupportedMediaType(text="aiohttp unpacks gzip and deflate")
    try:
        message = json.loads((await request.read()).decode())
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest(text="no JSON") from None
    headers = list(request.headers.items())
    if not contract.is_valid(message, headers):
        raise web.HTTPUnprocessableEntity(text="not by the contract")
    own = contract.idempotency_key(message, headers)
    key = request.headers.get("webhook-id") or own
    if key is not None and not FORGETFUL:
        if key in seen:
            if seen[key] != message:
                raise web.HTTPConflict(text="another message has this id")
            return web.Response(text="known")
        seen[key] = message
    queue.put_nowait(message)
    return web.Response(text="taken")


async def work():
    """Take one message after another, for ever."""
    global effects  # noqa: PLW0603  a few lines of code, as people write them
    while True:
        await queue.get()
        await asyncio.sleep(WORK)
        effects += 1


async def workers(_app):
    """Run the workers while the application runs."""
    tasks = [asyncio.create_task(work()) for _ in range(WORKERS)]
    yield
    for task in tasks:
        task.cancel()


async def count(_request):
    """Say how many effects there were."""
    return web.Response(text=str(effects))


app = web.Application()
app.cleanup_ctx.append(workers)
app.add_routes([web.post("/webhook", hook), web.get("/count", count)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
