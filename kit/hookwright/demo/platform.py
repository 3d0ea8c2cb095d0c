"""The sending platform as a process: `hookwright serve`, with a database and a key of its own."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from hookwright.demo.errors import NotStarted
from hookwright.demo.served import HOST, Program, Served
from hookwright_receiver.processes import Processes

# Seconds between attempts, close together: a receiver that was killed is soon there again.
RETRY_DELAYS = ",".join(["0.2"] * 100)
NAME = "platform"


def start_platform(
    root: Path, name_server: str, ports: Iterable[int], processes: Processes
) -> Served:
    """Start the platform in a folder below `root`; `ready` waits for it.

    `name_server` answers its every look-up; loopback is the one network beside the public ones
    that it may deliver to, and `ports` are the only ones there.
    """
    folder = root / NAME
    folder.mkdir(mode=0o700)
    settings = {
        "HOOKWRIGHT_NAMESERVERS": name_server,
        "HOOKWRIGHT_ALLOW_NETWORKS": f"{HOST}/32",
        "HOOKWRIGHT_ALLOW_PORTS": ",".join(map(str, ports)),
        "HOOKWRIGHT_ALLOW_HTTP": "true",
        "HOOKWRIGHT_RETRY_DELAYS": RETRY_DELAYS,
    }
    command = (sys.executable, "-m", "hookwright")
    program = Program(NAME, command, folder, settings, ("serve", "--port", "0"))
    platform = Served(program, processes)
    platform.start()
    return platform


async def create_account(platform: Served, name: str) -> str:
    """Create an account on a platform that runs; return its key. Raises NotStarted."""
    done = await platform.command("account", "create", name, "--json")
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NotStarted(f"the platform makes no account: {lines[-1] if lines else 'no reason'}")
    key: str = json.loads(done.stdout)["key"]
    return key
