"""Generated receivers against the yardsticks of their framework, on the same core."""

import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.load import free_port, requests_per_second, require, serving
from bench.result import Result
from bench.yardsticks import flask_app, starlette_app
from hookwright_receiver import Answers, generate
from hookwright_schemas import load_contract

ROUNDS = 5
SECONDS = 4
WARM_UP = 1
ROOT = Path(__file__).parents[1]
TOKEN = "bench-token-0123456789"


@dataclass(frozen=True)
class Contender:
    """One server under load."""

    command: list[str]
    environment: Mapping[str, str]
    path: str
    ready: str


def starlette() -> Iterator[Result]:
    """Measure the Starlette receiver, with its handlers elsewhere and in the same process."""
    yield from _compare(
        "starlette",
        [*starlette_app.COMMAND, "{port}"],
        "a bare Starlette endpoint (parse, 204) under uvicorn, uvloop, httptools",
    )


def flask() -> Iterator[Result]:
    """Measure the Flask receiver, with its handlers elsewhere and in the same process."""
    yield from _compare(
        "flask",
        [*flask_app.COMMAND, "127.0.0.1:{port}"],
        "a bare Flask receiver (parse, echo) under gunicorn gthread, 32 threads",
    )


def _compare(stack: str, yardstick: list[str], against: str) -> Iterator[Result]:
    require("wrk", "taskset")
    contract = load_contract()
    sample = contract.events[0].samples[0].payload
    body = contract.encode({**sample, "token": TOKEN})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder / "receiver", Answers(name="bench-receiver", stack=stack))
        (folder / "bare").mkdir()
        rates: dict[str, list[float]] = {"bare": [], "0": [], "1": []}
        for _ in range(ROUNDS):
            rates["bare"].append(_rate(folder / "bare", _bare(yardstick), body))
            for workers in ("0", "1"):
                rates[workers].append(_rate(folder / "receiver", _generated(workers), body))
        reference = statistics.median(rates["bare"])
        for workers, suffix in (("0", ""), ("1", ".with_handlers")):
            value = statistics.median(rates[workers])
            yield Result(f"receiver.{stack}{suffix}", value, "requests/s", against, reference)
        alone = statistics.median(rates["0"])
        against = "the same with WORKERS=0"
        yield Result(f"receiver.{stack}.handlers", value, "requests/s", against, alone)


def _bare(yardstick: list[str]) -> Contender:
    port = str(free_port())
    command = [sys.executable, "-m", *(part.format(port=port) for part in yardstick)]
    return Contender(command, {"PYTHONPATH": str(ROOT)}, "/webhook", port)


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
