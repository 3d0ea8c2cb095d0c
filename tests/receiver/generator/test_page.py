"""The commands of docs/generating.md, and of a generated README, are run in their order."""

import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import product
from pathlib import Path

import pytest

from hookwright_receiver import STACKS, Answers, generate
from hookwright_receiver.generator import AUTHS

FIRST = next(iter(STACKS))
PAGE = Path(__file__).parents[3] / "docs" / "generating.md"
PATIENCE = 60
INSTALL = "python3 -m venv .venv && .venv/bin/pip install --quiet --editable ."


def blocks(page: str) -> list[tuple[str, str]]:
    """Return a page's blocks of code: (language, text)."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def environment(port: int) -> dict[str, str]:
    """Return an environment in which `pip install` finds everything here, and asks no network."""
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/"),
        "PORT": str(port),
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


@contextmanager
def in_background(command: str, folder: Path, port: int) -> Iterator[None]:
    """Run what serves until the page is done with it."""
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            cwd=folder,
            env=environment(port),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        assert process.poll() is None, (folder / "output").read_text()
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run_page(page: str, folder: Path, scratch: Path, port: int) -> tuple[str, Path]:
    """Run what a page says, beginning in `folder`; return what it printed, and where it ended.

    A command that serves runs until the page is done.
    """
    printed = ""
    with ExitStack() as running:
        for language, text in blocks(page):
            if language not in {"sh", "python"}:
                continue
            lines = text.replace("127.0.0.1:8000", f"127.0.0.1:{port}").splitlines()
            last = lines.pop() if lines[-1].endswith(" serve") else None
            script = "\n".join([*lines, f"pwd > {scratch}/here"])
            run = subprocess.run(
                ["sh", "-ec", script] if language == "sh" else [sys.executable, "-c", text],
                cwd=folder,
                env=environment(port),
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE * 2,
            )
            assert run.returncode == 0, f"{text}\n{run.stdout}{run.stderr}"
            printed += run.stdout
            folder = Path((scratch / "here").read_text().strip())
            if last is not None:
                running.enter_context(in_background(last, folder, port))
    return printed, folder


def test_every_command_of_the_page_works(tmp_path: Path, port: int) -> None:
    """From nothing to a received event, another stack, a regeneration, and the same from Python."""
    printed, folder = run_page(PAGE.read_text(), tmp_path, tmp_path, port)
    assert '"status":' in printed
    assert "kept README.md: you changed it" in printed
    assert (tmp_path / "leads" / "leads" / "handlers.py").is_file()
    assert (folder / "from-python" / "from_python" / "handlers.py").is_file()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's own environment, made as its README says: by `INSTALL`."""
    folder = tmp_path_factory.mktemp("installed") / "leads"
    generate(folder, Answers(stack=FIRST, auth="token"))
    subprocess.run(["sh", "-ec", INSTALL], cwd=folder, env=environment(0), check=True)
    return folder / ".venv"


# Each proof of the sender, and each stack with one of them; `make soak` has each with all.
USUAL = [(stack, AUTHS[number % len(AUTHS)]) for number, stack in enumerate(STACKS)]
USUAL += [(FIRST, auth) for auth in AUTHS if auth not in {used for _, used in USUAL}]


@pytest.mark.parametrize(
    ("stack", "auth"),
    [
        pytest.param(*row, marks=[] if row in USUAL else [pytest.mark.soak])
        for row in product(STACKS, AUTHS)
    ],
)
@pytest.mark.xdist_group("generated README")
def test_a_project_runs_as_its_readme_says(  # noqa: PLR0913, PLR0917  fixtures and a table
    tmp_path: Path,
    needs: Callable[[str, str], str],
    installed: Path,
    port: int,
    stack: str,
    auth: str,
) -> None:
    """Install, make a secret, serve; then send a sample and see it in the inbox."""
    needs("curl", "curl")
    needs("openssl", "openssl")
    generate(tmp_path / "leads", Answers(stack=stack, auth=auth))
    readme = (tmp_path / "leads" / "README.md").read_text()
    section = readme[readme.index("## Run it") : readme.index("## What arrives")]
    # All of them install themselves by the same line: it is run once, for the first of them.
    assert section.count(f"\n{INSTALL}\n") == 1
    section = section.replace(INSTALL, f"ln -s {installed} .venv")
    printed, _ = run_page(section, tmp_path / "leads", tmp_path, port)
    assert '"status": "' in printed
