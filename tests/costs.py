"""A plugin of pytest: what tests cost in CPU time, that of the processes they start included."""

import os
import resource
from collections.abc import Generator
from pathlib import Path

import pytest

from . import leftovers

DEAREST = 10
TICK = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat behind the command: own user and system time, and that of dead children.
TIMES = slice(11, 15)
SPENT = "CPU seconds"

# What this process and those below it had used when the last test was over.
_before = 0.0
_spent: dict[str, tuple[float, float]] = {}


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Begin to count with the first test."""
    global _before  # noqa: PLW0603  a plugin is a module
    _before = used()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give the last report of a test what it has used, what it set up for others included."""
    global _before  # noqa: PLW0603
    if call.when == "teardown":
        now = used()
        item.user_properties.append((SPENT, now - _before))
        _before = now
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect what workers report."""
    cpu, wall = _spent.get(report.nodeid, (0.0, 0.0))
    cpu += float(dict(report.user_properties).get(SPENT, 0.0)) if report.when == "teardown" else 0
    _spent[report.nodeid] = cpu, wall + report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the dearest, where tests belong to one another or are many."""
    total = sum(cpu for cpu, _ in _spent.values())
    terminalreporter.section(f"{total / 60:.1f} core-minutes; the dearest, in seconds of CPU")
    for name, (cpu, wall) in sorted(_spent.items(), key=lambda item: -item[1][0])[:DEAREST]:
        terminalreporter.write_line(f"{cpu:7.1f} in {wall:6.1f} s  {name}")


def used() -> float:
    """Return the seconds of CPU time of this process and of all that are or were below it."""
    own = sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    ticks = 0
    todo = list(leftovers.children())
    while todo:
        process = todo.pop()
        todo += leftovers.children(process)
        try:
            stat = Path(f"/proc/{process}/stat").read_text()
        except OSError:
            continue
        ticks += sum(map(int, stat.rpartition(")")[2].split()[TIMES]))
    return own + ticks / TICK
