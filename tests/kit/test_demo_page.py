"""docs/demo.md: its commands run, and what it shows is what they print."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "demo.md").read_text("utf-8")
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language):
    """Return the fenced blocks of a language."""
    return [block for name, block in FENCED.findall(PAGE) if name == language]


def lines(text):
    """Return the lines without what is never twice the same: times, and the ticks of a terminal."""
    timeless = re.sub(r"\d+(\.\d+)? (ms|s)\b", "…", text)
    steps = re.sub(r"^✓ ([A-Z].*?)  …$", r"\1", timeless, flags=re.MULTILINE)
    return [re.sub(r" +", " ", line).rstrip() for line in steps.splitlines()]


@pytest.mark.parametrize("block", blocks("sh"))
def test_the_commands_of_the_page_run(tmp_path, block):
    """Each block in a shell; the first one prints what the page shows."""
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=tmp_path,
        env={"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    if block == blocks("sh")[0]:
        (shown,) = blocks("text")
        assert lines(ended.stderr + ended.stdout) == lines(shown)


def test_the_page_has_what_is_tested():
    """An example in another form would not be run."""
    assert (len(blocks("sh")), len(blocks("text"))) == (3, 1)
