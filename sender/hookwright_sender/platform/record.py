"""The DNS record that proves a host."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """What to add to the DNS: `my.domain.example.com`, `TXT`, `joturl-domain-verification=…`."""

    name: str
    type: str
    value: str
