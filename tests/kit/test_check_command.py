"""`hookwright check`, as it is typed."""

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from hookwright.cli import main
from hookwright_receiver import Answers, generate

TOKEN = "the-token-of-the-tests"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """No setting of the shell that runs the tests."""
    monkeypatch.delenv("HOOKWRIGHT_SECRET", raising=False)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def run(capsys):
    """Run the command and return its exit code, standard output and standard error."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["check", *map(str, arguments)])
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def url(httpserver: HTTPServer):
    """A receiver that takes every POST and refuses other methods without saying what it takes."""
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    httpserver.expect_request("/hook").respond_with_data("no", status=405)
    return httpserver.url_for("/hook")


@pytest.fixture
def project(tmp_path):
    """A generated project."""
    folder = tmp_path / "mine"
    generate(folder, Answers(stack="starlette", auth="token"))
    return folder


def test_what_held_is_exit_code_0(run, url):
    """And the summary is the last line."""
    code, out, err = run(url, "--case", "S4")

    assert (code, err.count("hookwright:")) == (0, 0)
    assert "Every case held (1 passed" in out


def test_what_failed_is_exit_code_1_with_a_line_that_says_why(run, url):
    """The report shows the request, the answer, the reason, the remedy and the replay."""
    code, out, err = run(url, "--case", "M1", "--seed", "5")

    assert code == 1
    for part in ("no Allow header", "Allow: POST", "why", "mend it", f"{url} --case M1 --seed 5"):
        assert part in out, part
    assert err.splitlines()[-1].startswith("hookwright: 1 case did not hold (M1)")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name what to check"),
        (("{url}", "--case", "P77"), "there is no case P77"),
        (("{url}", "--group", "Q"), "there is no group Q"),
        (("{url}", "--auth", "token"), "HOOKWRIGHT_SECRET"),
        (("{url}", "--secret", "x"), "--auth token"),
        (("{url}", "--profile", "lax"), "--profile"),
        (("{url}", "--seed", "-1"), "--seed"),
        (("{url}", "--python", "python3"), "project's folder"),
        (("{url}", "--json", "/no/such/folder/report.json"), "is no folder"),
        (("{url}", "--json", "-", "--junit", "-"), "one report at most"),
        (("gopher://x/hook",), "neither a project's folder nor"),
        (("/no/such/folder",), "no project of `hookwright new`"),
        (("{url}", "--contract", "/no/such/folder"), "/no/such/folder"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_one_line(run, url, arguments, message):
    """Each line names the remedy, and none is a traceback."""
    code, _, err = run(*(argument.format(url=url) for argument in arguments))

    assert (code, len(err.splitlines())) == (2, 1)
    assert message in err


def test_a_database_may_be_named_where_nobody_else_sees_it(run, url, monkeypatch):
    """Others see a process's arguments; what a URL has no use for is refused, without a quote."""
    monkeypatch.setenv("HOOKWRIGHT_CHECK_DATABASE_URL", "postgresql://u:hush@127.0.0.1/x")
    code, _, err = run(url)
    assert code == 2
    assert "project's folder" in err
    assert "hush" not in err


def test_nobody_there_is_exit_code_3(run, port):
    """The line says what to do."""
    code, _, err = run(f"http://127.0.0.1:{port}/hook", "--case", "S4")

    assert code == 3
    assert "start the receiver first" in err


def test_the_cases_are_listed_without_a_target(run):
    """`--list` takes the same selection as a run."""
    code, out, _ = run("--list", "--group", "T", "--case", "D1")

    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:] if line[:1].isupper()] == [
        "D1",
        "T1",
        "T2",
        "T3",
        "T4",
    ]


def test_reports_are_written_for_programs_and_people(run, url, tmp_path):
    """All three at once, beside what the terminal shows."""
    files = {name: tmp_path / f"report.{name}" for name in ("json", "junit", "html")}
    options = [part for name, file in files.items() for part in (f"--{name}", file)]

    code, out, _ = run(url, "--case", "M1", "--case", "S4", *options)

    assert code == 1
    assert json.loads(files["json"].read_text())["summary"]["failed"] == 1
    assert ET.parse(files["junit"]).getroot().find("testsuite").get("tests") == "2"
    assert files["html"].read_text().startswith("<!doctype html>")
    assert "M1" in out


def test_a_report_on_standard_output_stands_there_alone(run, url):
    """A program reads it; what is for people goes to standard error."""
    code, out, err = run(url, "--case", "S4", "--json", "-")

    assert code == 0
    assert json.loads(out)["cases"][0]["verdict"] == "passed"
    assert "Every case held" in err


def test_warnings_fail_a_strict_run(run, httpserver):
    """404 where 405 is due is the right class with another code."""
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    httpserver.expect_request("/hook").respond_with_data("no", status=404)
    url = httpserver.url_for("/hook")

    assert run(url, "--case", "M1")[0] == 0
    assert run(url, "--case", "M1", "--strict")[0] == 1


def test_secrets_come_from_the_environment_too(run, url, monkeypatch):
    """No other user of the machine sees them there; a run without authentication ignores them."""
    monkeypatch.setenv("HOOKWRIGHT_SECRET", f"{TOKEN},the-older-token-0123")

    code, out, _ = run(url, "--case", "A1", "--auth", "token")

    assert code == 1
    assert TOKEN not in out
    assert "--auth token" in out
    assert run(url, "--case", "S4")[0] == 0


def test_a_project_is_graded_by_its_folder(run, project):
    """With the interpreter that is named; nothing is written into the folder."""
    before = sorted(project.rglob("*"))

    code, out, err = run(project, "--case", "D7", "--case", "A2", "--python", sys.executable)

    assert (code, out.count("2 passed")) == (0, 1), out + err
    assert sorted(project.rglob("*")) == before


def test_a_projects_own_mode_is_not_overruled(run, project):
    """Its secrets are the runner's own."""
    code, _, err = run(project, "--auth", "token", "--secret", TOKEN)

    assert code == 2
    assert "are for a URL" in err


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        (signal.SIGINT, 130, ["hookwright: stopped."]),
        (signal.SIGTERM, 130, ["hookwright: stopped."]),
        # Nothing of its own can run any more, and still all of it goes.
        (signal.SIGKILL, -signal.SIGKILL, []),
    ],
)
def test_a_run_that_is_stopped_leaves_nothing(project, how, code, said):
    """Neither Ctrl-C nor a supervisor, nor a kill, leaves a receiver or a scratch copy behind."""
    place = project.parent
    command = [sys.executable, "-m", "hookwright", "check", project, "--python", sys.executable]
    process = subprocess.Popen(
        [*command, "--case", "T2"],
        env=os.environ | {"TMPDIR": str(place)},
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: serving(place), "the receiver to start")

    process.send_signal(how)
    _, err = process.communicate(timeout=30)

    assert process.returncode == code, err
    assert err.splitlines()[-1:] == said
    wait_for(lambda: not serving(place), "the receiver to end")
    wait_for(lambda: not list(place.glob("hookwright-check-*")), "the scratch copy to go")


def wait_for(condition, what):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def serving(folder: Path) -> bool:
    """Tell whether a process works in a folder below this one."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink().is_relative_to(folder):
                return True
        except OSError:
            continue
    return False
