"""What a benchmark tells: a value, and its ratio to what was measured beside it."""

from dataclasses import dataclass


class Skipped(Exception):  # noqa: N818  it is an outcome, not an error
    """A program that the benchmark needs is missing."""


@dataclass(frozen=True, slots=True)
class Result:
    """`value` and `reference` are in `unit`; `against` says what `reference` was measured on."""

    name: str
    value: float
    unit: str
    against: str
    reference: float

    def as_json(self) -> dict[str, object]:
        """Return the line that is printed."""
        return {
            "name": self.name,
            "value": round(self.value, 1),
            "unit": self.unit,
            "against": f"{self.against}: {self.reference:.1f} {self.unit}",
            "ratio": round(self.value / self.reference, 3),
        }
