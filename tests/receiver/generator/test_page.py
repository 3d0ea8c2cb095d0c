"""docs/generating.md: every command on the page is run, in the page's order."""

import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "generating.md"
PATIENCE = 60


def blocks() -> list[tuple[str, str]]:
    """Return the page's blocks of code: (language, text)."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


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


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_every_command_of_the_page_works(tmp_path: Path) -> None:
    """From nothing to a received event, another stack, a regeneration, and the same from Python."""
    port = free_port()
    here = tmp_path
    printed = ""
    served = None
    try:
        for language, text in blocks():
            if language not in {"sh", "python"}:
                continue
            lines = text.replace("127.0.0.1:8000", f"127.0.0.1:{port}").splitlines()
            last = lines.pop() if lines[-1].endswith(" serve") else None
            script = "\n".join([*lines, f"pwd > {tmp_path}/here"])
            command = ["sh", "-ec", script] if language == "sh" else [sys.executable, "-c", text]
            run = subprocess.run(
                command,
                cwd=here,
                env=environment(port),
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE * 2,
            )
            assert run.returncode == 0, f"{text}\n{run.stdout}{run.stderr}"
            printed += run.stdout
            here = Path((tmp_path / "here").read_text().strip())
            if last is not None:
                served = in_background(last, here, port)
                served.__enter__()
    finally:
        if served is not None:
            served.__exit__(None, None, None)
    assert '"status":' in printed
    assert "kept README.md: you changed it" in printed
    assert (tmp_path / "leads" / "leads" / "handlers.py").is_file()
    assert (here / "from-python" / "from_python" / "handlers.py").is_file()
