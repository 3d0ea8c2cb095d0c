"""Run as a program: cleans up after a run of ours, should something end the run at once.

The run holds the other end of standard input, and tells there of every process group that has
begun (`+7`) or has ended (`-7`). The operating system closes that end whatever happens to the
run, SIGKILL included. It is run without `site`, so it imports nothing but the standard library.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PATIENCE = 5.0
POLL = 0.02


def main() -> None:
    """Wait until the run is gone; end what it has left, and remove the folder that is named."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups = remaining(sys.stdin)
    for group in groups:
        kill(group)
    for folder in sys.argv[1:]:
        remove(Path(folder))


def remaining(lines: Iterable[str]) -> set[int]:
    """Return the groups that have begun and not ended: `+7 +8 -7` -> {8}."""
    groups = set()
    for line in lines:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    return groups


def kill(group: int) -> None:
    """End a process group, with all that its leader has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def remove(folder: Path) -> None:
    """Remove a folder; a process that is just dying may still put a file into it, so insist."""
    deadline = time.monotonic() + PATIENCE
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            time.sleep(POLL)


if __name__ == "__main__":
    main()
