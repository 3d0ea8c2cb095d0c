"""Which process had how much of the machine, so that a ratio can be understood."""

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Shares:
    """Cores that groups of processes keep busy between two looks; each is named by a parent's id.

    A process counts with its children, also with those that have ended meanwhile.
    """

    def __init__(self, groups: Mapping[str, list[int]]) -> None:
        self._groups = groups
        self._looks: list[tuple[float, dict[str, float]]] = []

    def look(self) -> None:
        """Take the time of all of them."""
        used = {
            name: sum(seconds for pid in pids for seconds in _tree(pid))
            for name, pids in self._groups.items()
        }
        self._looks.append((time.monotonic(), used))

    def cores(self) -> dict[str, float]:
        """Return how many cores each group kept busy, from the first look to the last."""
        (began, before), (ended, after) = self._looks[0], self._looks[-1]
        return {name: (after[name] - before[name]) / (ended - began) for name in self._groups}


def _tree(pid: int) -> Iterator[float]:
    """Yield the seconds of a process and of each of its children; nothing of one that is gone."""
    try:
        _, _, fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    # In the order of proc(5): its own time, and that of children it has waited for.
    yield sum(int(field) for field in fields.split()[11:15]) / TICKS
    for child in children:
        yield from _tree(int(child))
