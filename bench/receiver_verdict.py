"""The verdict of a generated receiver on a body in which very much is wrong."""

import importlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.result import Result
from hookwright_receiver import STACKS, Answers, generate

ROUNDS = 5
WRONG = 500_000
PACKAGE = "bench_verdict"
SCHEMA = {"properties": {"items": {"type": "array", "items": {"type": "string"}}}}


def verdict() -> Iterator[Result]:
    """Measure what it takes to refuse such a body and to say why, in turns with parsing it."""
    body = json.dumps({"items": [1] * WRONG})
    payload = json.loads(body)
    with tempfile.TemporaryDirectory() as name:
        module = _violations(Path(name) / "receiver")
    validator = module.compiled(SCHEMA)

    def refuse() -> None:
        assert not validator.is_valid(payload)
        assert module.explain(payload, SCHEMA)

    refusing, parsing = [], []
    for _ in range(ROUNDS):
        parsing.append(_milliseconds(lambda: json.loads(body)))
        refusing.append(_milliseconds(refuse))
    yield Result(
        "receiver.verdict",
        statistics.median(refusing),
        "ms",
        f"json.loads of the same body, {WRONG:,} wrong items",
        statistics.median(parsing),
    )


def _violations(folder: Path) -> Any:
    """Generate a project, and import its module; nothing of it is needed on the disk then."""
    generate(folder, Answers(name=PACKAGE, stack=next(iter(STACKS)), auth="none"))
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(f"{PACKAGE}.violations")
    finally:
        sys.path.remove(str(folder))


def _milliseconds(work: Callable[[], object]) -> float:
    """Return the time of the processor that a call takes."""
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1000
