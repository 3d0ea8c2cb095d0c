"""Durable deliveries a second: the platform's worker against what others post to the same sink."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import LOAD_CORE, SERVER_CORE, free_port, require
from bench.platform import PERSON, platform
from bench.result import Result, Skipped
from bench.sink import Sink, sink
from hookwright_schemas import load_contract

ROUNDS = 3
COUNT = 30_000
# A Celery task takes its time.
CELERY_COUNT = 3_000
CONCURRENCY = 128
WITHIN = 300.0
HOST = "sink.test"


def durable() -> Iterator[Result]:
    """Measure a worker on SQLite against a bare aiohttp client loop at the same concurrency."""
    require("nginx", "taskset")
    with tempfile.TemporaryDirectory() as name, sink(Path(name)) as served:
        ours, bare = [], []
        for number in range(ROUNDS):
            folder = Path(name, str(number))
            folder.mkdir()
            bare.append(_bare(served))
            ours.append(_worker(served, f"sqlite:///{folder}/platform.db", folder))
        against = f"a bare aiohttp client loop, {CONCURRENCY} at once"
        yield Result(
            "sender.durable",
            statistics.median(ours),
            "deliveries/s",
            against,
            statistics.median(bare),
        )


def durable_vs_celery() -> Iterator[Result]:
    """Measure the same worker against Celery tasks that post with `requests`."""
    require("nginx", "taskset", "redis-server")
    try:
        import celery  # noqa: F401, PLC0415
        import redis  # noqa: F401, PLC0415
        import requests  # noqa: F401, PLC0415
    except ImportError as error:
        raise Skipped(f"{error.name} is missing (`make bench` installs it)") from None
    with tempfile.TemporaryDirectory() as name, sink(Path(name)) as served:
        folder = Path(name)
        ours = _worker(served, f"sqlite:///{folder}/platform.db", folder)
        with _redis(folder) as broker:
            theirs = _celery(served, broker, folder)
        against = "a Celery worker (Redis, acks_late, prefork) with requests, on the same core"
        yield Result("sender.durable_vs_celery", ours, "deliveries/s", against, theirs)


def _worker(served: Sink, database_url: str, folder: Path) -> float:
    limits = {"concurrency": CONCURRENCY, "webhook_concurrency": CONCURRENCY}
    with platform(database_url, [served.port], **limits) as made:
        made.emit(made.webhooks([f"http://{HOST}:{served.port}/hook"]), COUNT)
        with made.process(folder, "worker") as process:
            return served.rate(COUNT, process, within=WITHIN)


def _bare(served: Sink) -> float:
    contract = load_contract()
    body = contract.encode(contract.events[0].samples[0].payload).decode()
    arguments = [served.url, str(COUNT), str(CONCURRENCY), body]
    command = [sys.executable, "-m", "bench.yardsticks.aiohttp_client", *arguments]
    with subprocess.Popen(["taskset", "-c", SERVER_CORE, *command]) as process:
        return served.rate(COUNT, process, within=WITHIN)


def _celery(served: Sink, broker: str, folder: Path) -> float:
    environment = {**os.environ, "BENCH_BROKER": broker}
    os.environ["BENCH_BROKER"] = broker
    from bench.peers.celery_app import app, deliver  # noqa: PLC0415  it reads the variable

    body = json.dumps({"data": PERSON[0], "type": "email", "date": "2020-03-26", "name": PERSON[1]})
    for number in range(CELERY_COUNT):
        deliver.delay(served.url, body, f"msg_{number}")
    app.close()
    pool = ["--pool", "prefork", "--concurrency", "4", "--loglevel", "ERROR"]
    command = [sys.executable, "-m", "celery", "-A", "bench.peers.celery_app", "worker", *pool]
    with (folder / "celery.log").open("wb") as log:
        process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *command], env=environment, stdout=log, stderr=log
        )
        try:
            return served.rate(CELERY_COUNT, process, within=WITHIN)
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    port = free_port()
    program = shutil.which("redis-server")
    assert program is not None, "asked for before"
    process = subprocess.Popen(
        ["taskset", "-c", LOAD_CORE, program, "--port", str(port), "--bind", "127.0.0.1",
         "--save", "", "--appendonly", "no", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        import redis  # noqa: PLC0415

        client = redis.Redis(port=port)
        deadline = time.monotonic() + 20
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        client.close()
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)
