"""What a webhook belongs to."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Owner:
    """A CTA or a project: each has one webhook at most."""

    kind: Literal["cta", "project"]
    id: int

    def __str__(self) -> str:
        """Return `cta:123`, as the audit log writes it."""
        return f"{self.kind}:{self.id}"
