"""`hookwright demo`, as docs/demo.md has it: real receivers, real sockets, a real kill.

Two runs, each looked at by several tests: of every stack on a terminal, and one that is kept.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hookwright.cli import main
from hookwright.demo.project import runnable_stacks
from hookwright_schemas import load_contract

from .demos import COLUMNS, PHASES, blocks, on_a_terminal, recorded, replayed, settings

pytestmark = pytest.mark.xdist_group("demo")

EVENTS = [event.id for event in load_contract().events]
WHOLE, KEPT, JSON = blocks("sh")
# Settings of the shell's that would make a receiver another one, if they reached it.
HOSTILE = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "GUNICORN_CMD_ARGS": "--bind 127.0.0.1:1",
    "HOST": "203.0.113.1",
    "PORT": "1",
    "WEBHOOK_PATH": "/elsewhere",
    "WEBHOOK_PROFILE": "bogus",
    "WEBHOOK_TOKENS": "the-token-of-somebody-else",
    "WORKERS": "0",
    "http_proxy": "http://127.0.0.1:1",
}


def expected_rows(stack, *, killed):
    """Return what the demo has to show of one receiver: (event, sent, answer, stored, handled)."""
    rows = [(event, "sample", 200, 1, 1) for event in EVENTS]
    rows += [
        (EVENTS[0], "repeated", 200, 1, 1),
        (EVENTS[0], "invalid", 422, 0, 0),
        (EVENTS[0], "wrong token", 401, 0, 0),
    ]
    if killed:
        rows += [(EVENTS[0], "while down", 200, 1, 1), (EVENTS[0], "after kill", 200, 1, 1)]
    return [(stack, *row) for row in rows]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Run the page's first command on a terminal: what was shown, the report, and what is left."""
    hookwright, demo, *arguments = shlex.split(WHOLE)
    assert (hookwright, demo) == ("hookwright", "demo")
    temporary = tmp_path_factory.mktemp("temporary")
    with settings(temporary, **HOSTILE) as patch:
        reports = recorded(patch)
        shown = on_a_terminal(*arguments)
    assert len(reports) == 1, shown.raw
    return shown, reports[0], list(temporary.iterdir())


def test_everything_holds_on_every_stack(whole):
    """Exit code 0; each delivery accepted or refused, stored and handled as it must be."""
    shown, report, left = whole
    assert shown.code == 0, shown.raw
    told = json.loads(report.as_json())
    rows = [
        (row["stack"], row["event"], row["sent"], row["answer"], row["stored"], row["handled"])
        for row in told["rows"]
    ]
    first, *others = runnable_stacks()
    expected = expected_rows(first, killed=True)
    for stack in others:
        expected += expected_rows(stack, killed=False)
    assert rows == expected
    assert all(row["held"] and row["latency_ms"] > 0 for row in told["rows"])
    assert told["restart"] == {
        "stack": first,
        "messages_before": len(EVENTS),
        "messages_kept": len(EVENTS),
        "held": True,
    }
    assert [(proof["host"], proof["held"]) for proof in told["proofs"]] == [
        (f"{stack}.receivers.test", True) for stack in runnable_stacks()
    ]
    assert (told["held"], told["faults"], told["folder"]) == (True, [], None)
    assert left == []


def test_the_page_shows_what_is_printed(whole):
    """But for times, and for how wide the columns are."""
    (page,) = blocks("text")
    assert timeless("\n".join(whole[0].lines)) == timeless(page)


def timeless(text):
    """Return the lines without what is never twice the same."""
    text = re.sub(r"\d+(\.\d+)? (ms|s)\b", "…", text)
    return [re.sub(r" +", " ", line).strip() for line in text.strip().splitlines()]


@pytest.mark.parametrize(
    ("arguments", "environment", "colours"),
    [
        pytest.param([], {}, True, id="a terminal has colours"),
        pytest.param(["--no-color"], {}, False, id="nobody wants them here"),
        pytest.param([], {"NO_COLOR": "1"}, False, id="nobody wants them anywhere"),
    ],
)
def test_on_a_terminal_of_80_columns(whole, tmp_path, arguments, environment, colours):
    """Nothing wraps, and there are colours only for who wants them: the same report once more."""
    real, report, _ = whole
    with settings(tmp_path, **environment) as patch:
        replayed(patch, report, PHASES)
        shown = on_a_terminal(*arguments)
    for each in [shown, real] if colours else [shown]:
        # 32 is green; the codes for bold, dim and the cursor are no colours.
        assert ("\x1b[32m" in each.raw) is colours
        assert not re.search(r"\x1b\[(?:\d+;)*3[1-7]m", each.raw) or colours
        assert each.width <= COLUMNS
        assert sum(line.startswith("✓ ") for line in each.lines) >= len(PHASES) + len(report.rows)
        assert each.code == 0
    assert timeless("\n".join(shown.lines)) == timeless("\n".join(real.lines))


