"""The report as JUnit XML, which continuous integration shows as tests."""

import xml.etree.ElementTree as ET

from hookwright_receiver.conformance.model import Finding, Report, Result, Verdict


def junit(report: Report) -> str:
    """Return the report as XML: a suite for the target, a test for each case."""
    skipped = report.count(Verdict.NOT_OBSERVABLE) + report.count(Verdict.NOT_APPLICABLE)
    suite = ET.Element(
        "testsuite",
        name=f"hookwright check {report.target}",
        tests=str(len(report.results)),
        failures=str(report.count(Verdict.FAILED)),
        errors=str(report.count(Verdict.ERROR)),
        skipped=str(skipped),
        time=f"{report.seconds:.3f}",
    )
    properties = ET.SubElement(suite, "properties")
    for name in ("profile", "auth", "contract", "seed"):
        ET.SubElement(properties, "property", name=name, value=str(getattr(report, name)))
    for result in report.results:
        suite.append(_test(report, result))
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _test(report: Report, result: Result) -> ET.Element:
    test = ET.Element(
        "testcase",
        classname=f"hookwright.{result.case.group}",
        name=f"{result.case.id} {result.case.title}",
        time=f"{result.seconds:.3f}",
    )
    telling = result.telling
    if result.verdict in {Verdict.FAILED, Verdict.ERROR}:
        kind = "failure" if result.verdict is Verdict.FAILED else "error"
        fault = telling.fault.value if telling and telling.fault else kind
        message = (
            f"{telling.label}: expected {telling.expected}, got {telling.got}" if telling else ""
        )
        element = ET.SubElement(test, kind, message=_clean(message), type=fault)
        element.text = _clean(_details(report, result))
    elif result.verdict in {Verdict.NOT_OBSERVABLE, Verdict.NOT_APPLICABLE}:
        message = result.reason or (telling.got if telling else "")
        ET.SubElement(test, "skipped", message=f"{result.verdict.label}: {_clean(message)}")
    elif result.verdict is Verdict.WARNED:
        ET.SubElement(test, "system-out").text = _clean(_details(report, result))
    return test


def _details(report: Report, result: Result) -> str:
    lines = [_step(finding) for finding in result.troubles]
    lines += [
        f"why: {result.case.why} ({result.case.source})",
        f"hint: {result.case.hint(report.stack)}",
    ]
    return "\n".join((*lines, f"replay: {report.replay(result)}"))


def _step(finding: Finding) -> str:
    return (
        f"{finding.verdict.label}: {finding.label}\n  expected {finding.expected}\n"
        f"  got {finding.got}\n{finding.request}\n"
    )


def _clean(text: str) -> str:
    """Replace what XML 1.0 cannot hold (section 2.2)."""
    return "".join(
        c
        if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
        else "\ufffd"
        for c in text
    )
