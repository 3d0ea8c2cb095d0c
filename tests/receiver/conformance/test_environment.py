"""Where the interpreter of a project comes from."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from hookwright_receiver.conformance import BadOption, NoEnvironment
from hookwright_receiver.conformance.project.environment import cache_folder, find_python
from hookwright_receiver.conformance.project.facts import read_facts
from hookwright_receiver.conformance.project.scratch import copy_project, instrumented


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a pyproject.toml without dependencies, and a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = []\n')
    return folder


def interpreter(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def test_the_interpreter_that_is_named_comes_first(project):
    """`--python` wins over the project's own environment."""
    interpreter(project / ".venv/bin/python")

    assert find_python(project, sys.executable) == Path(sys.executable)


def test_the_projects_own_environment_comes_second(project):
    """Nothing is built where there is one."""
    own = interpreter(project / ".venv/bin/python")

    assert find_python(project) == own
    assert not cache_folder().exists()


def test_an_environment_is_built_once_and_kept(project):
    """The second run finds what the first one made, by the dependencies' digest."""
    built = find_python(project)
    before = (built.parent.parent / ".ready").stat().st_mtime_ns

    assert (
        subprocess.run([built, "-c", "print(1)"], check=True, capture_output=True).stdout == b"1\n"
    )
    assert find_python(project) == built
    assert (built.parent.parent / ".ready").stat().st_mtime_ns == before
    assert built.is_relative_to(os.environ["XDG_CACHE_HOME"])


def test_an_interpreter_that_is_not_there_is_refused(project):
    """The option is named."""
    with pytest.raises(BadOption, match="--python"):
        find_python(project, str(project / "no-such-python"))


def test_a_project_without_dependencies_to_read_says_so(project):
    """The remedy is another interpreter."""
    (project / "pyproject.toml").write_text("[project]\n")

    with pytest.raises(NoEnvironment, match="--python"):
        find_python(project)


@pytest.fixture
def borrowed_pip(monkeypatch):
    """Environments without a pip of their own, which takes the longest: they have the tests'."""
    run = subprocess.run

    def quickly(command, **options):
        return run([*command, "--without-pip"] if "venv" in command else command, **options)

    monkeypatch.setattr(subprocess, "run", quickly)
    monkeypatch.setenv("PYTHONPATH", sysconfig.get_path("purelib"))


@pytest.mark.usefixtures("borrowed_pip")
def test_dependencies_that_cannot_be_installed_are_no_traceback(project):
    """And an environment that was left unfinished is not taken for a whole one."""
    text = '[project]\nname = "x"\ndependencies = ["./not-a-package-at-all"]\n'
    (project / "pyproject.toml").write_text(text)

    with pytest.raises(NoEnvironment, match="cannot be installed") as failed:
        find_python(project)
    assert "not-a-package-at-all" in str(failed.value)
    assert "\n" not in str(failed.value)
    assert not list(cache_folder().glob("*/.ready"))


@pytest.fixture
def generated(tmp_path):
    """What a generated project has, and what its owner keeps beside it."""
    folder = tmp_path / "mine"
    (folder / "mine/schemas").mkdir(parents=True)
    answers = {"name": "mine", "stack": "x", "auth": "none", "sinks": [], "path": "/hook"}
    contract = {"name": "joturl", "digest": "sha256:0", "version": "1"}
    record = {"answers": answers, "contract": contract}
    (folder / ".hookwright.json").write_text(json.dumps(record))
    events = {"events": [{"id": "one"}, {"id": "two"}]}
    (folder / "mine/schemas/contract.json").write_text(json.dumps(events))
    (folder / "mine/__init__.py").touch()
    (folder / "mine/handlers.py").write_text("raise SystemExit('the owner is charged for this')")
    (folder / "mine/.env").write_text("WEBHOOK_TOKENS=theirs")
    (folder / ".env").write_text("DATABASE_URL=postgresql://theirs")
    (folder / "inbox.db").write_text("leads")
    (folder / ".venv/lib").mkdir(parents=True)
    return folder


def test_a_copy_has_the_code_and_nothing_of_its_owner(generated, tmp_path):
    """No settings, no data, no environment; and handlers that charge nobody."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    copy_project(read_facts(generated), scratch)

    found = sorted(str(path.relative_to(scratch)) for path in scratch.rglob("*") if path.is_file())
    assert found == ["mine/__init__.py", "mine/handlers.py", "mine/schemas/contract.json"]
    assert "charged" not in (scratch / "mine/handlers.py").read_text()
    assert "charged" in (generated / "mine/handlers.py").read_text()


def test_the_handlers_of_a_copy_are_python():
    """One for each event."""
    source = instrumented(("one", "two"))

    compile(source, "handlers.py", "exec")
    assert "def one(message)" in source
    assert "def two(message)" in source


def test_a_record_that_is_broken_is_told(generated):
    """The remedy is to generate again."""
    (generated / ".hookwright.json").write_text("{}")

    with pytest.raises(BadOption, match="generate the project again"):
        read_facts(generated)
