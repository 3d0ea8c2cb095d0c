"""The runner can fail: for every case there is a receiver that is wrong in just that."""

import asyncio
from pathlib import Path

import pytest

from hookwright_receiver.conformance import CASES, Engine, Patience, Report, Verdict
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
LISTED = tuple(case for case in CASES if case.group != "G")


def graded(target, cases=CASES) -> Report:
    return asyncio.run(Engine(target, cases, patience=PATIENCE, seed=1).run())


@pytest.mark.parametrize("profile", ["documented", "strict"])
@pytest.mark.parametrize("mode", ["none", "token", "signature"])
def test_the_reference_receiver_passes_every_case(mode, profile):
    """Nothing is wrong with the receiver that all the broken ones are variations of."""
    target = InProcessTarget(load_contract(), make_credentials(mode), profile=profile)

    report = graded(target)

    kinds = {Verdict.PASSED, Verdict.NOT_APPLICABLE}
    assert [(r.case.id, r.troubles) for r in report.results if r.verdict not in kinds] == []
    applicable = [r.case for r in report.results if r.verdict is Verdict.PASSED]
    assert applicable == [case for case in CASES if mode in case.modes]


@pytest.mark.parametrize("mode", ["none", "token", "signature"])
def test_the_reference_receiver_passes_under_another_contract(mode):
    """No case knows an event or a field: a contract with a header and other types will do."""
    contract = load_contract(Path(__file__).parents[2] / "contracts" / "shop")

    report = graded(InProcessTarget(contract, make_credentials(mode)))

    kinds = {Verdict.PASSED, Verdict.NOT_APPLICABLE}
    assert [(r.case.id, r.troubles) for r in report.results if r.verdict not in kinds] == []
    assert report["P9"].reason == "the contract has no cases of group P9"
    assert report["P7"].verdict is Verdict.PASSED


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_a_broken_receiver_fails_just_the_cases_of_its_defect(broken):
    """A defect shows in the cases that it must fail, or that must warn of it, and in no other."""
    target = broken.target(
        load_contract(),
        make_credentials(broken.mode),
        receiver=broken.receiver,
        server=broken.server,
        profile=broken.profile,
    )

    report = graded(target, CASES if broken.fails & GENERATED else LISTED)

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
