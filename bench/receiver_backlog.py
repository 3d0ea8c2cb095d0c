"""The door of a generated receiver while its handlers are far behind."""

import asyncio
import os
import re
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

import aiohttp

from bench.load import free_port, require, serving
from bench.receiver import TOKEN
from bench.result import Result
from bench.sender_latency import paced, percentile
from hookwright_receiver import Answers, generate
from hookwright_schemas import load_contract

# Messages that wait at the least, at the end of a measurement too.
BEHIND = 100_000
# So many more, for what is handled meanwhile.
SPARE = 150_000
RATE = 200
ROUNDS = 3

_FILL = """
import sys
from bench_receiver.inbox import Inbox
from bench_receiver.pipeline import Entry
from bench_receiver.settings import Settings
from bench_receiver.startup import prepare
event, payload, count = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
inbox = Inbox(prepare(Settings.load()), durable=False)
for first in range(0, count, 250):
    inbox.store([Entry(f"filled-{first + place}", event, payload) for place in range(250)])
inbox.close()
"""


def backlog(stack: str) -> Iterator[Result]:
    """Measure the door with its default of a handler worker, with a backlog and without one."""
    require("taskset")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, Answers(name="bench-receiver", stack=stack))
        latencies: dict[int, list[float]] = {0: [], BEHIND: []}
        memory: dict[int, list[float]] = {0: [], BEHIND: []}
        for _ in range(ROUNDS):
            for behind, measured in latencies.items():
                latency, peak = _measured(folder, behind)
                measured.append(latency * 1000)
                memory[behind].append(peak)
    against = f"the same without a backlog, p95 at {RATE} requests/s"
    ours, reference = median(latencies[BEHIND]), median(latencies[0])
    yield Result(f"receiver.{stack}.backlog", ours, "ms", against, reference)
    ours, reference = median(memory[BEHIND]), median(memory[0])
    yield Result(
        f"receiver.{stack}.backlog.memory", ours, "MB", "the same without a backlog", reference
    )


def _measured(folder: Path, behind: int) -> tuple[float, float]:
    """Return the 95th percentile of the answers (seconds), and the most memory (MB)."""
    for leftover in folder.glob("bench.db*"):
        leftover.unlink()
    port = str(free_port())
    environment = {
        "PORT": port,
        "WEBHOOK_TOKENS": TOKEN,
        "DATABASE_URL": "sqlite:///bench.db",
        "LOG_LEVEL": "WARNING",
    }
    contract = load_contract()
    event = contract.events[0]
    payload = event.samples[0].payload
    if behind:
        text = contract.encode(payload).decode()
        subprocess.run(
            [sys.executable, "-c", _FILL, event.id, text, str(behind + SPARE)],
            cwd=folder,
            env={**os.environ, **environment},
            check=True,
        )
    body = contract.encode({**payload, "token": TOKEN})
    origin = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "bench_receiver", "serve"]
    with serving(command, folder, environment, f"{origin}/healthz") as process:
        latencies = asyncio.run(_post(f"{origin}/webhooks/joturl", body))
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
        assert peak is not None
        with closing(sqlite3.connect(folder / "bench.db")) as database:
            pending = "SELECT count(*) FROM inbox WHERE status = 'pending'"
            ((left,),) = database.execute(pending)
    if left < behind:
        raise RuntimeError(f"only {left} messages were left: the handlers were not behind")
    return percentile(latencies), int(peak[1]) / 1024


async def _post(url: str, body: bytes) -> list[float]:
    latencies: list[float] = []
    headers = {"content-type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def post() -> None:
            started = time.perf_counter()
            key = {"webhook-id": secrets.token_hex(8)}
            async with session.post(url, data=body, headers=key) as answer:
                await answer.read()
                if not answer.ok:
                    raise RuntimeError(f"{answer.status}: {await answer.text()}")
            latencies.append(time.perf_counter() - started)

        async with asyncio.TaskGroup() as tasks:
            await paced(RATE, lambda _number: tasks.create_task(post()))
    return latencies[len(latencies) // 10 :]
