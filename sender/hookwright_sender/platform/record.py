"""The DNS records that prove a host."""

from dataclasses import dataclass

from hookwright_sender.egress import proof


@dataclass(frozen=True, slots=True)
class Record:
    """What to add to the DNS: `my.domain.example.com`, `TXT`, `joturl-domain-verification=…`."""

    name: str
    type: str
    value: str


def records(host: str, token: str) -> tuple[Record, Record]:
    """Return the record that proves a host, and the one that does if the host is a CNAME."""
    value = proof.record(token)
    return Record(host, "TXT", value), Record(proof.alias_place(host), "TXT", value)
