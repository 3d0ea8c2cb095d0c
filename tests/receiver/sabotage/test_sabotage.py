"""The generated tests notice it when the receiver that they came with is broken."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hookwright_receiver import Answers, generate
from hookwright_receiver.generator import SINKS
from hookwright_schemas import load_contract

PROJECTS = {"starlette": "signature", "flask": "token"}
TABLE = Path(__file__).with_name("sabotages.toml")


@dataclass(frozen=True)
class Sabotage:
    """A row of the table."""

    promise: str
    file: str
    old: str
    new: str
    test: str
    project: str = "starlette"
    quick: bool = False


SABOTAGES = [Sabotage(**row) for row in tomllib.loads(TABLE.read_text())["sabotage"]]
ROWS = [
    pytest.param(row, id=row.promise, marks=[] if row.quick else [pytest.mark.soak])
    for row in SABOTAGES
]


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project of each stack, as they are generated."""
    folder = tmp_path_factory.mktemp("projects")
    for stack, auth in PROJECTS.items():
        answers = Answers(
            name="receiver", stack=stack, auth=auth, sinks=SINKS, contract=load_contract()
        )
        generate(folder / stack, answers)
    return folder


class Runner:
    """Runs generated tests as a project's owner would, without starting Python for each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> "subprocess.Popen[str]":
        """Start the process that forks. Of all the plugins here, the owner has none."""
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.Popen(
            [sys.executable, Path(__file__).with_name("forking.py")],
            env={name: value for name, value in environment.items() if name != "PYTEST_ADDOPTS"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, project: Path, *tests: str) -> tuple[int, str]:
        """Return the exit code and the output."""
        if self.process is None:
            self.process = self.start()
        process, output = self.process, self.folder / "output"
        output.unlink(missing_ok=True)
        assert process.stdin is not None
        assert process.stdout is not None
        row = {"project": str(project), "tests": tests, "output": str(output)}
        try:
            process.stdin.write(json.dumps(row) + "\n")
            process.stdin.flush()
            return int(process.stdout.readline()), output.read_text()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End what runs: a test that took too long is not there for the next one."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """What runs generated tests."""
    runner = Runner(tmp_path_factory.mktemp("runner"))
    runner.process = runner.start()
    yield runner
    runner.stop()


def named(project: str, *, quick: bool) -> list[str]:
    """Return the tests that the rows of a project name."""
    rows = [row for row in SABOTAGES if row.project == project and row.quick >= quick]
    return sorted({f"tests/{row.test}" for row in rows})


@pytest.mark.parametrize(
    "quick", [True, pytest.param(False, marks=pytest.mark.soak)], ids=["quick", "all"]
)
@pytest.mark.parametrize("project", PROJECTS)
def test_a_receiver_as_it_is_generated_passes(
    projects: Path, run: Runner, project: str, *, quick: bool
) -> None:
    """Otherwise it would prove nothing that a broken one fails."""
    code, output = run(projects / project, *named(project, quick=quick))
    assert code == 0, output


@pytest.mark.parametrize("project", PROJECTS)
def test_each_row_applies(projects: Path, project: str) -> None:
    """Also one that only the long runs try: what it changes is there, and the test it names."""
    for row in SABOTAGES:
        if row.project == project:
            text = (projects / project / "receiver" / row.file).read_text()
            assert text.count(row.old) == 1, f"{row.promise}: {row.file} has not once: {row.old}"
            module, _, test = row.test.partition("::")
            tests = (projects / project / "tests" / module).read_text()
            assert f"\ndef {test.partition('[')[0]}(" in tests, f"{row.promise}: {row.test}"


@pytest.mark.parametrize("row", ROWS)
def test_a_broken_receiver_fails(
    projects: Path, run: Runner, tmp_path: Path, row: Sabotage
) -> None:
    """In the test that names the promise: a failure, and not an error of another kind."""
    project = tmp_path / "project"
    shutil.copytree(projects / row.project, project, ignore=shutil.ignore_patterns("__pycache__"))
    file = project / "receiver" / row.file
    file.write_text(file.read_text().replace(row.old, row.new))
    be_impatient(project)
    code, output = run(project, f"tests/{row.test}")
    assert code == pytest.ExitCode.TESTS_FAILED, output
    assert re.search(r"^FAILED tests/", output, re.MULTILINE), output


def be_impatient(project: Path) -> None:
    """Let the tests wait less long for what will never happen."""
    for name in ("working.py", "running.py"):
        file = project / "tests" / name
        text = file.read_text()
        assert "\nPATIENCE = 20\n" in text
        file.write_text(text.replace("\nPATIENCE = 20\n", "\nPATIENCE = 6\n"))
