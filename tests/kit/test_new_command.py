"""`hookwright new`: what it prints, what it refuses, and that what it tells you to type works."""

import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hookwright.cli import main
from hookwright_receiver import STACKS

STACK = next(iter(STACKS))
SHOP = Path(__file__).parents[1] / "contracts" / "shop"


class Run:
    """One run of the command: its exit code and what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["new", *arguments])
        self.code = ended.value.code
        self.out, self.err = capsys.readouterr()


@pytest.fixture
def new(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Run]:
    """Run `hookwright new` in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: Run(capsys, *arguments)


REFUSED = [
    # arguments, part of the message, reason
    ([], "DIR", "no folder is named"),
    (["r"], "--stack", "no stack is chosen, and there is no best one"),
    (["r", "--stack", "rails"], "rails", "no such stack"),
    (["r", "--stack", STACK, "--auth", "basic"], "basic", "no such way to know the sender"),
    (["r", "--stack", STACK, "--sink", "xml"], "xml", "no such sink"),
    (["r", "--stack", STACK, "--sink", "none", "--sink", "csv"], "--sink", "a contradiction"),
    (["r", "--stack", STACK, "--path", "hooks"], "--path /hooks", "no slash; the remedy has one"),
    (["r", "--stack", STACK, "--path", ""], "--path", "an empty option is a mistake"),
    (["json", "--stack", STACK], "--name", "the folder's name hides a module"),
    (["r", "--stack", STACK, "--name", STACK], "--name", "the name hides the framework"),
    (["r", "--stack", STACK, "--contract", "nowhere"], "nowhere", "no such contract"),
    (["r", "--stack", STACK, "--verbose"], "--verbose", "no such option"),
    (["full", "--stack", STACK], "--force", "a folder with files"),
    (["full", "--force"], "--stack", "files, and no project among them that has a stack"),
    (["full/file", "--stack", STACK, "--name", "r"], "not a folder", "a file"),
    (["full/file/r", "--stack", STACK], "Not a directory", "below a file"),
]


@pytest.mark.parametrize(
    ("arguments", "message", "reason"), REFUSED, ids=[reason for *_, reason in REFUSED]
)
def test_bad_usage_is_one_line_and_writes_nothing(
    new: Callable[..., Run], tmp_path: Path, arguments: list[str], message: str, reason: str
) -> None:
    """Exit code 2, the remedy, no traceback."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    run = new(*arguments)
    assert run.code == 2, reason
    assert run.out == ""
    assert run.err.startswith("hookwright: ")
    assert run.err.count("\n") == 1
    assert message in run.err
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "full"]


@pytest.mark.parametrize("stack", STACKS)
def test_it_says_what_was_written_and_what_to_type_next(
    new: Callable[..., Run], tmp_path: Path, stack: str
) -> None:
    """A calm summary, then the commands in their order."""
    run = new("my-receiver", "--stack", stack)
    assert (run.code, run.err) == (0, "")
    first, *rest = run.out.splitlines()
    assert first.startswith(f"my-receiver: {STACKS[stack].title}; files: ")
    commands = [line.strip() for line in rest if line.startswith("  ") and "#" not in line]
    assert len(commands) == 4
    for command, part in zip(
        commands, ("pip install", "umask", " serve", "hookwright send"), strict=True
    ):
        assert part in command
    assert (tmp_path / "my-receiver" / "my_receiver" / "handlers.py").is_file()


def test_every_option_reaches_the_project(new: Callable[..., Run], tmp_path: Path) -> None:
    """What was answered stands in the record."""
    arguments = ["x", "--stack", STACK, "--name", "my-leads", "--auth", "signature",
                 "--sink", "sql", "--sink", "csv", "--path", "/hooks/"]  # fmt: skip
    assert new(*arguments).code == 0
    record = json.loads((tmp_path / "x" / ".hookwright.json").read_bytes())
    assert record["answers"] == {
        "name": "my-leads",
        "stack": STACK,
        "auth": "signature",
        "sinks": ["csv", "sql"],
        "path": "/hooks",
    }


def test_another_contract_is_passed_on_to_what_is_typed_next(
    new: Callable[..., Run], tmp_path: Path
) -> None:
    """`send` must find the same contract: the project has it."""
    run = new("x", "--stack", STACK, "--contract", str(SHOP), "--name", "r")
    assert run.code == 0
    assert "--contract r/schemas" in run.out
    assert "joturl" not in run.out


def test_one_json_object_for_programs(new: Callable[..., Run], tmp_path: Path) -> None:
    """`--json` prints nothing else."""
    run = new("x", "--stack", STACK, "--name", "r", "--json")
    document = json.loads(run.out)
    assert document["directory"] == str(tmp_path / "x")
    assert (document["name"], document["package"], document["stack"]) == ("r", "r", STACK)
    assert "README.md" in document["created"]
    assert len(document["next"]) == 4
    (tmp_path / "x" / "README.md").write_text("mine")
    again = new("x", "--stack", STACK, "--name", "r", "--force", "--json")
    document = json.loads(again.out)
    assert document["kept"] == [{"path": "README.md", "reason": "you changed it"}]
    assert document["created"] == document["updated"] == document["removed"] == []
    assert document["changes"] == []


def test_the_working_directory_can_be_the_project(
    new: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`hookwright new .` takes the folder's name, and needs no `cd`."""
    here = tmp_path / "leads"
    here.mkdir()
    monkeypatch.chdir(here)
    run = new(".", "--stack", STACK)
    assert run.code == 0
    assert (here / "leads" / "handlers.py").is_file()
    assert "cd " not in run.out


