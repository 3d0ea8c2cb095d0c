"""docs/performance.md: the benchmarks run, and print what the page says. No time is asserted."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bench import (
    receiver,
    receiver_backlog,
    receiver_verdict,
    sender,
    sender_emit,
    sender_latency,
    sender_queue,
)
from bench.__main__ import BENCHMARKS, main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "performance.md").read_text("utf-8")
COMMANDS = [
    command
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for command in block.splitlines()
]


# They have two cores to themselves, one for who is measured: not one beside the other.
pytestmark = pytest.mark.xdist_group("the benchmarks' cores")

# What makes each of them short: (module, name, value).
SHORT = [
    (receiver, "ROUNDS", 1),
    (receiver, "SECONDS", 1),
    (receiver_backlog, "ROUNDS", 1),
    # However quick the handlers are, a short round has no backlog left at its end.
    (receiver_backlog, "BEHIND", -1),
    (receiver_backlog, "SPARE", 2001),
    (receiver_verdict, "ROUNDS", 1),
    (receiver_verdict, "WRONG", 20_000),
    (sender, "ROUNDS", 1),
    (sender, "COUNT", 1000),
    (sender, "CELERY_COUNT", 50),
    (sender_emit, "ROUNDS", 1),
    (sender_emit, "COUNT", 1000),
    (sender_latency, "SECONDS", 1),
    (sender_latency, "WARM_UP", 0),
    (sender_latency, "ROUNDS", 1),
    (sender_latency, "WEBHOOKS", 25),
    (sender_latency, "RATE_OF_ALL", 50),
    (sender_queue, "QUEUED", 2000),
    (sender_queue, "FEW", 500),
    (sender_queue, "WEBHOOKS", 20),
    (sender_queue, "CLAIMS", 3),
    (sender_queue, "COUNT", 1000),
]
# What the short ones leave to `make soak`: a second worker beside the first, another rate or stack.
ONE_WORKER = [(sender_queue, "WORKERS", (1,))]
OTHERS = ("sender.latency_p95_200", "receiver.flask.backlog")
RUNS = [
    *(pytest.param(name, SHORT + ONE_WORKER, id=name) for name in BENCHMARKS if name not in OTHERS),
    *(
        pytest.param(name, SHORT, id=f"{name}, in full", marks=pytest.mark.soak)
        for name in ("sender.postgres_workers", *OTHERS)
    ),
]
# Those that print more than the line of their own name.
MORE = {
    "receiver.starlette": ["receiver.starlette.with_handlers", "receiver.starlette.handlers"],
    "receiver.flask": ["receiver.flask.with_handlers", "receiver.flask.handlers"],
    "receiver.starlette.backlog": ["receiver.starlette.backlog.memory"],
    "receiver.flask.backlog": ["receiver.flask.backlog.memory"],
    "sender.claim_1m": ["sender.claim_1m.memory"],
}


@pytest.mark.parametrize(("name", "short"), RUNS)
def test_a_benchmark_prints_its_ratios(needs, monkeypatch, capsys, name, short):
    """One short round: everything is accepted, and each line has what the page tells."""
    needs("wrk", "wrk")
    needs("nginx", "nginx-light")
    if name == "sender.durable_vs_celery":
        # Neither belongs to what CI installs.
        pytest.importorskip("celery", reason="`make bench` installs it")
        if shutil.which("redis-server") is None:
            pytest.skip("this test needs redis-server: apt-get install redis-server")
    for module, constant, value in short:
        monkeypatch.setattr(module, constant, value)
    assert main([name]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["name"] for line in lines] == [name, *MORE.get(name, [])]
    for line in lines:
        assert list(line) == ["name", "value", "unit", "against", "ratio"]
        assert line["value"] > 0
        assert line["ratio"] > 0


def test_a_name_that_no_benchmark_has_is_wrong_usage(capsys):
    """Exit code 2 and a line with the names that there are."""
    assert main(["receiver.unheard-of"]) == 2
    complaint = capsys.readouterr().err
    assert all(name in complaint for name in BENCHMARKS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_page_start_benchmarks(command):
    """What make would run is the module that the other tests run, with the name given."""
    would_run = subprocess.run(
        [*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    # The tests may themselves be run by make, which then says more than what it would run.
    (names,) = re.findall(r"-m bench(.*)$", would_run, re.MULTILINE)
    assert set(names.split()) <= set(BENCHMARKS)
