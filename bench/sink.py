"""A receiver that costs next to nothing: nginx on a core of its own, which counts for all alike."""

import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import LOAD_CORE, free_port

CONFIGURATION = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 75s;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=8192;
    location / {{ return 204; }}
    location /fail {{ return 500; }}
    location = /status {{ stub_status; }}
  }}
}}
"""
START_TIMEOUT = 20
POLL = 0.02
# Of the requests, the share that goes by before the clock starts.
WARM_UP = 0.1


@dataclass(frozen=True)
class Sink:
    """Where it listens, and the process that does."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """What to post to."""
        return f"http://127.0.0.1:{self.port}/hook"

    def requests(self) -> int:
        """Return how many requests it has served, those for this number included."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/status", timeout=5) as answer:
            text = answer.read().decode()
        counts = re.search(r"^ (\d+) (\d+) (\d+)", text, re.MULTILINE)
        assert counts is not None, text
        return int(counts[3])

    def rate(
        self,
        count: int,
        process: "subprocess.Popen[bytes]",
        *,
        within: float,
        look: Callable[[], None] = lambda: None,
    ) -> float:
        """Return the requests a second of a process that makes `count` of them from now on.

        The first tenth is left out; `look` is called after it, and at the end. Raises RuntimeError
        when they do not come `within` seconds.
        """
        started = self.requests()
        asked = 0
        deadline = time.monotonic() + within
        begun: tuple[int, float] | None = None
        while time.monotonic() < deadline:
            asked += 1
            served, moment = self.requests() - started - asked, time.monotonic()
            if begun is None and served >= count * WARM_UP:
                begun = (served, moment)
                look()
            if begun is not None and served >= count:
                look()
                return (served - begun[0]) / (moment - begun[1])
            if process.poll() not in {None, 0}:
                break
            time.sleep(POLL)
        raise RuntimeError(f"{self.requests() - started - asked} of {count} requests came")


@contextmanager
def sink(folder: Path) -> Iterator[Sink]:
    """Serve until the end of the block, on the core that is not measured."""
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, port=port))
    process = subprocess.Popen(
        ["taskset", "-c", LOAD_CORE, "nginx", "-p", str(folder), "-c", str(file)],
        stderr=subprocess.DEVNULL,
    )
    served = Sink(port, process.pid)
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            try:
                served.requests()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError("nginx does not start") from None
                time.sleep(POLL)
        yield served
    finally:
        process.terminate()
        process.wait(10)
