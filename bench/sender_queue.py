"""A long queue, and several workers on one PostgreSQL."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.cpu import Shares
from bench.load import LOAD_CORE, SERVER_CORE, require
from bench.platform import platform
from bench.postgresql import postgresql
from bench.result import Result
from bench.sink import sink

QUEUED = 1_000_000
FEW = 10_000
WEBHOOKS = 1_000
CLAIMS = 40
PORT = 8000
COUNT = 20_000
CONCURRENCY = 64
# How many share a database, the reference first.
WORKERS = (1, 2)
WITHIN = 300.0


def claim_1m() -> Iterator[Result]:
    """Measure a claim of 256 from a long queue against one from a short one, and the memory."""
    measured = []
    for queued in (FEW, QUEUED):
        with tempfile.TemporaryDirectory() as name:
            url = f"sqlite:///{name}/platform.db"
            with platform(url, [PORT]) as made:
                urls = [f"http://sink.test:{PORT}/hook"] * WEBHOOKS
                made.emit(made.webhooks(urls), queued)
            command = [sys.executable, "-m", "bench.peers.claims", url, str(CLAIMS)]
            done = subprocess.run(
                ["taskset", "-c", SERVER_CORE, *command], capture_output=True, text=True, check=True
            )
            measured.append(json.loads(done.stdout))
    few, many = (statistics.median(each["milliseconds"]) for each in measured)
    against = f"the same with {FEW:,} queued; {WEBHOOKS:,} webhooks, 256 a claim"
    yield Result("sender.claim_1m", many, "ms", against, few)
    few_mb, many_mb = (each["peak_mb"] for each in measured)
    against = f"the same with {FEW:,} queued"
    yield Result("sender.claim_1m.memory", many_mb, "MB", against, few_mb)


def postgres_workers() -> Iterator[Result]:
    """Measure two workers against one on a PostgreSQL that all of them share."""
    require("nginx", "taskset")
    with tempfile.TemporaryDirectory() as name, sink(Path(name)) as served, postgresql() as server:
        rates = []
        for workers in WORKERS:
            with (
                server.database() as url,
                platform(
                    url, [served.port], concurrency=CONCURRENCY, webhook_concurrency=CONCURRENCY
                ) as made,
                ExitStack() as stack,
            ):
                urls = [f"http://sink.test:{served.port}/hook"] * 10
                made.emit(made.webhooks(urls), COUNT)
                running = []
                for number in range(workers):
                    core = (SERVER_CORE, LOAD_CORE)[number]
                    folder = Path(name, f"{workers}-{number}")
                    folder.mkdir()
                    running.append(stack.enter_context(made.process(folder, "worker", core=core)))
                shares = Shares(
                    {
                        "the workers": [process.pid for process in running],
                        "PostgreSQL": [server.pid],
                        "the sink": [served.pid],
                    }
                )
                rates.append(served.rate(COUNT, running[0], within=WITHIN, look=shares.look))
    busy = ", ".join(f"{name} {cores:.2f}" for name, cores in shares.cores().items())
    against = f"one worker; of {os.cpu_count()} cores two workers' run kept busy: {busy}"
    yield Result("sender.postgres_workers", rates[-1], "deliveries/s", against, rates[0])
