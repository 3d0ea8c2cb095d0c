"""What arrived at a receiver, judged against the contract."""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hookwright_schemas import Contract, EventDefinition, MalformedJSON, Violation, parse_strict
from hookwright_sender import Signer

UNSIGNED = Violation("", "carries no signature that is right and not too old", "signature")
TOLERANCE = 300  # seconds, as Standard Webhooks has it
# Lines of one header may come joined by a comma (RFC 9110, 5.3), which never ends a base64 text.
SIGNATURE = re.compile(rb"(?:^|[ \t,])(v1,[A-Za-z0-9+/]{43}=)(?![^ \t,])")


@dataclass(frozen=True)
class Received:
    """One request: what the contract makes of it, and how it was answered.

    `event` is None when no event could be told, and then everything is in `parameters`.
    `headers` have lower-case names. `violations` are empty for a valid message, `status` is the
    answer's.
    """

    event: str | None
    fields: dict[str, Any]
    parameters: dict[str, Any]
    violations: tuple[Violation, ...]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    status: int = 200

    def differences(self, event: str, wanted: Mapping[str, Any]) -> list[str]:
        """Say in what the message is not the accepted one that a test asks for."""
        found = self.fields | self.parameters
        differences = []
        if not 200 <= self.status < 300:  # noqa: PLR2004  RFC 9110, 15.3
            differences.append(f"answered {self.status}")
        if self.event != event:
            differences.append(f"the event is {self.event or 'unknown'}")
        for name, value in wanted.items():
            if name not in found:
                differences.append(f"there is no {name}")
            elif found[name] != value or isinstance(found[name], bool) is not isinstance(
                value, bool
            ):
                differences.append(f"{name} is {found[name]!r}")
        return differences

    def describe(self) -> str:
        """Show the message in a line or a few, for a test that failed."""
        shown = json.dumps(self.fields | self.parameters, ensure_ascii=False)
        lines = [f"{self.event or 'unknown event'}, answered {self.status}: {shown}"]
        lines += [
            f"     {fault.pointer or 'the payload'} {fault.message}" for fault in self.violations
        ]
        return "\n".join(lines)


def judge(
    contract: Contract, headers: Mapping[str, str], body: bytes, signer: Signer | None, now: float
) -> Received:
    """Verify, parse and validate a request, and choose the answer's status.

    A wrong signature hides every other fault, as it does at a receiver that verifies first.
    """
    event: EventDefinition | None = None
    members: dict[str, Any] = {}
    try:
        payload = parse_strict(body)
    except MalformedJSON as error:
        violations: tuple[Violation, ...] = (
            Violation("", f"is not strict JSON: {error.reason}", "json"),
        )
        status = 400
    else:
        verdict = contract.check(payload, headers)
        event, violations = verdict.event, verdict.violations
        members = payload if isinstance(payload, dict) else {}
        status = 422 if violations else 200
    if signer is not None and not _is_signed(headers, body, signer, now):
        violations, status = (UNSIGNED,), 401
    documented = {one.name for one in event.fields} if event is not None else set()
    return Received(
        event.id if event is not None else None,
        {name: value for name, value in members.items() if name in documented},
        {name: value for name, value in members.items() if name not in documented},
        violations,
        headers,
        body,
        status,
    )


def _is_signed(headers: Mapping[str, str], body: bytes, signer: Signer, now: float) -> bool:
    """Tell whether one of the offered signatures is one of the expected (Standard Webhooks)."""
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):  # noqa: PLR2004  no year 10^8
        return False
    if abs(now - int(stamp)) > TOLERANCE:
        return False
    expected = [one.encode() for one in signer.sign(message_id, int(stamp), body).split()]
    offered = SIGNATURE.findall(headers.get("webhook-signature", "").encode())
    return any(hmac.compare_digest(one, other) for one in offered for other in expected)
