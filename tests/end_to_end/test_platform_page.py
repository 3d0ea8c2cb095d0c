"""docs/platform.md: from an empty folder to a delivered lead, as a reader types it."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "platform.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(PAGE)
WITHIN = 240
# What is never twice the same, by what stands for it.
VARYING = {
    # The receiver answers first and handles then.
    "HANDLED": r"\b(pending|done) +[01]\b",
    "TIME": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?",
    "DATE": r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT",
    "DAY": r"\d{4}-\d\d-\d\d",
    # Not the digits of a time in seconds.
    "ID": r"(?<![.\d])\d{17,19}",
    "TOKEN": r"[A-Za-z0-9]{20}\.[A-Za-z0-9]{20}",
    "SECRET": r"whsec_[A-Za-z0-9+/=]+",
    "SIGNATURE": r"v1,[A-Za-z0-9+/=]+",
    "HEX": r"\b[0-9a-f]{32,64}\b",
    "SECONDS": r"\b\d+\.\d+( ms)?\b",
    "STAMP": r"\b17\d{8}\b|\b18\d{8}\b",
}


def told(output: str) -> list[str]:
    """Return the lines of an output without what is never twice the same."""
    for name, pattern in VARYING.items():
        output = re.sub(pattern, name, output)
    return [re.sub(r" +", " ", line).rstrip() for line in output.strip().splitlines()]


def script() -> tuple[str, dict[int, str]]:
    """Return the page as one script that says where a block begins, and what blocks must print."""
    lines, shown, last = [], {}, -1
    for number, (language, block) in enumerate(BLOCKS):
        if language == "sh":
            lines.append(f"echo '### {number}'\n{block}")
            last = number
        else:
            shown[last] = block
    return "".join(lines), shown


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]


def test_the_way_from_an_empty_folder_works(
    tmp_path: Path, needs: Callable[[str, str], str]
) -> None:
    """Every block in one shell, in the page's order; each prints what the page shows."""
    needs("dnsmasq", "dnsmasq-base")
    needs("curl", "curl")
    typed, shown = script()
    receiver, platform, names = map(str, free_ports(3))
    typed = typed.replace("hookwright serve ", f"hookwright serve --port {platform} ")
    for ours, theirs in (("8000", receiver), ("8080", platform), ("5300", names)):
        typed = typed.replace(ours, theirs)
    process = subprocess.Popen(
        ["bash", "-eu"], cwd=tmp_path, text=True, start_new_session=True,
        env={
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(tmp_path), "PORT": receiver, "COLUMNS": "80",
        },
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        output, _ = process.communicate(typed, WITHIN)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    logs = "".join(f"\n{log}:\n{log.read_text()[-3000:]}" for log in tmp_path.glob("*.log"))
    assert process.returncode == 0, output + logs
    printed = re.split(r"^### (\d+)\n", output.replace(receiver, "8000"), flags=re.MULTILINE)
    outputs = dict(zip(map(int, printed[1::2]), printed[2::2], strict=True))
    for number, expected in shown.items():
        assert told(outputs[number]) == told(expected)
    # Nobody had to be told more than that.
    assert (tmp_path / "hookwright.db.key").stat().st_mode & 0o777 == 0o600


def test_every_block_is_run_or_compared() -> None:
    """An example in another form would be neither."""
    assert [language for language, _ in BLOCKS] == [
        "sh", "sh", "sh", "sh", "sh", "sh", "json", "sh", "sh", "json", "sh", "json", "sh", "sh",
        "text", "sh", "text", "sh",
    ]  # fmt: skip
