"""Receivers that are wrong in ways that no listed case names."""

from .broken_payloads import Mending
from .declare import fails
from .reference import Receiver


@fails("G1")
class NoNegatives(Receiver):
    """Refuses a negative parameter: no case of the fixed ones has one."""

    def is_valid(self, headers, payload) -> bool:
        members = payload.values() if isinstance(payload, dict) else ()
        negative = any(isinstance(v, int | float) and v < 0 for v in members)
        return super().is_valid(headers, {} if negative else payload)


@fails("P9", "G2")
class TakesFilledObjects(Mending):
    """Takes an object with something in it for a text: no case of the fixed ones has one."""

    def mend(self, payload):
        samples = [event.samples[0].payload for event in self.contract.events]
        known = {name: value for sample in samples for name, value in sample.items()}
        filled = {k for k, v in payload.items() if isinstance(v, dict) and v}
        return {k: known.get(k, v) if k in filled else v for k, v in payload.items()}
