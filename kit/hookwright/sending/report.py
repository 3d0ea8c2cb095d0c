"""What `hookwright send` prints, for a person or as JSON, and how it exits."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from hookwright.sending.answer import answer_lines
from hookwright_schemas import HookwrightError
from hookwright_schemas.visible import harmless_json
from hookwright_sender import Attempt, Outcome, Summary

if TYPE_CHECKING:
    from rich.console import Console

RANKS = (50, 95, 99)

REMEDIES = {
    Outcome.DNS_ERROR: "check the host name",
    Outcome.REFUSED: "start the receiver, or check the host and the port",
    Outcome.TLS_ERROR: "check the certificate (SSL_CERT_FILE trusts another), and that it is TLS",
    Outcome.TIMEOUT: "let the receiver answer first and work afterwards, or raise --timeout",
    Outcome.REDIRECT: "send to the final URL",
    Outcome.CLIENT_ERROR: "see its answer",
    Outcome.SERVER_ERROR: "see the receiver's log",
    Outcome.DISCONNECTED: "see the receiver's log",
    Outcome.INVALID_RESPONSE: "check that the port speaks HTTP, and the scheme of the URL",
}
STATUS_REMEDIES = {
    401: "give HOOKWRIGHT_SECRET or --secret, or the token with --param token=…",
    404: "check the path of the URL",
    405: "check the path of the URL",
    422: "mend what its answer points at",
}


class DeliveryFailed(HookwrightError):  # noqa: N818  it says what happened
    """A message was not accepted, by a receiver that could be reached."""

    exit_code = 1


class NotReached(HookwrightError):  # noqa: N818  it says what happened
    """No connection to the other side came about."""

    exit_code = 3


@dataclass(frozen=True)
class Report:
    """One run of the command: what was sent where, and what came of it."""

    event: str
    url: str
    summary: Summary
    seconds: float

    def as_json(self) -> str:
        """Return the report for a program; latencies are in milliseconds."""
        summary = self.summary
        ranks = zip(RANKS, summary.percentiles(*RANKS), strict=True)
        document: dict[str, Any] = {
            "event": self.event,
            "url": self.url,
            "count": summary.count,
            "accepted": summary.accepted,
            "seconds": round(self.seconds, 3),
            "outcomes": {str(outcome): count for outcome, count in summary.outcomes.items()},
            "statuses": {str(status): count for status, count in summary.statuses.items()},
            "latency_ms": {f"p{rank}": _milliseconds(latency) for rank, latency in ranks},
        }
        if summary.count == 1 and summary.first is not None:
            document["attempt"] = attempt_as_dict(summary.first)
        elif summary.first_failure is not None:
            document["first_failure"] = attempt_as_dict(summary.first_failure)
        return harmless_json(json.dumps(document, ensure_ascii=False, indent=2))

    def show(self, console: "Console") -> None:
        """Print the report for a person."""
        if self.summary.count == 1 and self.summary.first is not None:
            _show_attempt(console, self.summary.first)
            return
        _show_summary(console, self)
        if self.summary.first_failure is not None:
            console.print("\nthe first that was not accepted:", style="bold")
            _show_attempt(console, self.summary.first_failure)

    def raise_for_failure(self) -> None:
        """Raise what the exit code is to say, unless every message was accepted."""
        summary, failure = self.summary, self.summary.first_failure
        if failure is None:
            return
        # A timeout is told apart: with a connection it is the receiver that is slow.
        remedy = STATUS_REMEDIES.get(failure.status or 0) or REMEDIES[failure.outcome]
        if not failure.reached and failure.outcome is Outcome.TIMEOUT:
            remedy = REMEDIES[Outcome.REFUSED]
        told = f"{failure.error}; {remedy}"
        if summary.count > 1:
            missed = summary.count - summary.accepted
            told = f"{missed} of {summary.count} were not accepted; first: {told}"
        raise (DeliveryFailed if summary.reached else NotReached)(told)


def attempt_as_dict(attempt: Attempt) -> dict[str, Any]:
    """Return an attempt for a program; the body as text, with what is no UTF-8 replaced."""
    return {
        "outcome": str(attempt.outcome),
        "status": attempt.status,
        "latency_ms": _milliseconds(attempt.latency),
        "webhook_id": attempt.message_id,
        "error": attempt.error,
        "headers": {name.lower(): value for name, value in attempt.response_headers.items()},
        "body": attempt.response_body.decode("utf-8", "replace"),
    }


def _show_attempt(console: "Console", attempt: Attempt) -> None:
    label = str(attempt.outcome).replace("_", " ")
    if attempt.status is not None:
        label = f"{attempt.status} {_phrase(attempt.status)}".rstrip()
    style = "green" if attempt.succeeded else "red"
    console.print(f"{label} in {_milliseconds(attempt.latency)} ms", style=style, markup=False)
    console.print(f"webhook-id: {attempt.message_id}", markup=False, soft_wrap=True)
    for line in answer_lines(attempt):
        console.print(f"  {line}", markup=False, soft_wrap=True)


def _show_summary(console: "Console", report: Report) -> None:
    summary = report.summary
    rate = summary.count / report.seconds if report.seconds else 0
    console.print(
        f"{summary.accepted} of {summary.count} accepted in {report.seconds:.2f} s ({rate:.0f}/s)",
        style="green" if summary.accepted == summary.count else "red",
    )
    for status, count in sorted(summary.statuses.items()):
        console.print(f"{count:8}  {status} {_phrase(status)}".rstrip())
    unanswered = set(summary.outcomes) - {Outcome.of_status(status) for status in summary.statuses}
    for outcome in sorted(unanswered):
        console.print(f"{summary.outcomes[outcome]:8}  {outcome.replace('_', ' ')}")
    ranks = zip(RANKS, summary.percentiles(*RANKS), strict=True)
    latencies = "  ".join(f"p{rank} {_milliseconds(latency)} ms" for rank, latency in ranks)
    console.print(f"latency   {latencies}")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
