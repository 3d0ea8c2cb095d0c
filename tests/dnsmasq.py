"""A real name server, dnsmasq, of the tests' own: on a free port, gone afterwards."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .nsd import ATTEMPTS, PATIENCE, answers, free_port
from .programs import needs

# What a person writes to try the platform out; `--local` lets it answer for all of `test`.
OPTIONS = (
    "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces",
    "--listen-address=127.0.0.1", "--pid-file=", "--user=", "--local=/test/",
)  # fmt: skip
ALIVE = "--txt-record=alive.test,yes"


@contextmanager
def running(options: Sequence[str]) -> Iterator[str]:
    """Run dnsmasq with more options for the time of a `with` block; yields `127.0.0.1:port`."""
    program = needs("dnsmasq", "dnsmasq-base", folders=[Path("/usr/sbin")])
    process, port = _start([program, *OPTIONS, ALIVE, *options])
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _start(command: Sequence[str]) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(ATTEMPTS):
        port = free_port()
        process = subprocess.Popen([*command, f"--port={port}"], stderr=subprocess.DEVNULL)
        if answers(process, port, "alive.test", "TXT"):
            return process, port
        process.kill()
        process.wait(PATIENCE)
    raise RuntimeError(f"dnsmasq did not start: {' '.join(command)}")
