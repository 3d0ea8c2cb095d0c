"""Tells what is going on: a spinner and a tick on a terminal, a plain line elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text


def tick(console: Console) -> str:
    """Return a mark for what is well, in the characters that the console has."""
    return "ok" if console.options.ascii_only else "✓"


def cross(console: Console) -> str:
    """Return a mark for what is not."""
    return "x" if console.options.ascii_only else "✗"


class Phases:
    """Narrates on standard error, so that what is printed for a program stays clean."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def phase(self, text: str) -> Iterator[None]:
        """Say what begins; on a terminal, also that it has ended and how long it took."""
        if not sys.stderr.isatty() or self._console.is_dumb_terminal:
            sys.stderr.write(f"{text}\n")
            yield
            return
        began = time.monotonic()
        with self._console.status(Text(text)):
            yield
        took = f"  {time.monotonic() - began:.1f} s"
        mark = (tick(self._console), "green")
        self._console.print(Text.assemble(mark, f" {text}", (took, "dim")))
