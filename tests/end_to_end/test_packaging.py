"""The wheel, in an environment of its own, does what the checkout does."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from hookwright_schemas import load_contract

from .conftest import STACK_NAMES
from .crowd import post
from .receivers import TOKEN, whole_lines
from .waiting import wait_until

ROOT = Path(__file__).parents[2]
PACKAGES = ("kit", "sender", "receiver", "schemas", "templates")


def together(stack: str) -> pytest.MarkDecorator:
    """Where the wheel is built and installed once: what is quick comes with the first stack."""
    return pytest.mark.xdist_group(f"the wheel, {stack}")


first = together(STACK_NAMES[0])


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and a folder to work in; neither is near the checkout."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "Environment":
        """Make one that finds the installed dependencies, but no package of the checkout."""
        venv.create(folder / "venv", with_pip=False, symlinks=True)
        made = cls(folder)
        # The packages in that folder alone: `.pth` files of editable installs are not read there.
        (made.site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
        return made

    @property
    def site_packages(self) -> Path:
        """Where its packages are."""
        (found,) = (self.folder / "venv" / "lib").glob("python*/site-packages")
        return found

    def install(self, package: Path) -> None:
        """Install a wheel, or the one that is built of a folder, without the network."""
        pip = ["pip", "--python", str(self.folder / "venv"), "--disable-pip-version-check"]
        # What is imported is compiled then, and the rest never.
        options = ["--no-build-isolation", "--no-compile", "--no-deps", "--no-index", "--quiet"]
        command = [sys.executable, "-m", *pip, "install", *options, str(package)]
        subprocess.run(command, check=True, timeout=240)

    def run(
        self, program: str, *arguments: str | Path, cwd: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run one of its programs; fail unless it ends with 0."""
        done = subprocess.run(
            [self.folder / "venv" / "bin" / program, *arguments],
            cwd=cwd or self.folder,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    @staticmethod
    def variables() -> dict[str, str]:
        """Return the environment of its programs: nothing of the tests' own, plugins neither."""
        return {
            "PATH": os.environ["PATH"],
            "COLUMNS": "200",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kit's wheel, built from the checkout without the network."""
    into = tmp_path_factory.mktemp("wheel")
    command = ["hatchling", "build", "--target", "wheel", "--directory", into]
    subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True,
                   capture_output=True, timeout=120)  # fmt: skip
    (built,) = into.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the kit's wheel."""
    made = Environment.create(tmp_path_factory.mktemp("installed"))
    made.install(wheel)
    return made


@first
def test_the_wheel_has_every_file(wheel: Path, tracked: Callable[..., list[Path]]) -> None:
    """Templates with a dot before their name, schemas, samples, cases, `py.typed`; and no more."""
    wanted = {"/".join(file.parts[1:]) for file in tracked(*PACKAGES)}
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == wanted
    assert {".env.example", ".gitignore", "py.typed"} <= {
        PurePosixPath(name).name.removesuffix(".jinja") for name in names
    }


@first
def test_the_wheel_is_what_runs(installed: Environment) -> None:
    """Every package comes from the new environment, and none from the checkout."""
    packages = ["hookwright", *(f"hookwright_{name}" for name in PACKAGES[1:])]
    code = (
        f"import importlib\nfor name in {packages}: print(importlib.import_module(name).__file__)"
    )
    files = installed.run("python", "-c", code).stdout.splitlines()
    assert [Path(file).parent.parent for file in files] == [installed.site_packages] * len(packages)


@first
def test_the_command_speaks_the_built_in_contract(installed: Environment) -> None:
    """Its data came along: every event is listed, and every sample shown."""
    listed = installed.run("hookwright", "contract", "list").stdout
    shown = installed.run("hookwright", "contract", "show").stdout
    for event in load_contract().events:
        assert event.id in listed
        assert event.title in shown


@pytest.mark.parametrize(
    "stack", [pytest.param(name, marks=together(name)) for name in STACK_NAMES]
)
def test_a_generated_project_passes_its_tests_and_runs_from_its_wheel(
    installed: Environment, stack: str, tmp_path: Path
) -> None:
    """From the kit's wheel a project; from the project a wheel, which carries its schemas.

    This is where the generated tests run, all of them.
    """
    project = tmp_path / "project" / "my-receiver"
    project.parent.mkdir()
    options = ["--sink", "csv", "--sink", "jsonl", "--sink", "sql"]
    installed.run("hookwright", "new", project, "--stack", stack, *options)
    tested = installed.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project)
    assert " passed" in tested.stdout
    assert " skipped" not in tested.stdout

    own = Environment.create(tmp_path / "own")
    own.install(project)
    schemas = own.site_packages / "my_receiver" / "schemas"
    contract = load_contract()
    for event in contract.events:
        assert (schemas / f"{event.id}.schema.json").is_file()
        for sample in event.samples:
            assert (schemas / "samples" / f"{sample.name}.json").read_bytes() == sample.body
    with serving(own, "my-receiver", tmp_path) as url:
        first, *others = contract.events
        installed.run("hookwright", "send", first.command, url, "--param", f"token={TOKEN}")
        for event in others:
            answer = post(url, event.samples[0].payload | {"token": TOKEN})
            assert answer.status == 200, answer
    listed = own.run("my-receiver", "inbox", "list", "--json", cwd=tmp_path).stdout
    assert [json.loads(line)["event"] for line in listed.splitlines()] == [
        event.id for event in contract.events
    ]


@contextmanager
def serving(environment: Environment, program: str, folder: Path) -> Iterator[str]:
    """Run an installed receiver in a folder; yields the webhook's URL."""
    log = folder / "log"
    variables = environment.variables() | {"PORT": "0", "WEBHOOK_TOKENS": TOKEN}
    with log.open("w") as output:
        process = subprocess.Popen(
            [environment.folder / "venv" / "bin" / program, "serve"],
            cwd=folder, env=variables, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        wait_until(
            lambda: process.poll() is not None or '"listening"' in log.read_text(), log.read_text
        )
        where = next(line for line in whole_lines(log) if line["message"] == "listening")
        yield f"http://127.0.0.1:{where['port']}/webhooks/{load_contract().name}"
    finally:
        process.terminate()
        assert process.wait(20) == 0
