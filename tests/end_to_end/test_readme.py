"""README.md: from the first command to the grade, as a reader types it."""

import os
import re
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from .waiting import wait_until

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)
WITHIN = 180


def environment(port: int, home: Path) -> dict[str, str]:
    """Return an environment in which `pip install` finds everything here, and asks no network."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PORT": str(port),
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_INDEX": "1",
        # pip reads a "no" option the wrong way round: this is `--no-build-isolation`.
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


@contextmanager
def in_background(command: str, folder: Path, port: int) -> Iterator[None]:
    """Run what serves until the reader is done with it."""
    log = folder / "output"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {command}"], cwd=folder, env=environment(port, folder),
            stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        wait_until(lambda: '"listening"' in log.read_text() or process.poll() is not None, "it")
        assert process.poll() is None, log.read_text()
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_the_way_from_the_readme_works(tmp_path: Path, port: int) -> None:
    """Generate, install, serve, send, look, grade: each block, in the page's order."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    activated = f". {tmp_path}/.venv/bin/activate\n"

    def typed(script: str, folder: Path) -> str:
        script = script.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
        done = subprocess.run(
            ["sh", "-ec", script], cwd=folder, env=environment(port, tmp_path),
            capture_output=True, text=True, timeout=WITHIN, check=False,
        )  # fmt: skip
        assert done.returncode == 0, script + done.stdout + done.stderr
        return done.stdout

    makes, generates, sends, checks = BLOCKS
    *before, serve = generates.splitlines()
    typed("\n".join(before), tmp_path)
    project = tmp_path / "my-receiver"
    # Nothing was downloaded, so the project's environment borrows what is here.
    (packages,) = project.glob(".venv/lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    with in_background(serve, project, port):
        assert "form_lead" in typed(activated + sends, project)
    # Plain, strange and repeated ones: every case is fired at every stack elsewhere.
    few = " ".join(f"--case {case}" for case in ("P1", "P12", "D1", "D7"))
    assert "Every case held (4 passed" in typed(f"{activated}{checks.strip()} {few}", project)
    assert makes.split("#")[0].strip() == "make demo"


@pytest.mark.parametrize("block", BLOCKS[:1])
def test_make_has_what_the_readme_tells_to_make(block: str) -> None:
    """Only looked at: `make test` is what runs this."""
    for command in block.splitlines():
        done = subprocess.run(
            ["sh", "-ec", command.replace("make ", "make --dry-run ")],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def test_a_first_real_use_stands_within_the_first_lines() -> None:
    """New, serve and send before line 40."""
    top = "\n".join((ROOT / "README.md").read_text("utf-8").splitlines()[:40])
    for word in ("make demo", "make test", "hookwright new", " serve\n", "hookwright send"):
        assert word in top
