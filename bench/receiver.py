"""Generated receivers against bare endpoints on the same stack, core and settings."""

import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.load import free_port, requests_per_second, require, serving
from bench.result import Result
from hookwright_receiver import Answers, generate
from hookwright_schemas import load_contract

ROUNDS = 5
SECONDS = 4
WARM_UP = 1
TOKEN = "bench-token-0123456789"

# The endpoint that the generated one is measured against: it parses, and keeps nothing.
BARE_STARLETTE = """
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

async def webhook(request):
    await request.json()
    return Response(status_code=204)

app = Starlette(routes=[Route("/webhook", webhook, methods=["POST"])])
"""

# A receiver of the documentation's kind.
BARE_FLASK = """
import json

from flask import Flask, request

app = Flask(__name__)

@app.route("/webhook", methods=["POST"])
def webhook():
    return "received:" + json.dumps(json.loads(request.data))
"""


@dataclass(frozen=True)
class Contender:
    """One server under load."""

    command: list[str]
    environment: Mapping[str, str]
    path: str
    ready: str


def starlette() -> Iterator[Result]:
    """Measure the Starlette receiver, with its handlers elsewhere and in the same process."""
    bare = ["uvicorn", "bare:app", "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    yield from _compare(
        "starlette",
        BARE_STARLETTE,
        [sys.executable, "-m", *bare, "--log-level", "warning", "--port"],
        "a bare Starlette endpoint (parse, 204)",
    )


def flask() -> Iterator[Result]:
    """Measure the Flask receiver, with its handlers elsewhere and in the same process."""
    bare = ["gunicorn", "bare:app", "--worker-class", "gthread", "--threads", "32"]
    yield from _compare(
        "flask",
        BARE_FLASK,
        [sys.executable, "-m", *bare, "--keep-alive", "75", "--no-control-socket", "--bind"],
        "a minimal Flask receiver (parse, echo) under gunicorn gthread",
    )


def _compare(stack: str, source: str, bare: list[str], against: str) -> Iterator[Result]:
    require("wrk", "taskset")
    contract = load_contract()
    sample = contract.events[0].samples[0].payload
    body = contract.encode({**sample, "token": TOKEN})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder / "receiver", Answers(name="bench-receiver", stack=stack))
        (folder / "bare").mkdir()
        (folder / "bare" / "bare.py").write_text(source)
        rates: dict[str, list[float]] = {"bare": [], "0": [], "1": []}
        for _ in range(ROUNDS):
            rates["bare"].append(_rate(folder / "bare", _bare(bare), body))
            for workers in ("0", "1"):
                rates[workers].append(_rate(folder / "receiver", _generated(workers), body))
        reference = statistics.median(rates["bare"])
        for workers, suffix in (("0", ""), ("1", ".with_handlers")):
            value = statistics.median(rates[workers])
            yield Result(f"receiver.{stack}{suffix}", value, "requests/s", against, reference)


def _bare(command: list[str]) -> Contender:
    port = free_port()
    where = f"127.0.0.1:{port}" if "gunicorn" in command else str(port)
    return Contender([*command, where], {}, "/webhook", str(port))


def _generated(workers: str) -> Contender:
    port = str(free_port())
    environment = {
        "PORT": port,
        "WEBHOOK_TOKENS": TOKEN,
        "WORKERS": workers,
        "DATABASE_URL": "sqlite:///bench.db",
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "bench_receiver", "serve"]
    return Contender(command, environment, "/webhooks/joturl", port)


def _rate(folder: Path, contender: Contender, body: bytes) -> float:
    for leftover in folder.glob("bench.db*"):
        leftover.unlink()
    origin = f"http://127.0.0.1:{contender.ready}"
    with serving(contender.command, folder, contender.environment, f"{origin}/healthz"):
        requests_per_second(origin + contender.path, body, seconds=WARM_UP)
        return requests_per_second(origin + contender.path, body, seconds=SECONDS)
