"""`python -m bench.peers.claims DATABASE_URL COUNT`: claims so often; prints times and memory."""

import json
import resource
import sys
import time

from hookwright_sender.delivery.claim import Room
from hookwright_sender.delivery.queue import Queue
from hookwright_sender.store.database import Database

BATCH = 256
PER_WEBHOOK = 10


def main(database_url: str, count: int) -> None:
    milliseconds = []
    claimed = 0
    with Database(database_url) as database:
        queue = Queue(database)
        for _ in range(count):
            started = time.perf_counter()
            turn = queue.turn(room=Room(limit=BATCH, other=PER_WEBHOOK))
            milliseconds.append((time.perf_counter() - started) * 1000)
            claimed += len(turn.claimed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"milliseconds": milliseconds, "claimed": claimed, "peak_mb": peak}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
