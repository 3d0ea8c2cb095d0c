"""`python -m bench [NAME]...`: run the benchmarks, or those named, one JSON object a line."""

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial

from bench import (
    receiver,
    receiver_backlog,
    receiver_verdict,
    sender,
    sender_emit,
    sender_latency,
    sender_queue,
)
from bench.result import Result, Skipped

BENCHMARKS: dict[str, Callable[[], Iterator[Result]]] = {
    "receiver.starlette": receiver.starlette,
    "receiver.flask": receiver.flask,
    "receiver.starlette.backlog": partial(receiver_backlog.backlog, "starlette"),
    "receiver.flask.backlog": partial(receiver_backlog.backlog, "flask"),
    "receiver.verdict": receiver_verdict.verdict,
    "sender.durable": sender.durable,
    "sender.durable_vs_celery": sender.durable_vs_celery,
    "sender.emit": sender_emit.emit,
    "sender.latency_p95_50": partial(sender_latency.latency_p95, 50),
    "sender.latency_p95_200": partial(sender_latency.latency_p95, 200),
    "sender.isolation": sender_latency.isolation,
    "sender.claim_1m": sender_queue.claim_1m,
    "sender.postgres_workers": sender_queue.postgres_workers,
}


def main(wanted: list[str]) -> int:
    unknown = [name for name in wanted if name not in BENCHMARKS]
    if unknown:
        print(
            f"bench: no benchmark is called {', '.join(unknown)}; there are "
            f"{', '.join(BENCHMARKS)}",
            file=sys.stderr,
        )
        return 2
    for name in wanted or BENCHMARKS:
        try:
            for result in BENCHMARKS[name]():
                print(json.dumps(result.as_json()), flush=True)
        except Skipped as reason:
            print(f"bench: {name} skipped: {reason}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
