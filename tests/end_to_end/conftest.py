"""Generated projects, made once for each set of answers, and the processes that run them."""

import json
import logging
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from hookwright.cli import main
from hookwright_receiver import STACKS

from . import receivers as _receivers
from .platform import Server

ROOT = Path(__file__).parents[2]
STACK_NAMES = sorted(STACKS)
Typed = Callable[..., "subprocess.CompletedProcess[str]"]


def only_in_soak(*stacks: str) -> pytest.MarkDecorator:
    """Every stack, of which these have to wait for `make soak`.

    For what is dear, and for the layer that all stacks have in common rather than for their own.
    """
    return pytest.mark.parametrize(
        "stack",
        [
            pytest.param(name, marks=[pytest.mark.soak] if name in stacks else [])
            for name in STACK_NAMES
        ],
    )


@pytest.fixture(params=STACK_NAMES)
def stack(request: pytest.FixtureRequest) -> str:
    """Every stack that there is."""
    return str(request.param)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., _receivers.Project]:
    """Return `project(stack=..., auth=..., sinks=..., contract=...)`, a generated project."""
    made: dict[str, _receivers.Project] = {}

    def project(**answers: Any) -> _receivers.Project:
        key = json.dumps(answers, default=lambda contract: contract.digest, sort_keys=True)
        if key not in made:
            root = tmp_path_factory.mktemp("project") / "receiver_under_test"
            made[key] = _receivers.Project.generate(root, **answers)
        return made[key]

    return project


@pytest.fixture(scope="session")
def tracked(needs: Callable[[str, str], str]) -> Callable[..., list[Path]]:
    """Return `tracked(*paths)`: the repository's files, those too that are to be added to it."""
    git = needs("git", "git")

    def tracked(*paths: str) -> list[Path]:
        command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard", *paths]
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        names = listed.stdout.split("\0")
        return [Path(name) for name in sorted(set(names)) if name and (ROOT / name).is_file()]

    return tracked


@pytest.fixture
def start(tmp_path: Path) -> Iterator[_receivers.Receivers]:
    """Return `start(project, *command, folder=..., **settings)`; all ends with the test."""
    with _receivers.receivers(tmp_path) as starting:
        yield starting


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Typed]:
    """Return `typed(*arguments, beside=None)`: `hookwright` in this process; how it ended.

    It may be a command `beside` a server of the platform.
    """
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    monkeypatch.setenv("COLUMNS", "200")

    def typed(
        *arguments: str | Path, beside: Server | None = None
    ) -> "subprocess.CompletedProcess[str]":
        if beside is not None:
            monkeypatch.chdir(beside.folder)
            for name, value in beside.settings.items():
                monkeypatch.setenv(name, value)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    yield typed
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
