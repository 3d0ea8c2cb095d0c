"""The runner can fail: for every case there is a receiver that is wrong in just that."""

import asyncio
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from hookwright_receiver.conformance import CASES, Case, Engine, Patience, Report, Verdict
from hookwright_receiver.conformance.project.target import make_credentials
from hookwright_schemas import load_contract

from .receivers.broken import BROKEN
from .receivers.in_process import InProcessTarget

# Where a receiver is only slow, as the reference is on a busy machine, a case waits for long; where
# most broken ones make a case wait until it gives up, it waits less than in a real run.
PATIENCE = Patience(
    drips=6,
    drip_interval=0.1,
    drip_end=4.0,
    drip_service=10.0,
    flood=8_000_000,
    idle=40,
    idle_service=4.0,
    settle=10.0,
    effect=2.0,
    still=0.6,
    lag=3.0,
    doom=0.1,
    interim=0.2,
    crowd=30,
    refused_number=30,
    refused_bytes=4_000_000,
    answer=10.0,
    prompt=10.0,
    unavailable=10.0,
)

# A search at random may or may not meet a defect that a case of the list names.
GENERATED = frozenset(case.id for case in CASES if case.group == "G")
# Payloads of an event that are made in a usual run; the long runs make as many as a real one.
FEW = 20

MODES = ("none", "token", "signature")
PROFILES = ("documented", "strict")
# Each mode and each profile; `make soak` runs the whole product.
USUAL = {("none", "documented"), ("token", "strict"), ("signature", "documented")}
REFERENCE = [
    pytest.param(*row, FEW, id="-".join(row))
    if row in USUAL
    else pytest.param(*row, PATIENCE.generated, id="-".join(row), marks=pytest.mark.soak)
    for row in product(MODES, PROFILES)
]


def graded(target, cases=CASES, **patience) -> Report:
    return asyncio.run(Engine(target, cases, patience=replace(PATIENCE, **patience), seed=1).run())


@pytest.mark.parametrize(("mode", "profile", "generated"), REFERENCE)
def test_the_reference_receiver_passes_every_case(mode, profile, generated):
    """Nothing is wrong with the receiver that all the broken ones are variations of."""
    target = InProcessTarget(load_contract(), make_credentials(mode), profile=profile)

    report = graded(target, generated=generated)

    kinds = {Verdict.PASSED, Verdict.NOT_APPLICABLE}
    assert [(r.case.id, r.troubles) for r in report.results if r.verdict not in kinds] == []
    applicable = [r.case for r in report.results if r.verdict is Verdict.PASSED]
    assert applicable == [case for case in CASES if mode in case.modes]


@pytest.mark.parametrize(
    "mode",
    [pytest.param(mode, marks=[] if mode == "token" else pytest.mark.soak) for mode in MODES],
)
def test_the_reference_receiver_passes_under_another_contract(mode):
    """No case knows an event or a field: a contract with a header and other types will do."""
    contract = load_contract(Path(__file__).parents[2] / "contracts" / "shop")

    report = graded(InProcessTarget(contract, make_credentials(mode)), generated=FEW)

    kinds = {Verdict.PASSED, Verdict.NOT_APPLICABLE}
    assert [(r.case.id, r.troubles) for r in report.results if r.verdict not in kinds] == []
    assert report["P9"].reason == "the contract has no cases of group P9"
    assert report["P7"].verdict is Verdict.PASSED


def neighbours(broken) -> tuple[Case, ...]:
    """Return the cases of the groups that a receiver is wrong in, and the first of each other."""
    wrong = {case.group for case in CASES if case.id in broken.fails | broken.warns}
    first = {case.group: case for case in reversed(CASES)}
    return tuple(case for case in CASES if case.group in wrong or case is first[case.group])


@pytest.mark.parametrize(
    "whole",
    [False, pytest.param(True, marks=pytest.mark.soak)],
    ids=["its neighbours", "the whole list"],
)
@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_a_broken_receiver_fails_just_the_cases_of_its_defect(broken, whole):
    """A defect shows in the cases that it must fail, or that must warn of it, and in no other."""
    target = broken.target(
        load_contract(),
        make_credentials(broken.mode),
        receiver=broken.receiver,
        server=broken.server,
        profile=broken.profile,
    )
    cases = CASES if whole else neighbours(broken)

    report = graded(
        target, [case for case in cases if case.group != "G" or broken.fails & GENERATED]
    )

    errors = [r for r in report.results if r.verdict in {Verdict.ERROR, Verdict.NOT_OBSERVABLE}]
    assert errors == []
    failed = {r.case.id for r in report.results if r.verdict is Verdict.FAILED}
    warned = {r.case.id for r in report.results if r.verdict is Verdict.WARNED}
    other = (failed ^ broken.fails) | (warned ^ broken.warns)
    assert other - (GENERATED - broken.fails) == set(), [
        (case, report[case].verdict, report[case].troubles) for case in other
    ]


def test_every_case_is_failed_by_some_receiver():
    """The table has no hole: a case that no receiver fails would prove nothing."""
    found = frozenset().union(*(broken.fails | broken.warns for broken in BROKEN))

    assert found == {case.id for case in CASES}
