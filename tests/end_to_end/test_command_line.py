"""The `hookwright` command: quick to answer, and never at a loss for one helpful line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hookwright.cli import COMMANDS

from .commands import HOOKWRIGHT, called, hookwright

SHOP = Path(__file__).parents[1] / "contracts" / "shop"
NOBODY = "http://127.0.0.1:1/"
NEW = ["new", "project", "--stack", "starlette"]
SEND = ["send", "form", NOBODY]
CHECK = ["check", NOBODY]
# What takes long to import, and no help needs.
HEAVY = (
    "alembic",
    "cryptography",
    "dns",
    "httptools",
    "sqlalchemy",
    "starlette",
    "structlog",
    "uvicorn",
    "jinja2",
    "jsonschema",
    "jsonschema_rs",
    "hypothesis",
    "rich",
    "flask",
    "starlette",
    "yarl",
)
NOT_UTF8 = b"\xff"


def row(why: str, *arguments: str | bytes) -> object:
    """Return a row of a table: what is typed, and why it is wrong."""
    return pytest.param(arguments, id=f"{' '.join(map(str, arguments))}: {why}")


@pytest.mark.parametrize(
    "arguments",
    [
        row("no such command", "frobnicate"),
        row("no such option", "--frobnicate"),
        row("not UTF-8", NOT_UTF8),
        row("no folder", "new"),
        row("no stack", "new", "project"),
        row("no such stack", "new", "project", "--stack", "rails"),
        row("an option without its value", "new", "project", "--stack"),
        row("a flag with a value", *NEW, "--force=yes"),
        row("one folder at a time", *NEW, "another"),
        row("no such authentication", *NEW, "--auth", "basic"),
        row("no such sink", *NEW, "--sink", "xml"),
        row("none, and one", *NEW, "--sink", "none", "--sink", "sql"),
        row("a path that does not begin with a slash", *NEW, "--path", "hooks"),
        row("the receiver's own path", *NEW, "--path", "/healthz"),
        row("a path that is no UTF-8", *NEW, "--path", b"/\xff"),
        row("a keyword", *NEW, "--name", "class"),
        row("a module of Python's", *NEW, "--name", "json"),
        row("a dependency", *NEW, "--name", "starlette"),
        row("no name at all", *NEW, "--name", ""),
        row("a name with a space", "new", "my project", "--stack", "flask"),
        row("a name that is too long", "new", "n" * 300, "--stack", "flask"),
        row("a folder with files", "new", "full", "--stack", "flask"),
        row("a file", "new", "file.json", "--stack", "flask", "--name", "a"),
        row("below a file", "new", "file.json/project", "--stack", "flask"),
        row("no such contract", *NEW, "--contract", "nowhere"),
        row("a contract that is a file", *NEW, "--contract", "file.json"),
        row("a contract that is no TOML", *NEW, "--contract", "broken"),
        row("no event", "send"),
        row("no URL", "send", "form"),
        row("no such event", "send", "order", NOBODY),
        row("no such event in the other contract", *SEND, "--contract", str(SHOP)),
        row("no URL at all", "send", "form", "nowhere"),
        row("another scheme", "send", "form", "ftp://127.0.0.1/"),
        row("no host", "send", "form", "http://"),
        row("no such port", "send", "form", "http://127.0.0.1:99999/"),
        row("a password, which others on the machine can see", "send", "form", "http://a:b@c/"),
        row("white space", "send", "form", "http://127.0.0.1/a b"),
        row("half a bracket", "send", "form", "http://[::1/"),
        row("a host that is no UTF-8", "send", "form", b"http://\xff/"),
        row("a field without a value", *SEND, "--field", "name"),
        row("no such field", *SEND, "--field", "nickname=Ada"),
        row("a field that is no UTF-8", *SEND, "--field", b"name=\xff"),
        row("a documented field as a parameter", *SEND, "--param", "name=Ada"),
        row("another event's field as a parameter", *SEND, "--param", "short_url=x"),
        row("a parameter that is no scalar", *SEND, "--param", "tags:=[1]"),
        row("a parameter that is no JSON", *SEND, "--param", "score:=seven"),
        row("no such file", *SEND, "--data", "nowhere.json"),
        row("a folder", *SEND, "--data", "full"),
        row("nothing to send", *SEND, "--count", "0"),
        row("no number", *SEND, "--count", "many"),
        row("nobody to send it", *SEND, "--concurrency", "0"),
        row("no time", *SEND, "--timeout", "0"),
        row("no time at all", *SEND, "--timeout", "nan"),
        row("no base64", *SEND, "--secret", "whsec_***"),
        row("an empty secret", *SEND, "--secret", ""),
        row("a secret that is no UTF-8", *SEND, "--secret", NOT_UTF8),
        row("an id that no header can have", *SEND, "--id", "a b"),
        row("a contract that is a file", *SEND, "--contract", "file.json"),
        row("no target", "check"),
        row("no such folder", "check", "nowhere"),
        row("a folder that is no project", "check", "full"),
        row("a file", "check", "file.json"),
        row("a name that is too long", "check", "n" * 300),
        row("not UTF-8", "check", NOT_UTF8),
        row("another scheme", "check", "ftp://127.0.0.1/"),
        row("no host", "check", "http://"),
        row("no such port", "check", "http://127.0.0.1:99999/"),
        row("a host with a space", "check", "http://a b/"),
        row("a path that is no UTF-8", "check", b"http://127.0.0.1:1/\xff"),
        row("no such profile", *CHECK, "--profile", "lax"),
        row("no such authentication", *CHECK, "--auth", "basic"),
        row("no secret beside it", *CHECK, "--auth", "token"),
        row("no mode beside it", *CHECK, "--secret", "the-secret"),
        row("an empty secret", *CHECK, "--auth", "token", "--secret", ""),
        row("no base64", *CHECK, "--auth", "signature", "--secret", "whsec_***"),
        row("no such case", *CHECK, "--case", "Z9"),
        row("no such group", *CHECK, "--group", "Z"),
        row("no number", *CHECK, "--seed", "x"),
        row("no URL to count at", *CHECK, "--count-url", "nowhere"),
        row("a report into a folder", *CHECK, "--json", "full"),
        row("a report into no folder", *CHECK, "--html", "nowhere/report.html"),
        row("for a project alone", *CHECK, "--python", sys.executable),
        row("for a project alone", *CHECK, "--database-url", "postgresql://127.0.0.1/"),
        row("no such contract", *CHECK, "--contract", "nowhere"),
        row("no such case, though only the list is asked for", "check", "--list", "--case", "Z9"),
        row("no such action", "contract", "frobnicate"),
        row("one contract at a time", "contract", "list", "another"),
        row("no such contract", "contract", "list", "--contract", "nowhere"),
        row("a contract that is no TOML", "contract", "list", "--contract", "broken"),
        row("no such event", "contract", "show", "order"),
        row("no file", "contract", "validate"),
        row("no such file", "contract", "validate", "nowhere.json"),
        row("a folder", "contract", "validate", "full"),
        row("no such event", "contract", "validate", "file.json", "--event", "order"),
        row(
            "nothing to tell the event by",
            "contract",
            "validate",
            "file.json",
            "--contract",
            str(SHOP),
        ),
        row("no such stack", "demo", "--stack", "rails"),
        row("a flag that it has not", "demo", "--frobnicate"),
    ],
)
def test_wrong_usage_is_one_helpful_line(
    arguments: tuple[str | bytes, ...], tmp_path: Path
) -> None:
    """Exit code 2, a line on standard error, nothing on standard output, and nothing written.

    The `main` of the installed command, called; a few of them are typed below.
    """
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "contract.toml").write_text("name =")
    (tmp_path / "file.json").write_text("{}")
    before = sorted(tmp_path.rglob("*"))
    done = called(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.startswith("hookwright: ")
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("\n")
    # Long enough to say what to do.
    assert len(done.stderr.split()) > 4
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments",
    [
        row("no such command", "frobnicate"),
        row("what a shell passes on may be no text", NOT_UTF8),
        row("a command that works in an event loop", "check", "nowhere"),
        row("help, on standard output", "--help"),
        row("the help of a command", "check", "--help"),
        row("nothing at all"),
        row("a group alone", "contract"),
    ],
)
def test_the_installed_command_says_the_same(
    arguments: tuple[str | bytes, ...], tmp_path: Path
) -> None:
    """As a process: its exit code, and what is on its standard streams."""
    typed, answered = (run(*arguments, cwd=tmp_path) for run in (hookwright, called))
    assert typed.returncode == answered.returncode
    assert (typed.stdout, typed.stderr) == (answered.stdout, answered.stderr)
    assert typed.stdout + typed.stderr != ""


@pytest.mark.parametrize("arguments", [[], ["contract"]], ids=["hookwright", "a group"])
def test_nothing_asked_is_answered_with_what_could_be(arguments: list[str]) -> None:
    """The one wrong usage that gets more than a line: the help, on standard error."""
    done = called(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: hookwright")


def test_help_imports_nothing_heavy() -> None:
    """It answers before a slow library would be there; what one leaves out none brings in."""
    code = (
        "import json, sys\n"
        "from contextlib import suppress\n"
        "from hookwright.cli import main\n"
        "for arguments in ['--help'], [], ['contract', '--help'], ['send', '--help']:\n"
        "    with suppress(SystemExit):\n"
        "        main(arguments)\n"
        "    print('\\n' + json.dumps([arguments, list(sys.modules)]), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("[")]
    assert len(told) == 4
    for arguments, modules in told:
        assert {module.partition(".")[0] for module in modules} & set(HEAVY) == set(), arguments
        assert "hookwright.cli" in modules
    assert done.stdout.count("Usage: hookwright") == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    """And the line that `hookwright --help` has for it is in the list."""
    assert f"  {command} " in called("--help").stdout
    done = called(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: hookwright {command}")


@pytest.mark.parametrize(
    ("redirection", "expected"),
    [
        pytest.param("contract list > /dev/full", 1, id="a full disk"),
        pytest.param("contract list --json > /dev/full", 1, id="a full disk, JSON"),
        pytest.param(
            "contract validate - <&-", 1, id="standard input is closed: nothing is no JSON"
        ),
        pytest.param(f"send form {NOBODY} --data - <&-", 1, id="standard input is closed, data"),
    ],
)
def test_broken_standard_streams_are_one_line(redirection: str, expected: int) -> None:
    """Whatever a shell does to a command, it ends with a line and a code."""
    command = ["sh", "-c", f"{HOOKWRIGHT} {redirection}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == expected
    assert done.stderr.startswith("hookwright: ")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`hookwright contract show | head -1` ends quietly."""
    command = ["sh", "-c", f"{HOOKWRIGHT} contract show | head -1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
