"""The platform's commands, typed in an empty folder."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from hookwright.cli import main

WIDTH = 80


@dataclass
class Typed:
    """One run of a command: its exit code and what it printed."""

    code: object
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)

    @property
    def refusal(self) -> str:
        """The one line on standard error of a command that did nothing."""
        assert self.out == ""
        assert self.err.startswith("hookwright: "), self.err
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        return self.err.removeprefix("hookwright: ").rstrip("\n")


@pytest.fixture
def typed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Typed]]:
    """Return `typed(*arguments)`: runs `hookwright` at 80 columns, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()

    def typed(*arguments: object) -> Typed:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Typed(ended.value.code, captured.out, captured.err)

    yield typed
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name an empty database of either kind in the settings, and return its URL."""
    url = f"sqlite:///{tmp_path / 'hookwright.db'}"
    if request.param == "PostgreSQL":
        url = request.getfixturevalue("database_url")
        monkeypatch.setenv("HOOKWRIGHT_KEYS", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", url)
    return url
