"""`hookwright demo`: what it takes, what it refuses, and what it shows of another contract."""

import asyncio
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from hookwright.cli import main
from hookwright.console import console
from hookwright.demo.course import Course
from hookwright.demo.interruption import interruptible
from hookwright.demo.phases import Phases
from hookwright.demo.project import runnable_stacks
from hookwright.demo.workspace import workspace
from hookwright_receiver import STACKS
from hookwright_schemas import load_contract
from tests.programs import signals_kept

SHOP = Path(__file__).parents[1] / "contracts" / "shop"


@pytest.fixture(autouse=True)
def _signals_kept():
    """The demo takes signals over for as long as its event loop lives."""
    with signals_kept():
        yield


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder that temporary ones are made in."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--stack", "rails"], "rails", id="no such stack"),
        pytest.param(
            ["--stack", "starlette", "--stack", "rails"], "rails", id="one of two is no stack"
        ),
        pytest.param(["--keep", "full"], "not empty", id="a folder with files"),
        pytest.param(["--keep", "full/file"], "--keep", id="a file"),
        pytest.param(["--keep", "full/file/below"], "--keep", id="below a file"),
        pytest.param(["--verbose"], "--verbose", id="no such option"),
        pytest.param(["flask"], "flask", id="a stack without its option"),
    ],
)
def test_wrong_usage_is_one_line_and_leaves_nothing(typed, temporary, tmp_path, arguments, message):
    """Exit code 2, the remedy, no traceback, no folder."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    ended = typed("demo", *arguments)
    assert ended.code == 2
    assert message in ended.refusal
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "full", "temporary"]


@pytest.mark.parametrize("keep", ["kept", "kept/here", "empty"])
def test_a_folder_to_keep_is_made_and_stays(temporary, tmp_path, keep):
    """With those that it is in, and an empty one will do."""
    (tmp_path / "empty").mkdir()
    with workspace(tmp_path / keep) as (root, _):
        (root / "file").touch()
    assert root == tmp_path / keep
    assert [path.name for path in root.iterdir()] == ["file"]
    assert list(temporary.iterdir()) == []


def test_without_one_to_keep_it_is_temporary(temporary):
    """For its owner alone, and gone with all that is in it."""
    with workspace(None) as (root, _):
        assert (root.parent, root.stat().st_mode & 0o777) == (temporary, 0o700)
        (root / "file").touch()
    assert list(temporary.iterdir()) == []


def test_without_its_extra_it_says_what_to_install(monkeypatch, capsys, tmp_path):
    """One line with the pip command, before anything is written."""

    def version(distribution):
        raise PackageNotFoundError(distribution)

    monkeypatch.setattr("hookwright.demo.project.version", version)
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--keep", str(tmp_path / "kept")])
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err.count("\n")) == (2, "", 1)
    assert "pip install 'hookwright[demo]'" in err
    assert not (tmp_path / "kept").exists()


def test_the_stacks_are_those_that_python_runs():
    """Taken from the manifests: a stack that is added is shown without a change here."""
    assert set(runnable_stacks()) == {
        name for name, stack in STACKS.items() if "python" in stack.layers
    }
    assert {"starlette", "flask"} <= set(runnable_stacks())


def test_another_contract_is_shown_as_well():
    """Without the platform, to which only the built-in contract's events happen."""
    shop = load_contract(SHOP)
    course = Course(["starlette"], shop)
    report = asyncio.run(interruptible(course.run(Phases(console(stderr=True)))))
    assert report.faults == []
    assert [(row.delivery.event.definition.id, str(row.delivery.kind)) for row in report.rows] == [
        *((event.id, "") for event in shop.events),
        (shop.events[0].id, "repeated"),
        (shop.events[0].id, "invalid"),
        (shop.events[0].id, "wrong token"),
        (shop.events[0].id, "after kill"),
    ]
