"""Generated receivers score 100 %: nothing fails, nothing is left unseen."""

import sys
from pathlib import Path

import pytest

from hookwright_receiver import STACKS, Answers, generate
from hookwright_receiver.conformance import (
    Patience,
    Report,
    Unreachable,
    Verdict,
    grade,
    select,
)
from hookwright_schemas import load_contract

# What is judged here is what a receiver does, not how fast: the machine runs other tests meanwhile.
# No defect is mended by waiting that long; T1's handler takes 30 s.
PATIENCE = Patience(
    answer=20.0, prompt=15.0, unavailable=15.0, shutdown=30.0, start=60.0, settle=60.0, effect=20.0
)

MODES = ("token", "signature", "none")
PROFILES = ("documented", "strict")
DATABASES = ("sqlite", "postgresql")

# Every mode, profile and database with every stack; `make soak` runs the whole product.
USUAL = {
    ("token", "documented", "sqlite"),
    ("signature", "strict", "postgresql"),
    ("none", "documented", "postgresql"),
}
ROWS = [
    pytest.param(
        (stack, *row), marks=[] if row in USUAL else [pytest.mark.soak], id="-".join((stack, *row))
    )
    for stack in STACKS
    for row in [(m, p, d) for m in MODES for p in PROFILES for d in DATABASES]
]


@pytest.fixture
def project(tmp_path):
    """Return a function that generates a project with a database sink."""

    def make(stack: str, auth: str, **answers) -> Path:
        folder = tmp_path / f"my-{stack}"
        generate(folder, Answers(stack=stack, auth=auth, sinks=("sql",), **answers))
        return folder

    return make


def snapshot(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def assert_perfect(report: Report, mode: str) -> None:
    wrong = [r for r in report.results if r.verdict not in {Verdict.PASSED, Verdict.NOT_APPLICABLE}]
    assert [(r.case.id, r.verdict, r.reason, r.troubles[:2]) for r in wrong] == []
    applicable = {r.case.id for r in report.results if r.verdict is Verdict.PASSED}
    assert applicable == {case.id for case in select() if mode in case.modes}


@pytest.mark.parametrize("row", ROWS)
def test_a_generated_receiver_passes_every_case(request, monkeypatch, project, row):
    """Graded beside settings and a database that are its owner's, and that stay as they are."""
    stack, mode, profile, database = row
    folder = project(stack, mode)
    (folder / ".env").write_text("DATABASE_URL=sqlite:////nowhere/theirs.db\nWORKERS=0\n")
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/theirs.db")
    monkeypatch.setenv("WEBHOOK_PATH", "/theirs")
    server = request.getfixturevalue("postgresql").url if database == "postgresql" else None
    before = snapshot(folder)

    report = grade(
        folder,
        profile=profile,
        python=sys.executable,
        database_url=server,
        patience=PATIENCE,
    )

    assert_perfect(report, mode)
    assert snapshot(folder) == before


def test_a_receiver_of_another_contract_passes_too(project):
    """Events told apart by a header, keys in another header, fields that are no text."""
    shop = Path(__file__).parents[2] / "contracts" / "shop"
    folder = project("starlette", "token", contract=load_contract(shop))

    report = grade(folder, contract=shop, python=sys.executable, patience=PATIENCE)

    wrong = [r for r in report.results if r.verdict not in {Verdict.PASSED, Verdict.NOT_APPLICABLE}]
    assert [(r.case.id, r.verdict, r.reason, r.troubles[:2]) for r in wrong] == []


def test_a_defect_in_a_project_is_found(project):
    """The copy that is graded is the project, not the template."""
    folder = project("starlette", "none")
    pipeline = next(folder.glob("*/pipeline.py"))
    text = pipeline.read_text()
    changed = text.replace('headers.get("content-encoding")', "None")
    assert changed != text
    pipeline.write_text(changed)

    report = grade(folder, cases=["E5", "M4"], python=sys.executable)

    assert report["E5"].verdict is Verdict.FAILED
    assert report["M4"].verdict is Verdict.PASSED


def test_a_project_that_does_not_start_says_why(project):
    """Exit code 3, with the last words of its log; no process is left behind."""
    folder = project("starlette", "none")
    next(folder.glob("*/server.py")).write_text("raise ValueError('no such luck')\n")

    with pytest.raises(Unreachable, match="no such luck") as unreachable:
        grade(folder, cases=["M4"], python=sys.executable)
    assert "\n" not in str(unreachable.value)
