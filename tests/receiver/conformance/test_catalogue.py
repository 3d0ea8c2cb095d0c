"""The list of cases is the specification's, complete and told in full."""

import pytest

from hookwright_receiver.conformance import CASES, BadOption, Level, select

# How many rows each group of the specification has; G is the runner's own.
ROWS = {
    "P": 12,
    "J": 8,
    "E": 6,
    "C": 5,
    "M": 4,
    "S": 4,
    "A": 11,
    "D": 10,
    "T": 4,
    "K": 8,
    "H": 9,
    "X": 3,
    "G": 2,
}


def test_every_row_of_the_specification_is_a_case():
    """Ids are stable: none is missing, none is invented."""
    expected = [
        f"{letter}{number + 1}" for letter, count in ROWS.items() for number in range(count)
    ]

    assert [case.id for case in CASES] == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_tells_all_that_a_reader_needs(case):
    """What is sent, what is expected, why, and how to mend a receiver of any kind."""
    assert all((case.title, case.sent, case.expect, case.why, case.source, case.hints[""]))
    assert set(case.hints) <= {"", "starlette", "flask", "fastapi", "express", "php"}
    assert case.hint("a stack of the future") == case.hints[""]


# Cases none of whose steps is a MUST, but that nobody falls over them and nothing leaks.
ADVICE = [
    *("J3", "J4", "J6", "J7", "J8", "E3", "E4", "E6", "C4", "M1", "M4"),
    *("S1", "S2", "S3", "D9", "T3", "X1", "X2", "X3"),
]


def test_what_no_standard_and_no_contract_demands_is_a_should():
    """A level is somebody's word, and each case says whose."""
    assert [case.id for case in CASES if case.level is Level.SHOULD] == ADVICE
    for case in CASES:
        if case.source == "good practice":
            assert case.level is Level.SHOULD, case.id
        if case.source.startswith(("an event would", "the contract")):
            assert case.level is Level.MUST, case.id


def test_cases_and_groups_are_selected_together():
    """In any case of letters, in the list's order."""
    selected = select(["x1", "P7"], ["s"])

    assert [case.id for case in selected] == ["P7", "S1", "S2", "S3", "S4", "X1"]


@pytest.mark.parametrize(
    ("cases", "groups", "message"),
    [
        (["P99"], [], "there is no case P99; did you mean P9"),
        (["nonsense"], [], "there is no case NONSENSE"),
        ([], ["Z"], "there is no group Z"),
    ],
)
def test_a_name_that_there_is_not_is_refused_with_a_hint(cases, groups, message):
    """A typing error must not pass for a run in which nothing failed."""
    with pytest.raises(BadOption, match=message):
        select(cases, groups)
