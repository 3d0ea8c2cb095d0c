"""The report as JSON; `report.schema.json` beside this module is its schema."""

import json
from importlib.resources import files
from typing import Any

from hookwright_receiver.conformance.model import Report, Result, Verdict


def document(report: Report) -> dict[str, Any]:
    """Return the report as a JSON document."""
    return {
        "target": report.target,
        "profile": report.profile,
        "auth": report.auth,
        "stack": report.stack,
        "contract": report.contract,
        "seed": report.seed,
        "strict": report.strict,
        "seconds": round(report.seconds, 3),
        "held": report.held,
        "summary": {
            "passed": report.count(Verdict.PASSED),
            "warned": report.count(Verdict.WARNED),
            "failed": report.count(Verdict.FAILED),
            "not_observable": report.count(Verdict.NOT_OBSERVABLE),
            "not_applicable": report.count(Verdict.NOT_APPLICABLE),
            "errors": report.count(Verdict.ERROR),
        },
        "cases": [_case(report, result) for result in report.results],
    }


def text(report: Report) -> str:
    """Return the document as text."""
    return json.dumps(document(report), indent=2) + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the document."""
    content = files(__package__).joinpath("report.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(content)
    return loaded


def _case(report: Report, result: Result) -> dict[str, Any]:
    telling = result.telling
    return {
        "id": result.case.id,
        "title": result.case.title,
        "level": result.case.level.value,
        "verdict": result.verdict.value,
        "expected": telling.expected if telling else result.case.expect,
        "got": telling.got if telling else result.reason or "as expected",
        "fault": telling.fault.value if telling and telling.fault else None,
        "request": telling.request if telling else "",
        "why": result.case.why,
        "source": result.case.source,
        "hint": result.case.hint(report.stack),
        "replay": report.replay(result),
        "seconds": round(result.seconds, 3),
        "steps": [
            {
                "label": finding.label,
                "level": finding.level.value,
                "verdict": finding.verdict.value,
                "expected": finding.expected,
                "got": finding.got,
                "fault": finding.fault.value if finding.fault else None,
                "request": finding.request,
            }
            for finding in result.troubles
        ],
    }
