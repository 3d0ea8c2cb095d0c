"""Load on one server: the server on one core, wrk on another."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.result import Skipped

SERVER_CORE, LOAD_CORE = "0", "1"
CONNECTIONS = 128
START_TIMEOUT = 20

# Every request is a message of its own, as the sender's are.
_SCRIPT = """
local counter = 0
local prefix = string.format("msg_%d_", os.time())
request = function()
  counter = counter + 1
  wrk.headers["webhook-id"] = prefix .. counter
  return wrk.format("POST", nil, nil, BODY)
end
init = function(args)
  local file = io.open(args[1], "rb")
  BODY = file:read("*a")
  file:close()
  wrk.headers["content-type"] = "application/json"
end
done = function(summary, latency, requests)
  io.write(string.format("refused=%d\\n", summary.errors.status))
end
"""


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def require(*programs: str) -> None:
    """Raise Skipped when one of the programs is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise Skipped(f"{', '.join(missing)} is missing (Debian: apt-get install {missing[0]})")


@contextmanager
def serving(
    command: list[str], folder: Path, environment: Mapping[str, str], ready: str
) -> Iterator[int]:
    """Run a server on its core until the end of the block; yield its process id.

    `ready` is a URL that answers then.
    """
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *command],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=log,
            stderr=log,
        )
        try:
            _await(ready, process, folder / "server.log")
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def requests_per_second(url: str, body: bytes, *, seconds: int) -> float:
    """Post `body` for a while over CONNECTIONS kept connections; return how many were accepted.

    Raises RuntimeError when one was refused: then the rate means nothing.
    """
    with tempfile.TemporaryDirectory() as name:
        script, payload = Path(name, "post.lua"), Path(name, "body")
        script.write_text(_SCRIPT)
        payload.write_bytes(body)
        wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s"]
        output = subprocess.run(
            ["taskset", "-c", LOAD_CORE, *wrk, "-s", str(script), url, "--", str(payload)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    if "refused=0" not in output or "Socket errors" in output:
        raise RuntimeError(f"not every request was accepted:\n{output}")
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", output)
    if rate is None:
        raise RuntimeError(f"wrk said nothing of a rate:\n{output}")
    return float(rate[1])


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-2000:]}")
