"""`hookwright demo` in this process: on a terminal, and with a report that is there already."""

import os
import pty
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from hookwright.cli import main
from hookwright.demo.course import Course
from hookwright.demo.phases import Phases
from hookwright.demo.report import Report
from tests.programs import signals_kept

COLUMNS = 80
PAGE = (Path(__file__).parents[2] / "docs" / "demo.md").read_text("utf-8")
_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of a language on the demo's page."""
    return [block for name, block in _FENCED.findall(PAGE) if name == language]


# What the page shows of each phase, without the mark before it and the time behind it.
PHASES = [
    line[2:].rpartition("  ")[0] for line in blocks("text")[0].partition("\n\n")[0].splitlines()
]


@dataclass(frozen=True)
class Shown:
    """One run of the command on a terminal: its exit code, and all that the terminal was sent."""

    code: object
    raw: str

    @property
    def lines(self) -> list[str]:
        """The lines that stay to be read, without colours and what a spinner has taken back."""
        # Its last line is gone up to, and erased.
        kept = re.sub(r"[^\n]*\n[^\n]*\x1b\[1A\x1b\[2K", "", self.raw)
        return [line.rsplit("\r", 1)[-1] for line in _plain(kept).split("\r\n")]

    @property
    def width(self) -> int:
        """How wide the widest line was, spinners included."""
        return max(map(len, re.split(r"[\r\n]+", _plain(self.raw))))


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def on_a_terminal(*arguments: str) -> Shown:
    """Run `hookwright demo` with a terminal for its standard output and standard error.

    How wide the terminal is the environment says: what a process finds out about its own, rich
    does by itself.
    """
    leader, follower = pty.openpty()
    read: list[bytes] = []
    reading = threading.Thread(target=lambda: read.append(everything_from(leader)))
    reading.start()
    with (
        os.fdopen(follower, "w", encoding="utf-8", buffering=1) as terminal,
        redirect_stdout(terminal),
        redirect_stderr(terminal),
        pytest.raises(SystemExit) as ended,
    ):
        main(["demo", *arguments])
    reading.join()
    return Shown(ended.value.code, read[0].decode())


def everything_from(leader: int) -> bytes:
    """Read what is written to a terminal until nobody has it open."""
    read = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            # Linux answers so when the other end is closed.
            part = b""
        if not part:
            os.close(leader)
            return read
        read += part


@contextmanager
def settings(temporary: Path, **more: str) -> Iterator[pytest.MonkeyPatch]:
    """Give a demo of this process an environment: a terminal's, and a folder for temporary ones."""
    with signals_kept(), pytest.MonkeyPatch.context() as patch:
        for name in ("NO_COLOR", "FORCE_COLOR", "LINES"):
            patch.delenv(name, raising=False)
        shell = {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color", "TMPDIR": str(temporary)}
        for name, value in (shell | more).items():
            patch.setenv(name, value)
        patch.setattr("tempfile.tempdir", None)
        yield patch


def recorded(patch: pytest.MonkeyPatch) -> list[Report]:
    """Have the command keep the report of each course that it runs; returns where."""
    reports: list[Report] = []

    class Recorded(Course):
        async def run(self, phases: Phases) -> Report:
            reports.append(await super().run(phases))
            return reports[-1]

    patch.setattr("hookwright.commands.demo.Course", Recorded)
    return reports


def replayed(patch: pytest.MonkeyPatch, report: Report, phases: Sequence[str] = ()) -> None:
    """Have the command tell of such phases, and come to such a report, without running anything."""

    class Replayed(Course):
        async def run(self, telling: Phases) -> Report:
            for phase in phases:
                with telling.phase(phase):
                    sys.stdout.flush()
            return report

    patch.setattr("hookwright.commands.demo.Course", Replayed)