@pytest.mark.parametrize(
    ("auth", "setting", "start"),
    [("token", "WEBHOOK_TOKENS", ""), ("signature", "WEBHOOK_SECRETS", "whsec_")],
)
def test_the_command_that_makes_the_secret_makes_one(
    new: Callable[..., Run], tmp_path: Path, auth: str, setting: str, start: str
) -> None:
    """It writes `.env` for the owner alone; once there is one, the command is not offered."""
    run = new("a b", "--stack", STACK, "--auth", auth, "--name", "r", "--json")
    cd, secret = json.loads(run.out)["next"][0].split(" && ")[0], json.loads(run.out)["next"][1]
    subprocess.run(["sh", "-ec", f"{cd}\n{secret}"], check=True, cwd=tmp_path)
    env = tmp_path / "a b" / ".env"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    values = dict(
        line.split("=", 1)
        for line in env.read_text().splitlines()
        if not line.startswith("#") and line
    )
    assert values[setting].startswith(start)
    assert len(values[setting]) >= 48
    again = new("a b", "--stack", STACK, "--auth", auth, "--name", "r", "--force")
    assert 'sed "s|' not in again.out


def test_without_authentication_no_secret_is_asked_for(new: Callable[..., Run]) -> None:
    """There is none to set."""
    run = new("x", "--stack", STACK, "--auth", "none", "--name", "r")
    assert "WEBHOOK" not in run.out


def test_what_was_kept_is_named(new: Callable[..., Run], tmp_path: Path) -> None:
    """Nobody has to guess which files are not the newest."""
    new("x", "--stack", STACK, "--name", "r")
    (tmp_path / "x" / "README.md").write_text("mine")
    run = new("x", "--stack", STACK, "--name", "r", "--auth", "none", "--force")
    assert "  kept README.md: you changed it" in run.out
    assert (tmp_path / "x" / "README.md").read_text() == "mine"


def test_the_short_command_forgets_nothing_and_tells_what_changes(
    new: Callable[..., Run], tmp_path: Path
) -> None:
    """The trial of F-G1: a plain second run; then what is asked for by name, alone and told."""
    arguments = ["fa", "--stack", STACK, "--auth", "signature", "--sink", "sql",
                 "--path", "/hooks", "--contract", str(SHOP)]  # fmt: skip
    new(*arguments)
    before = (tmp_path / "fa" / ".hookwright.json").read_bytes()
    refused = new("fa")
    assert (refused.code, "--force" in refused.err) == (2, True)
    plain = new("fa", "--force")
    assert (plain.code, " -> " in plain.out) == (0, False)
    assert (tmp_path / "fa" / ".hookwright.json").read_bytes() == before
    changed = new("fa", "--force", "--auth", "token", "--sink", "none")
    assert "\n  auth: signature -> token\n  sinks: sql -> none\n" in changed.out
    back = new("fa", "--force", "--contract", "built-in", "--json")
    assert json.loads(back.out)["changes"] == [
        {"what": "contract", "before": "shop 2.1.0", "after": "joturl 1.0.0"}
    ]


def test_a_lost_contract_is_one_line_and_writes_nothing(
    new: Callable[..., Run], tmp_path: Path
) -> None:
    """Exit code 2, and what to give."""
    new("fa", "--stack", STACK, "--contract", str(SHOP))
    (tmp_path / "fa" / "fa" / "schemas" / "contract.toml").unlink()
    run = new("fa", "--force")
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)
    assert "give the folder of the contract shop: --contract DIR" in run.err


def test_the_help_lists_the_stacks_that_there_are(new: Callable[..., Run]) -> None:
    """From their manifests, so that a further one is a folder and nothing else."""
    run = new("--help")
    assert run.code == 0
    for stack in STACKS.values():
        assert stack.name in run.out


def test_a_folder_whose_name_is_no_text_is_no_traceback(
    new: Callable[..., Run], tmp_path: Path
) -> None:
    """A file name is bytes; these are not UTF-8."""
    folder = os.fsdecode(b"\xff")
    assert new(folder, "--stack", STACK).code == 2
    run = new(folder, "--stack", STACK, "--name", "r", "--json")
    assert run.code == 0
    assert json.loads(run.out)["name"] == "r"
