"""One report, told in five ways: each says what failed, why, and how to see it again."""

import io
import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import jsonschema
import pytest
from rich.console import Console

from hookwright_receiver.conformance import CASES, Fault, Finding, Report, Result, Verdict
from hookwright_receiver.conformance.pytest_helper import describe
from hookwright_receiver.conformance.reporters import console
from hookwright_receiver.conformance.reporters.html_report import html, prose
from hookwright_receiver.conformance.reporters.json_report import document, schema, text
from hookwright_receiver.conformance.reporters.junit import junit

BY_ID = {case.id: case for case in CASES}
REQUEST = 'POST /hook HTTP/1.1\nHost: x\n\n{"a":"</script>\x00"}'


def step(verdict: Verdict, fault: Fault | None) -> Finding:
    return Finding(verdict, "a </b> step", "422", "500 Oops & more", fault, REQUEST)


def report(**changes) -> Report:
    failed = (step(Verdict.FAILED, Fault.CRASH),) * 5
    results = (
        Result(BY_ID["P1"], Verdict.PASSED, (step(Verdict.PASSED, None),), 0.5),
        Result(BY_ID["P7"], Verdict.FAILED, failed, 0.25),
        Result(BY_ID["J1"], Verdict.WARNED, (step(Verdict.WARNED, Fault.ANSWER),)),
        Result(BY_ID["D1"], Verdict.NOT_OBSERVABLE, (), reason="needs effects"),
        Result(BY_ID["A1"], Verdict.NOT_APPLICABLE, (), reason="for tokens"),
        Result(BY_ID["K5"], Verdict.ERROR, (step(Verdict.ERROR, None),)),
    )
    parts = {
        "target": "http://127.0.0.1/hook",
        "profile": "documented",
        "auth": "none",
        "stack": "flask",
        "contract": "joturl; version=1.0.0",
        "seed": 7,
        "strict": False,
        "results": results,
        "seconds": 1.5,
        "options": ("--auth", "none"),
    }
    return Report(**(parts | changes))


def test_the_json_report_keeps_to_its_schema():
    """The schema is part of the package, and is a schema itself."""
    jsonschema.Draft202012Validator.check_schema(schema())

    jsonschema.validate(document(report()), schema())
    assert json.loads(text(report())) == document(report())


def test_the_json_report_has_the_documented_form():
    """Programs read it: `target`, `profile`, `summary`, `cases` and what is in them."""
    told = document(report())

    assert told["summary"] == {
        "passed": 1,
        "warned": 1,
        "failed": 1,
        "not_observable": 1,
        "not_applicable": 1,
        "errors": 1,
    }
    case = told["cases"][1]
    keys = ("id", "verdict", "expected", "got", "request", "why", "source", "hint", "replay")
    assert {key: case[key] for key in keys} == {
        "id": "P7",
        "verdict": "failed",
        "expected": "422",
        "got": "500 Oops & more",
        "request": REQUEST,
        "why": BY_ID["P7"].why,
        "source": "the contract",
        "hint": BY_ID["P7"].hint("flask"),
        "replay": "hookwright check http://127.0.0.1/hook --case P7 --seed 7 --auth none",
    }
    assert case["fault"] == "crash"
    assert len(case["steps"]) == 5
    assert (case["level"], case["steps"][0]["level"]) == ("MUST", "MUST")


def test_junit_counts_what_continuous_integration_counts():
    """A warning is no failure there; what was not seen or not asked is skipped."""
    suite = ET.fromstring(junit(report())).find("testsuite")

    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "6", "failures": "1", "errors": "1", "skipped": "2"}
    failure = suite.find("testcase/failure")
    assert failure.get("type") == "crash"
    assert "--case P7 --seed 7" in failure.text
    assert "\x00" not in failure.text


class Page(HTMLParser):
    """Looks for what a self-contained page may not have, and for unbalanced elements."""

    VOID = frozenset({"meta", "br", "link", "img", "hr", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open, self.outside, self.words = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        links = [value for name, value in attrs if name in {"src", "href"}]
        self.outside += [link for link in links if not link.startswith("#")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_the_page_is_whole_and_needs_nothing_beside_it():
    """No script, no font, no picture from elsewhere; what was sent is text, not markup."""
    page = Page()
    page.feed(html(report()))

    assert page.open == []
    assert page.outside == []
    told = " ".join("".join(page.words).split())
    assert "1 of the runner's own errors, 1 failed" in told
    assert '{"a":"</script>' in told
    assert "4 more" in told
    assert BY_ID["P7"].hint("flask") in told


@pytest.mark.parametrize(
    ("text", "markup", "reason"),
    [
        ("some yield `{}`", "some yield <code>{}</code>", "code is set as code"),
        ("`<b>` & `x`", "<code>&lt;b&gt;</code> &amp; <code>x</code>", "nothing in it is markup"),
        ("one ` alone", "one ` alone", "no pair, no code"),
    ],
)
def test_what_stands_between_backticks_is_code(text, markup, reason):
    """The cases are written as their specification is."""
    assert prose(text) == markup, reason


@pytest.mark.parametrize("width", [40, 100])
def test_the_terminal_shows_every_trouble_and_its_replay(width):
    """A narrow terminal wraps, and loses nothing."""
    out = io.StringIO()

    console.show(Console(file=out, width=width), report())

    told = " ".join(out.getvalue().split())
    for part in ("P7", "crash", "and 2 more like it", "--case P7", "needs effects", "for tokens"):
        assert part in told, part


def test_every_case_is_listed():
    """`--list` says what is sent, what is expected and why."""
    out = io.StringIO()

    console.listing(Console(file=out, width=200), CASES)

    assert all(case.id in out.getvalue() for case in CASES)
    assert "by whose word" in out.getvalue()


def test_a_test_item_tells_the_same():
    """What pytest prints is enough to mend the receiver."""
    told = describe(report(), report()["P7"])

    for part in ("expected 422, got 500", "crash", "mend it:", "and 2 more", "replay: hookwright"):
        assert part in told


def test_a_report_holds_unless_something_failed():
    """Warnings and what could not be seen do not fail a run; errors of the runner do."""
    everything = report().results
    harmless = tuple(r for r in everything if r.case.id not in {"P7", "K5"})

    assert not report().held
    assert not report(results=harmless + everything[-1:]).held
    assert report(results=harmless).held
