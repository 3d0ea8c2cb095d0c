"""Generated receivers score 100 %: nothing fails, nothing is left unseen."""

import sys
from dataclasses import replace
from itertools import cycle, islice, product
from pathlib import Path

import pytest

from hookwright_receiver import STACKS, Answers, generate
from hookwright_receiver.conformance import (
    CASES,
    Patience,
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

# Payloads of an event that are made in a usual run; the long runs make as many as a real one.
FEW = 20

MODES = ("token", "signature", "none")
PROFILES = ("documented", "strict")
DATABASES = ("sqlite", "postgresql")
CONTRACTS = {"joturl": None, "shop": Path(__file__).parents[2] / "contracts" / "shop"}

# Those that need no receiver of their own, to be killed, locked out or kept waiting.
MESSAGES = tuple(case.id for case in CASES if case.place == "shared")

# In turn for each stack: every mode, profile, database and contract, and every stack that there is.
# What a contract or no authentication at all changes, messages show.
SETTINGS = [
    ("signature", "strict", "postgresql", "joturl", ()),
    ("token", "documented", "sqlite", "joturl", ()),
    ("none", "documented", "sqlite", "shop", MESSAGES),
]
TURNS = islice(cycle(STACKS), max(len(STACKS), len(SETTINGS)))
USUAL = [(stack, *row) for stack, row in zip(TURNS, cycle(SETTINGS), strict=False)]
# `make soak` runs every stack with all of them, and all cases.
LONG = [
    *(
        (stack, *row, "joturl", ())
        for stack in STACKS
        for row in product(MODES, PROFILES, DATABASES)
    ),
    *((stack, "token", "documented", "sqlite", "shop", ()) for stack in STACKS),
]
ROWS = [pytest.param(*row, FEW, id="-".join(row[:-1])) for row in USUAL] + [
    pytest.param(*row, PATIENCE.generated, id="-".join(row[:-1]), marks=pytest.mark.soak)
    for row in LONG
    if row not in USUAL
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


@pytest.mark.parametrize(
    ("stack", "mode", "profile", "database", "contract", "cases", "generated"), ROWS
)
def test_a_generated_receiver_passes_every_case(  # noqa: PLR0913, PLR0917  fixtures and a table
    request, monkeypatch, project, stack, mode, profile, database, contract, cases, generated
):
    """Graded beside settings and a database that are its owner's, and that stay as they are."""
    source = CONTRACTS[contract]
    folder = project(stack, mode, **({"contract": load_contract(source)} if source else {}))
    (folder / ".env").write_text("DATABASE_URL=sqlite:////nowhere/theirs.db\nWORKERS=0\n")
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/theirs.db")
    monkeypatch.setenv("WEBHOOK_PATH", "/theirs")
    server = request.getfixturevalue("postgresql").url if database == "postgresql" else None
    before = snapshot(folder)

    report = grade(
        folder,
        cases=cases,
        profile=profile,
        contract=source,
        python=sys.executable,
        database_url=server,
        patience=replace(PATIENCE, generated=generated),
    )

    wrong = [r for r in report.results if r.verdict not in {Verdict.PASSED, Verdict.NOT_APPLICABLE}]
    assert [(r.case.id, r.verdict, r.reason, r.troubles[:2]) for r in wrong] == []
    applicable = {r.case.id for r in report.results if r.verdict is Verdict.PASSED}
    # Of some groups this contract has no cases.
    lacking = {r.case.id for r in report.results if "the contract has no cases" in (r.reason or "")}
    assert applicable == {case.id for case in select(cases) if mode in case.modes} - lacking
    assert source or not lacking
    assert snapshot(folder) == before


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
