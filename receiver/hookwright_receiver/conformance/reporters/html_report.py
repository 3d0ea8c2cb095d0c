"""The report as one HTML page without anything beside it: for a phone, for paper, light or dark."""

import re
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from hookwright_receiver.conformance.groups import GROUPS
from hookwright_receiver.conformance.model import Report, Result, Verdict

# What a reader wants to see first.
_ORDER = (
    Verdict.FAILED,
    Verdict.ERROR,
    Verdict.WARNED,
    Verdict.NOT_OBSERVABLE,
    Verdict.PASSED,
    Verdict.NOT_APPLICABLE,
)

_TO_MEND = frozenset({Verdict.FAILED, Verdict.ERROR, Verdict.WARNED})


def html(report: Report) -> str:
    """Return the page."""
    source = files(__package__).joinpath("report.html.jinja").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["prose"] = prose
    titles = {group.letter: group.title for group in GROUPS}
    groups: dict[str, list[Result]] = {}
    for result in report.results:
        groups.setdefault(result.case.group, []).append(result)
    return environment.from_string(source).render(
        report=report,
        counts=[(verdict, report.count(verdict)) for verdict in _ORDER if report.count(verdict)],
        groups=[(letter, titles[letter], results) for letter, results in groups.items()],
        headline=headline(report),
        to_mend=[result for result in report.results if result.verdict in _TO_MEND],
    )


def prose(text: str) -> Markup:
    """Set what stands between backticks as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  escaped


def headline(report: Report) -> str:
    """Say in a sentence how it went."""
    failed = report.count(Verdict.FAILED)
    errors = report.count(Verdict.ERROR)
    if errors:
        return f"{errors} of the runner's own errors, {failed} failed"
    if failed:
        return f"{failed} {'case' if failed == 1 else 'cases'} failed"
    unseen = report.count(Verdict.NOT_OBSERVABLE)
    if unseen:
        return f"Nothing failed; {unseen} could not be observed"
    return "Every case held"
