"""`python -m bench [NAME]...`: run the benchmarks, or those named, one JSON object a line."""

import json
import sys
from collections.abc import Callable, Iterator

from bench import receiver
from bench.result import Result, Skipped

BENCHMARKS: dict[str, Callable[[], Iterator[Result]]] = {
    "receiver.starlette": receiver.starlette,
    "receiver.flask": receiver.flask,
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
