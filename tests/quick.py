"""A plugin of pytest: `make quick` runs what needs no process and no server, and holds it to that."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Folders and modules, by the beginning of their paths.
QUICK: tuple[str, ...] = ()
# What the interpreter tells of (docs.python.org, "Audit events table").
FORBIDDEN = {"subprocess.Popen", "os.posix_spawn", "os.fork", "os.exec", "socket.bind"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is quick."""
    for item in items:
        place = item.path.relative_to(HERE).as_posix() if item.path.is_relative_to(HERE) else ""
        if place.startswith(QUICK):
            item.add_marker(pytest.mark.quick)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Forbid the rest, where nothing else is asked for."""
    if session.config.option.markexpr.startswith("quick"):
        sys.addaudithook(_forbid)


def _forbid(event: str, _arguments: object) -> None:
    if event in FORBIDDEN:
        raise RuntimeError(f"no quick test: {event} (see tests/quick.py)")
