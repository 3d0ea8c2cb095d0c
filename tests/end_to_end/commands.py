"""The `hookwright` command as a user types it."""

import os
import subprocess
import sys
from pathlib import Path

HOOKWRIGHT = Path(sys.executable).with_name("hookwright")


def hookwright(
    *arguments: str | bytes | Path,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run the command with nothing of the shell's settings; return how it ended."""
    return subprocess.run(
        [HOOKWRIGHT, *arguments],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "COLUMNS": "200", **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
