"""A bare Starlette endpoint under uvicorn with uvloop and httptools: parses, and keeps nothing."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

# What to type after `python -m`, with a port to follow.
COMMAND = [
    *("uvicorn", "bench.yardsticks.starlette_app:app"),
    *("--loop", "uvloop", "--http", "httptools"),
    *("--no-access-log", "--log-level", "warning", "--port"),
]


async def webhook(request: Request) -> Response:
    """Parse."""
    await request.json()
    return Response(status_code=204)


app = Starlette(routes=[Route("/webhook", webhook, methods=["POST"])])
