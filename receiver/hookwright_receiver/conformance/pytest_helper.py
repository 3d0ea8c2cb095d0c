"""Turns every case into a test of your own suite.

    # test_conformance.py
    from hookwright_receiver.conformance.pytest_helper import conformance

    test_receiver = conformance("http://127.0.0.1:8000/webhooks/joturl", auth="token",
                                secrets=["…"])

A receiver that a fixture starts is named by the fixture, which gives the URL or the folder:

    test_receiver = conformance(fixture="receiver_url")

The cases that pytest has selected are graded in one run, by the first of them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Unpack

import pytest

from .grade import Options, grade
from .groups import select
from .model import Report, Result, Verdict


def conformance(
    target: str | Path | None = None,
    *,
    fixture: str | None = None,
    **options: Unpack[Options],
) -> Callable[..., None]:
    """Return a test function that is one test item for each case.

    `target` is what `grade` takes, or `fixture` names a fixture that gives it; `options` are those
    of `grade`. A case that cannot be observed, or is not applicable, is skipped with the reason.
    """
    if (target is None) == (fixture is None):
        raise TypeError("conformance() takes a target, or the name of a fixture that gives one")
    cases = select(options.get("cases", ()), options.get("groups", ()))
    reports: dict[str, Report] = {}

    @pytest.mark.parametrize("case_id", [case.id for case in cases])
    def test(case_id: str, request: pytest.FixtureRequest) -> None:
        graded: Any = target if fixture is None else request.getfixturevalue(fixture)
        report = reports.get(str(graded))
        if report is None:
            wanted: Options = {**options, "cases": _selected(request), "groups": ()}
            report = reports[str(graded)] = grade(graded, **wanted)
        _tell(report, report[case_id])

    return test


def _selected(request: pytest.FixtureRequest) -> list[str]:
    """Return the ids of the cases that this session will ask the same test function for."""
    ours: Any = request.node
    items: list[Any] = request.session.items
    same = (item for item in items if getattr(item, "function", None) is ours.function)
    return list(dict.fromkeys(item.callspec.params["case_id"] for item in same))


def _tell(report: Report, result: Result) -> None:
    if result.verdict is Verdict.PASSED:
        return
    if result.verdict in {Verdict.NOT_OBSERVABLE, Verdict.NOT_APPLICABLE}:
        pytest.skip(f"{result.verdict.label}: {result.reason}")
    text = describe(report, result)
    if result.verdict is Verdict.WARNED:
        pytest.skip(f"warning: {text}")
    pytest.fail(text, pytrace=False)


def describe(report: Report, result: Result) -> str:
    """Return what is wrong, what was sent, why that matters and how to mend it."""
    lines = [f"{result.case.id} {result.case.title} ({result.case.level})"]
    for finding in result.troubles[:3]:
        fault = f" ({finding.fault})" if finding.fault else ""
        lines += [f"{finding.label}{fault}: expected {finding.expected}, got {finding.got}"]
        lines += [f"    {line}" for line in finding.request.splitlines()]
    left = len(result.troubles) - 3
    lines += [f"and {left} more"] if left > 0 else []
    lines += [
        f"why: {result.case.why} ({result.case.source})",
        f"mend it: {result.case.hint(report.stack)}",
    ]
    return "\n".join((*lines, f"replay: {report.replay(result)}"))
