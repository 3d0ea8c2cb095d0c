"""A real name server, NSD, of the tests' own: on the loopback, on a free port, gone afterwards."""

import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from .programs import needs

PATIENCE = 30.0
# Another process may take the port between the look for a free one and its use.
ATTEMPTS = 5
CONFIGURATION = """\
server:
  ip-address: 127.0.0.1@{port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  zonelistfile: "{folder}/zone.list"
  xfrdfile: ""
  xfrdir: "{folder}"
  logfile: "{folder}/log"
  round-robin: no
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "{origin}"
  zonefile: "zone"
"""
HEAD = """\
$ORIGIN {origin}.
$TTL 1
@ SOA ns.{origin}. root.{origin}. 1 3600 600 86400 1
@ NS ns.{origin}.
ns A 127.0.0.1
"""


@contextmanager
def zone(origin: str, records: str) -> Iterator[str]:
    """Serve the records of a zone for the time of a `with` block; yields `127.0.0.1:port`.

    `records` are lines of a zone file below `origin`, which also has a SOA, an NS and its A.
    """
    program = needs("nsd", "nsd", folders=[Path("/usr/sbin")])
    with tempfile.TemporaryDirectory(prefix="hookwright-nsd-") as name:
        folder = Path(name)
        (folder / "zone").write_text(HEAD.format(origin=origin) + records, encoding="utf-8")
        process, port = _start(program, folder, origin)
        try:
            yield f"127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def _start(program: str, folder: Path, origin: str) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(ATTEMPTS):
        port = free_port()
        configuration = folder / "nsd.conf"
        configuration.write_text(
            CONFIGURATION.format(port=port, folder=folder, origin=origin), encoding="utf-8"
        )
        process = subprocess.Popen([program, "-d", "-c", configuration], stderr=subprocess.DEVNULL)
        if answers(process, port, origin, "SOA"):
            return process, port
        process.kill()
        process.wait(PATIENCE)
    raise RuntimeError(f"nsd did not start: {(folder / 'log').read_text(encoding='utf-8')}")


def answers(process: subprocess.Popen[bytes], port: int, name: str, kind: str) -> bool:
    """Wait until a server answers a question; False when it ends or has nothing to say."""
    question = dns.message.make_query(name, kind)
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            # The time-out is the wait between two looks.
            answer = dns.query.udp(question, "127.0.0.1", port=port, timeout=0.1)
        except (dns.exception.DNSException, OSError):
            continue
        if answer.answer:
            return True
    return False


def free_port() -> int:
    """Return a port that was free a moment ago, for UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
