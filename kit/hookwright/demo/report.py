"""What came of a demo: a row for each delivery, and whether it was as expected."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hookwright.demo.delivery import Delivery
from hookwright.demo.observation import Seen
from hookwright.demo.owner import Proof
from hookwright.demo.project import Project
from hookwright.sending.answer import answer_lines
from hookwright_sender import Attempt


@dataclass(frozen=True)
class Row:
    """One delivery to one receiver: what came back, and what was seen of it at the end."""

    stack: str
    delivery: Delivery
    attempt: Attempt
    seen: Seen

    @property
    def answer(self) -> str:
        """The status, or that there is none."""
        return str(self.attempt.status or "none")

    @property
    def faults(self) -> list[str]:
        """What was not as expected, each in a few words."""
        expected, seen = self.delivery.expected, self.seen
        faults = []
        if not expected.is_answered_by(self.attempt.status):
            said = "".join(f" ({line})" for line in answer_lines(self.attempt)[:1])
            got = f"answered {self.attempt.status}{said}"
            if self.attempt.status is None:
                got = f"no answer ({self.attempt.error})"
            faults.append(f"{got}, not {expected.status or '2xx'}")
        for verb, times in (("stored", seen.stored), ("handled", seen.handled)):
            if times != expected.effects:
                faults.append(_miscounted(verb, times))
        if seen.done != seen.effects:
            faults.append(f"done {seen.done}x in the inbox and {seen.effects}x in the sink")
        return faults

    @property
    def held(self) -> bool:
        """Tell whether everything was as expected."""
        return not self.faults


@dataclass(frozen=True)
class Restart:
    """One receiver was killed and started again: messages in its inbox before, kept after."""

    stack: str
    before: int
    kept: int

    @property
    def held(self) -> bool:
        """Tell whether nothing was lost, and there was something to lose."""
        return self.before == self.kept > 0


@dataclass(frozen=True)
class Report:
    """A whole demo; `seconds` is how long it took.

    `logs` are the last lines of each receiver, `troubles` what kept one from being looked into.
    `folder` is where the receivers are kept, None when they are gone.
    """

    contract: str
    proofs: tuple[Proof, ...]
    rows: tuple[Row, ...]
    restart: Restart
    seconds: float
    logs: dict[str, list[str]]
    troubles: dict[str, str]
    projects: tuple[Project, ...]
    folder: Path | None

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Everything that did not hold: (stack, what)."""
        faults = [
            (row.stack, f"{row.delivery.name}: {'; '.join(row.faults)}")
            for row in self.rows
            if not row.held
        ]
        faults += [
            (proof.stack, f"{proof.host}: {proof.fault}") for proof in self.proofs if not proof.held
        ]
        faults += self.troubles.items()
        if not self.restart.held:
            kept = f"{self.restart.kept} of {self.restart.before} messages"
            faults.append((self.restart.stack, f"kill and restart: {kept} still there"))
        return faults

    def as_json(self) -> str:
        """Return the report for a program; latencies are in milliseconds."""
        restart = self.restart
        document = {
            "held": not self.faults,
            "contract": self.contract,
            "seconds": round(self.seconds, 2),
            "proofs": [
                {
                    "host": proof.host,
                    "refused_before": proof.refused,
                    "verified_after": proof.verified,
                    "held": proof.held,
                }
                for proof in self.proofs
            ],
            "rows": [as_dict(row) for row in self.rows],
            "restart": {
                "stack": restart.stack,
                "messages_before": restart.before,
                "messages_kept": restart.kept,
                "held": restart.held,
            },
            "faults": [{"stack": stack, "fault": fault} for stack, fault in self.faults],
            "logs": {stack: self.logs[stack] for stack, _ in self.faults},
            "folder": None if self.folder is None else str(self.folder),
        }
        return json.dumps(document, indent=2)


def as_dict(row: Row) -> dict[str, Any]:
    """Return a row for a program; `sent` says what is special about the delivery."""
    delivery, expected = row.delivery, row.delivery.expected
    return {
        "event": delivery.event.definition.id,
        "sent": delivery.kind or "sample",
        "stack": row.stack,
        "expected": {
            "answer": expected.status or "2xx",
            "stored": expected.effects,
            "handled": expected.effects,
        },
        "answer": row.attempt.status,
        "outcome": str(row.attempt.outcome),
        "latency_ms": round(row.attempt.latency * 1000, 1),
        "stored": row.seen.stored,
        "handled": row.seen.handled,
        "webhook_id": delivery.message_id,
        "held": row.held,
    }


def _miscounted(verb: str, times: int) -> str:
    if times == 0:
        return f"not {verb}"
    return f"{verb}, and must not be" if times == 1 else f"{verb} {times} times, not once"
