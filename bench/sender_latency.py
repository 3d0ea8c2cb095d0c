"""From accepted to delivered: how long an event takes when little happens, and beside bad ones."""

import asyncio
import math
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

import aiohttp

from bench.load import LOAD_CORE, free_port, require
from bench.platform import PERSON, Platform, platform
from bench.result import Result
from bench.sink import sink

SECONDS = 10
# Before those: the first event of a webhook opens its connection, and is no measure of the others.
WARM_UP = 3
# Of the isolation: all well, and then some of them bad, so often in turn.
ROUNDS = 3
WEBHOOKS = 100
# Of the endpoints, those that never answer, and those that answer 500.
HANGING, FAILING = 10, 10
RATE_OF_ALL = 200
# The platform's own limit for a key is not what is measured.
RATE_LIMIT = 100_000
START_TIMEOUT = 30
GOOD = "good.test"


def latency_p95(rate: int) -> Iterator[Result]:
    """Measure at so many events a second, posted to the API of `hookwright serve` on SQLite."""
    require("nginx", "taskset")
    with tempfile.TemporaryDirectory() as name, sink(Path(name)) as served:
        folder = Path(name)
        with platform(
            f"sqlite:///{folder}/platform.db", [served.port], rate_limit=RATE_LIMIT
        ) as made:
            ctas = made.webhooks([f"http://{GOOD}:{served.port}/hook"])
            ours = _measure(made, folder, ctas, rate)
        theirs = asyncio.run(_bare(served.url, rate))
    against = "a bare aiohttp POST to the same sink at the same rate"
    yield Result(f"sender.latency_p95_{rate}", ours * 1000, "ms", against, theirs * 1000)


def isolation() -> Iterator[Result]:
    """Measure the good endpoints while a tenth of all hangs and a tenth fails."""
    require("nginx", "taskset")
    with tempfile.TemporaryDirectory() as name, sink(Path(name)) as served, _hanging() as port:
        good = f"http://{GOOD}:{served.port}/hook"
        bad = [f"http://hanging.test:{port}/hook"] * HANGING
        bad += [f"http://failing.test:{served.port}/fail"] * FAILING
        measured: dict[str, list[float]] = {"well": [], "bad": []}
        for turn in range(ROUNDS):
            for state, others in (("well", [good] * len(bad)), ("bad", bad)):
                folder = Path(name, f"{state}-{turn}")
                folder.mkdir()
                ports = [served.port, port]
                url = f"sqlite:///{folder}/platform.db"
                with platform(url, ports, rate_limit=RATE_LIMIT) as made:
                    ctas = made.webhooks([good] * (WEBHOOKS - len(bad)) + others)
                    latency = _measure(made, folder, ctas, RATE_OF_ALL, WEBHOOKS - len(bad))
                    measured[state].append(latency * 1000)
    against = "the same endpoints while all are well, p95 at 200 events/s"
    ours, theirs = median(measured["bad"]), median(measured["well"])
    yield Result("sender.isolation", ours, "ms", against, theirs)


def _measure(
    made: Platform, folder: Path, ctas: Sequence[int], rate: int, counted: int | None = None
) -> float:
    """Return the 95th percentile in seconds, of the events of the first `counted` CTAs.

    Without those of the warm-up.
    """
    port = free_port()
    with made.process(folder, "serve", "--port", str(port)) as process:
        key = made.services.accounts.issue_key(made.principal.account_id).key
        origin = f"http://127.0.0.1:{port}"
        asyncio.run(_post(origin, key, ctas, rate, process))
        file = folder / "platform.db"
        deadline = time.monotonic() + START_TIMEOUT
        while (found := _latencies(file, ctas[:counted]))[1]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{found[1]} deliveries have not ended")
            time.sleep(0.1)
    return percentile(found[0])


async def _post(
    origin: str,
    key: str,
    ctas: Sequence[int],
    rate: int,
    process: "subprocess.Popen[bytes]",
) -> None:
    """Post leads at a steady rate, whatever becomes of the ones before."""
    headers = {"authorization": f"Bearer {key}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            try:
                async with session.get(f"{origin}/readyz") as answer:
                    if answer.ok:
                        break
            except aiohttp.ClientError:
                pass
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError("the platform does not start")
            await asyncio.sleep(0.05)

        async def lead(cta: int) -> None:
            body = {"data": PERSON[0], "name": PERSON[1]}
            async with session.post(f"{origin}/api/v1/ctas/{cta}/leads", json=body) as answer:
                # What is refused for the time being was not accepted, and is not measured.
                if answer.status not in {201, 429, 503}:
                    raise RuntimeError(f"{answer.status}: {await answer.text()}")

        async with asyncio.TaskGroup() as tasks:
            await paced(rate, lambda number: tasks.create_task(lead(ctas[number % len(ctas)])))


async def _bare(url: str, rate: int) -> float:
    latencies: list[float] = []
    async with aiohttp.ClientSession() as session:

        async def post() -> None:
            started = time.perf_counter()
            async with session.post(url, data=b"{}") as answer:
                await answer.read()
            latencies.append(time.perf_counter() - started)

        async with asyncio.TaskGroup() as tasks:
            await paced(rate, lambda _number: tasks.create_task(post()))
    return percentile(latencies)


async def paced(rate: int, begin: Callable[[int], object]) -> None:
    """Begin something at a steady rate for a while."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    for number in range(rate * (WARM_UP + SECONDS)):
        await asyncio.sleep(max(0.0, started + number / rate - loop.time()))
        begin(number)


def percentile(latencies: Sequence[float], rank: float = 95) -> float:
    """Return the latency below or at which so many per cent stayed (nearest rank)."""
    ordered = sorted(latencies)
    return ordered[max(1, math.ceil(rank * len(ordered) / 100)) - 1]


def _latencies(file: Path, ctas: Sequence[int]) -> tuple[list[float], int]:
    """Return the times from accepted to delivered, and how many have not ended."""
    places = ",".join("?" * len(ctas))
    query = f"""
        SELECT d.state, a.started_at + a.latency - e.created_at
        FROM events e JOIN deliveries d ON d.event_id = e.id
        LEFT JOIN attempts a ON a.delivery_id = d.id AND d.state = 'delivered'
        WHERE e.cta_id IN ({places})
            AND e.created_at >= (SELECT min(created_at) FROM events) + {WARM_UP}
    """
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as database:
        rows = database.execute(query, list(ctas)).fetchall()
    pending = sum(state == "pending" for state, _ in rows)
    return [latency for state, latency in rows if state == "delivered"], pending


@contextmanager
def _hanging() -> Iterator[int]:
    command = [sys.executable, "-m", "bench.peers.hanging"]
    with subprocess.Popen(
        ["taskset", "-c", LOAD_CORE, *command], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()
