"""docs/sending.md: every command and every example on it runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "sending.md").read_text("utf-8")
ELSEWHERE = "http://127.0.0.1:8000/webhooks/joturl"


def blocks(language):
    """Return the fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def at_the_receiver(webhook_receiver, tmp_path):
    """Run a program in a folder of its own, with the page's URL replaced."""

    def run(*command):
        located = [part.replace(ELSEWHERE, webhook_receiver.url) for part in command]
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ended = subprocess.run(
            located,
            cwd=tmp_path,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    return run


@pytest.mark.parametrize("block", blocks("sh"))
def test_the_commands_of_the_page_run(at_the_receiver, webhook_receiver, block):
    """Each block in a shell; everything that it sends is accepted."""
    at_the_receiver("bash", "-euo", "pipefail", "-c", block)
    sent = len(re.findall(r"hookwright send", block))
    assert len(webhook_receiver.received) >= sent
    assert {message.status for message in webhook_receiver.received} == {200}


@pytest.mark.parametrize("block", blocks("python"))
def test_the_programs_of_the_page_run(at_the_receiver, webhook_receiver, block):
    """Each as a program of its own, with errors for warnings."""
    at_the_receiver(sys.executable, "-W", "error", "-c", block)
    assert {message.status for message in webhook_receiver.received} == {200}


def test_the_page_has_what_is_tested():
    """An example in another form would not be run."""
    assert (len(blocks("sh")), len(blocks("python"))) == (5, 2)