def test_the_report_is_json_for_a_script(whole, tmp_path, capsys):
    """The page's command: standard output is the report alone, a line for each step beside it."""
    *typed, into, file = shlex.split(JSON)
    assert (typed, into, file) == (["hookwright", "demo", "--json"], ">", "report.json")
    _, report, _ = whole
    with settings(tmp_path) as patch:
        replayed(patch, report, ["one", "two"])
        with pytest.raises(SystemExit) as ended:
            main(typed[1:])
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err) == (0, report.as_json() + "\n", "one\ntwo\n")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Run the page's second command in a shell: how it ended, its folder, what is left beside."""
    temporary = tmp_path_factory.mktemp("temporary")
    folder = tmp_path_factory.mktemp("here")
    return in_a_shell(KEPT, folder, temporary), folder / "my-demo", list(temporary.iterdir())


def in_a_shell(block, folder, temporary):
    """Run a block of the page as a reader does."""
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env={
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "TMPDIR": str(temporary),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended


def test_each_phase_is_a_plain_line_where_there_is_no_terminal(kept):
    """Standard error tells what is going on; standard output is the table alone."""
    ended, folder, _ = kept
    assert len(ended.stderr.splitlines()) == len(PHASES)
    assert "\x1b" not in ended.stderr + ended.stdout
    # The folder and what to type are as long as they are.
    shown = ended.stdout.partition("The receivers are kept in ")[0].splitlines()
    assert all(len(line) <= COLUMNS for line in shown)
    header = ["event", "stack", "expected", "answer", "latency", "stored", "handled"]
    assert shown[1].split() == header
    (stack,) = [name for name in runnable_stacks() if (folder / f"{name}-receiver").exists()]
    assert f"--stack {stack} " in KEPT
    assert ended.stdout.count("✓ ") == len(expected_rows(stack, killed=True)) + 3


def test_what_is_kept_can_be_looked_at_and_served(kept):
    """The commands that the demo prints are run, as they stand there."""
    ended, folder, left = kept
    assert str(folder) in ended.stdout
    serve, look = re.findall(r"^  (cd .*)$", ended.stdout, re.MULTILINE)
    listed = subprocess.run(
        ["bash", "-c", f"{look} --json"], capture_output=True, text=True, check=True, timeout=60
    )
    inbox = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [(found["event"], found["status"]) for found in inbox] == [
        (event, "done") for event in [*EVENTS, EVENTS[0]]
    ]
    # The token is in `.env`, for its owner alone.
    (settings,) = folder.glob("*/.env")
    assert settings.stat().st_mode & 0o777 == 0o600
    # A log beside each receiver, and the platform's database with its key.
    assert (folder / f"{settings.parent.name}.log").is_file()
    assert {"hookwright.db", "hookwright.db.key"} <= {
        path.name for path in (folder / "platform").iterdir()
    }
    with subprocess.Popen(
        ["bash", "-c", f"exec env PORT=0 bash -c {json.dumps(serve)}"],
        stderr=subprocess.PIPE,
        text=True,
    ) as serving:
        try:
            assert any('"listening"' in line for line in serving.stderr)
        finally:
            serving.terminate()
    assert left == []


@pytest.mark.soak
@pytest.mark.parametrize("block", [WHOLE, JSON])
def test_the_other_commands_of_the_page_run_in_a_shell(tmp_path, block):
    """As the one that keeps the receivers does above."""
    ended = in_a_shell(block, tmp_path, tmp_path)
    if block == JSON:
        assert json.loads((tmp_path / "report.json").read_text())["held"] is True
        assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == len(PHASES)


def test_the_page_has_what_is_tested():
    """An example in another form would not be run."""
    assert (len(blocks("sh")), len(blocks("text"))) == (3, 1)
