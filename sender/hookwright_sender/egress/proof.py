"""Proof of a host's owner by a TXT record: egress-and-dns.md, "DNS TXT proof"."""

import asyncio
import hmac
import random
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hookwright_sender.egress.host import normalise_host
from hookwright_sender.egress.name_servers import DEADLINE, NameServers, TextAnswer

__all__ = [
    "PREFIX",
    "Finding",
    "Reason",
    "Status",
    "alias_place",
    "look_up",
    "new_token",
    "normalise_host",
    "record",
]

PREFIX = "joturl-domain-verification"
ALPHABET = string.ascii_letters + string.digits
HALF = 20
SHOWN = 100
MOST_SHOWN = 20
SYSTEM_RANDOM = secrets.SystemRandom()


class Status(StrEnum):
    """What a look-up means for a proof; `unknown` neither makes nor takes one."""

    VERIFIED = "verified"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why, in one word."""

    VERIFIED = "verified"
    NO_SUCH_HOST = "no_such_host"
    NO_TXT = "no_txt"
    NO_MATCH = "no_match"
    NO_ANSWER = "no_answer"
    DISAGREEMENT = "disagreement"


STATUSES = {
    Reason.VERIFIED: Status.VERIFIED,
    Reason.NO_SUCH_HOST: Status.FAILED,
    Reason.NO_TXT: Status.FAILED,
    Reason.NO_MATCH: Status.FAILED,
    Reason.NO_ANSWER: Status.UNKNOWN,
    Reason.DISAGREEMENT: Status.UNKNOWN,
}
# When servers agree that there is no proof, but not why: the one that tells most.
TELLING = (Reason.NO_MATCH, Reason.NO_TXT, Reason.NO_SUCH_HOST)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look-up found: `message` is a sentence for the owner, and what to do about it.

    `records` are the TXT records that were there and did not match, at most 20, each cut at 100
    characters, with what is not printable ASCII escaped.
    """

    reason: Reason
    message: str
    records: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """What it means for the proof."""
        return STATUSES[self.reason]


def new_token(source: random.Random = SYSTEM_RANDOM) -> str:
    """Return a token: 20 letters or digits, a full stop, 20 more; 238 random bits."""
    halves = ("".join(source.choice(ALPHABET) for _ in range(HALF)) for _ in range(2))
    return ".".join(halves)


def record(token: str, prefix: str = PREFIX) -> str:
    """Return the text of the TXT record that proves a host."""
    return f"{prefix}={token}"


def alias_place(host: str, prefix: str = PREFIX) -> str:
    """Return where the record may stand for a host that is a CNAME."""
    return f"_{prefix}.{host}"


async def look_up(
    host: str,
    token: str,
    name_servers: NameServers,
    deadline: float = DEADLINE,
    prefix: str = PREFIX,
) -> Finding:
    """Look whether the record of a token stands at a host (see `normalise_host`).

    Every name server is asked, within `deadline` seconds in all, and all must agree. Nothing
    that the DNS does is raised: no answer is a finding too.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    wanted = record(token, prefix)
    answers = await name_servers.txt(host, deadline)
    place = alias_place(host, prefix)
    if any(answer.alias for answer in answers):
        # Nothing can stand beside a CNAME.
        left = max(deadline - (loop.time() - started), 0.0)
        beside = await name_servers.txt(place, left)
        findings = [
            _judge(at_place, place, wanted, alias_of=host)
            if answer.alias
            else _judge(answer, host, wanted)
            for answer, at_place in zip(answers, beside, strict=True)
        ]
    else:
        findings = [_judge(answer, host, wanted) for answer in answers]
    return _together(answers, findings, host)


def _judge(answer: TextAnswer, place: str, wanted: str, alias_of: str | None = None) -> Finding:
    """Say what one server's answer for the place of the record means."""
    if answer.failure is not None:
        return Finding(
            Reason.NO_ANSWER,
            f"The look-up of {place} had no answer, so nothing is known: {answer.failure}."
            " Try again later, and check the name servers of the domain if it stays so.",
        )
    if any(hmac.compare_digest(found, wanted.encode()) for found in answer.records):
        return Finding(Reason.VERIFIED, f"The record stands at {place}.")
    add = f"Add a TXT record with exactly this text: {wanted}"
    if answer.records:
        return Finding(
            Reason.NO_MATCH,
            f"{place} has TXT records, but none of them is the one that was asked for. {add}",
            tuple(_shown(found) for found in answer.records[:MOST_SHOWN]),
        )
    if alias_of is not None:
        return Finding(
            Reason.NO_TXT,
            f"{alias_of} is a CNAME, beside which nothing can stand, and {place} has no TXT record."
            f" {add}, at {place}",
        )
    if not answer.exists:
        return Finding(
            Reason.NO_SUCH_HOST, f"{place} does not exist in the DNS. Check its spelling. {add}"
        )
    return Finding(Reason.NO_TXT, f"{place} exists and has no TXT record. {add}")


def _together(answers: Sequence[TextAnswer], findings: Sequence[Finding], host: str) -> Finding:
    by_reason = {finding.reason: finding for finding in findings}
    if len(by_reason) == 1 or Reason.NO_ANSWER in by_reason:
        return by_reason.get(Reason.NO_ANSWER, findings[0])
    if Reason.VERIFIED in by_reason:
        seen = [
            answer.server
            for answer, finding in zip(answers, findings, strict=True)
            if finding.reason is Reason.VERIFIED
        ]
        return Finding(
            Reason.DISAGREEMENT,
            f"The name servers do not agree on {host}: {', '.join(seen)} has the record and the"
            " rest has not, which is normal soon after a change. Try again in some minutes.",
        )
    return next(by_reason[reason] for reason in TELLING if reason in by_reason)


def _shown(found: bytes) -> str:
    text = "".join(
        chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}"  # noqa: PLR2004  printable ASCII
        for byte in found
    )
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
