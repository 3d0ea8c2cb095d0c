"""Receivers in other people's styles: a good and a broken one each gets the verdict it deserves."""

import sys
from pathlib import Path

import pytest

from hookwright_receiver.conformance import Verdict, grade

from .test_cross_table import PATIENCE
from .test_minimal_receivers import running

FOLDER = Path(__file__).parent / "styles"
# Who looks at no schema is asked for nothing of it here.
SCHEMA = ("P3", "P4", "D8", "D10")
# Of all that a count shows, and of what is told by the answers alone, the most telling.
UNCHECKED = (
    *("P1", "J2", "E1", "E5", "M1", "M2", "M3", "S4", "D1", "D2", "D3", "D4", "D5", "D6"),
    *("K1", "K2", "H1", "H5", "H6", "H8", "H9", "X1"),
)
ALL = UNCHECKED + SCHEMA
# Whether a second message comes before the first is stored is chance, where no crowd comes.
NO_CHANCE = tuple(case for case in ALL if case not in {"D1", "D2", "D4", "D5", "H6"})
# Well under what a count must stand still for, and long enough to come after every answer.
WORK = str(PATIENCE.still / 3)

ADVICE = {"M3", "X1"}

ROWS = [
    # A good one behind a queue, which unpacks what is compressed and refuses in plain text.
    ("aiohttp", [], ALL, set(), ADVICE | {"E5"}),
    # Without a memory each repeat is another effect, which comes when all has been answered.
    ("aiohttp", ["forgetful"], ALL, {"D1", "D2", "D4", "D5", "K2", "H6"}, ADVICE | {"E5"}),
    # A good one with a Map, which goes to work after the answer.
    ("express", [], UNCHECKED, set(), ADVICE),
    # Two equal messages under two ids are one, and so are those of everybody else.
    (
        *("express", ["by-body"], UNCHECKED),
        {"D1", "D3", "D4", "D6", "K1", "K2", "H5", "H6", "H9"},
        ADVICE | {"D2"},
    ),
    # A good one with a unique key.
    ("fastapi", [], ALL, set(), ADVICE),
    # Everything is acknowledged before it is looked at; a crowd gets between look and insert.
    ("fastapi", ["hasty"], NO_CHANCE, {*SCHEMA, "J2", "E1", "E5", "K2"}, ADVICE),
]


@pytest.fixture
def command(request, needs, tmp_path):
    """How to start each of them; skipped where the program is missing."""
    name, flags = request.param
    return {
        "aiohttp": lambda: [sys.executable, FOLDER / "aiohttp_queue.py", "{port}", WORK],
        "express": lambda: [needs("node", "nodejs"), FOLDER / "express.mjs", "{port}", WORK],
        "fastapi": lambda: [sys.executable, FOLDER / "fastapi_store.py", "{port}", tmp_path / "db"],
    }[name]() + flags


@pytest.mark.parametrize(
    ("command", "cases", "failed", "warned"),
    [((name, flags), *rest) for name, flags, *rest in ROWS],
    indirect=["command"],
    ids=["-".join((name, *flags)) for name, flags, *_ in ROWS],
)
def test_each_gets_its_verdict(command, port, cases, failed, warned):
    """By its URL and a count: nothing of it is known beforehand."""
    with running([str(part) for part in command], port) as url:
        count = url.replace("/webhook", "/count")
        report = grade(url, cases=cases, count_url=count, patience=PATIENCE)

    verdicts = {r.case.id: r.verdict for r in report.results}
    told = {r.case.id: r.troubles for r in report.results if r.troubles}
    assert {c for c, verdict in verdicts.items() if verdict is Verdict.FAILED} == failed, told
    assert {c for c, verdict in verdicts.items() if verdict is Verdict.WARNED} == warned, told
    assert set(verdicts.values()) <= {Verdict.PASSED, Verdict.FAILED, Verdict.WARNED}
    assert report.held is (not failed)
