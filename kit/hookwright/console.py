"""What the commands print with: one console, one way to draw progress."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console


class Progress(Protocol):
    """Call it with the number of steps that have just been done."""

    def __call__(self, steps: int = 1) -> None: ...


def console(*, no_color: bool = False, stderr: bool = False) -> "Console":
    """Return a console on standard output, or standard error; without colour off a terminal."""
    from rich.console import Console  # noqa: PLC0415  `hookwright --help` must not pay for it

    return Console(stderr=stderr, no_color=no_color or None, highlight=False, soft_wrap=False)


@contextmanager
def progress(label: str, total: int) -> Iterator[Progress]:
    """Show how far a long piece of work is: a bar on a terminal, a line at each quarter elsewhere.

    It goes to standard error, so that what a command prints for a program stays clean.
    """
    if sys.stderr.isatty():
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.progress import Progress as Bar  # noqa: PLC0415

        columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Bar(*columns, console=console(stderr=True), transient=True) as bar:
            task = bar.add_task(label, total=total)
            yield lambda steps=1: bar.advance(task, steps)
        return

    done = 0
    quarter = max(1, total // 4)

    def advance(steps: int = 1) -> None:
        nonlocal done
        before, done = done, done + steps
        if done == total or done // quarter > before // quarter:
            sys.stderr.write(f"{label}: {done} of {total}\n")

    yield advance
