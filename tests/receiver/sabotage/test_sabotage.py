"""The generated tests notice it when the receiver that they came with is broken."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
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


def run(project: Path, *tests: str) -> tuple[int, str]:
    """Run generated tests as the project's owner would; return the exit code and the output."""
    # Of all that is installed here, the owner has none of the plugins.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests],
        cwd=project,
        env={name: value for name, value in environment.items() if name != "PYTEST_ADDOPTS"},
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.returncode, finished.stdout + finished.stderr


def named(project: str, *, quick: bool) -> list[str]:
    """Return the tests that the rows of a project name."""
    rows = [row for row in SABOTAGES if row.project == project and row.quick >= quick]
    return sorted({f"tests/{row.test}" for row in rows})


@pytest.mark.parametrize(
    "quick", [True, pytest.param(False, marks=pytest.mark.soak)], ids=["quick", "all"]
)
@pytest.mark.parametrize("project", PROJECTS)
def test_a_receiver_as_it_is_generated_passes(projects: Path, project: str, *, quick: bool) -> None:
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
def test_a_broken_receiver_fails(projects: Path, tmp_path: Path, row: Sabotage) -> None:
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
