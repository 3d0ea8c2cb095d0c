"""docs/checking.md: every example on it runs, and every option on it is one."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from hookwright_receiver.conformance import CASES, Verdict
from hookwright_receiver.conformance.reporters.json_report import schema

PAGE = (Path(__file__).parents[3] / "docs" / "checking.md").read_text("utf-8")
ELSEWHERE = "http://127.0.0.1:8000/webhooks/joturl"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def url(httpserver):
    """A receiver that takes every POST, and nothing else."""
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    httpserver.expect_request("/hook").respond_with_data("no", status=405)
    return httpserver.url_for("/hook")


def python(*arguments, folder) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_program_of_the_page_runs(url, tmp_path):
    """`grade` from Python."""
    (program,) = (block for block in blocks("python") if "grade(" in block)

    done = python("-c", program.replace(ELSEWHERE, url), folder=tmp_path)

    assert (done.stdout, done.returncode) == ("M1 other methods no Allow header\n", 0), done.stderr


def test_the_tests_of_the_page_run(url, tmp_path):
    """Every case of the groups is an item; those that fail tell all about it."""
    (program,) = (block for block in blocks("python") if "conformance(" in block)
    (tmp_path / "test_conformance.py").write_text(program.replace(ELSEWHERE, url))

    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", folder=tmp_path)

    assert "PASSED test_conformance.py::test_receiver[C1]" in done.stdout, done.stdout
    assert "FAILED test_conformance.py::test_receiver[C5]" in done.stdout
    for part in ("expected 400 or 415, got 200 OK", "mend it:", "replay: hookwright check"):
        assert part in done.stdout, part


def test_a_fixture_gives_the_target_and_one_run_serves_every_item(url, tmp_path):
    """What cannot be seen is skipped; only what is selected is sent."""
    (tmp_path / "test_mine.py").write_text(
        "import pytest\n"
        "from hookwright_receiver.conformance import pytest_helper\n"
        "runs = []\n"
        "grade = pytest_helper.grade\n"
        "pytest_helper.grade = lambda *a, **k: runs.append(k['cases']) or grade(*a, **k)\n"
        f"@pytest.fixture\ndef receiver():\n    return {url!r}\n"
        "test_it = pytest_helper.conformance(fixture='receiver', groups=['D', 'S'])\n"
        "def test_runs():\n    assert runs == [['D1', 'S4']]\n"
    )

    chosen = ["test_mine.py::test_it[D1]", "test_mine.py::test_it[S4]", "test_mine.py::test_runs"]
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs", *chosen, folder=tmp_path)

    assert "2 passed, 1 skipped" in done.stdout, done.stdout
    assert "not observable: needs effects" in done.stdout


def test_every_option_of_the_page_is_one_of_the_command():
    """And none of the command is missing on the page."""
    done = python("-m", "hookwright", "check", "--help", folder=".")

    in_help = set(re.findall(r"--[a-z][a-z-]+", done.stdout)) - {"--help", "--no-color"}
    assert set(re.findall(r"--[a-z][a-z-]+", PAGE)) == in_help


def test_the_commands_of_the_page_are_complete(url, tmp_path):
    """The list needs no receiver; the others name a target that is theirs to choose."""
    (listing,) = (block for block in blocks("sh") if "--list" in block)

    done = python("-m", *listing.split(), folder=tmp_path)

    assert done.returncode == 0
    assert done.stdout.count("SIGKILL") == 2


def test_what_the_page_says_of_the_report_is_so():
    """The example keeps to the schema, and every verdict has its line."""
    (example,) = blocks("json")
    jsonschema.validate(json.loads(example), schema())
    for verdict in Verdict:
        assert f"\n| {verdict.label} |" in PAGE
    assert f"fires {len(CASES)} cases" in PAGE


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_page_has_a_line_for_each_case(case):
    """With its level, and by whose word that is."""
    mark = " #" if case.counted else " ◆" if case.observes else ""
    assert f"\n| {case.id}{mark} | {case.level} | {case.title} | {case.source} |\n" in PAGE
