"""docs/contracts.md: its commands run, and the contract that it shows is one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "contracts.md").read_text("utf-8")


def blocks(language):
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def garden(tmp_path):
    """Write the contract of the page into a folder of its own."""
    folder = tmp_path / "garden"
    folder.mkdir()
    (manifest,) = blocks("toml")
    (schema,) = blocks("json")
    (sample,) = re.findall(r"with the sample `(\{.*?\})`", PAGE)
    (folder / "contract.toml").write_text(manifest)
    (folder / "watered.schema.json").write_text(schema)
    (folder / "watered.json").write_text(sample)
    return folder


@pytest.mark.parametrize("block", blocks("sh"))
def test_the_commands_of_the_page_run(garden, block):
    """Each block in a shell, beside the contract that the page shows."""
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=garden.parent,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
