"""The contract between the two ends of a webhook: which events there are, and what each looks like.

    >>> contract = load_contract()
    >>> sample = contract.event("form_lead").samples[0].payload
    >>> contract.check({**sample, "date": "2020-02-31"}).violations[0].message
    'must be a day of the calendar as YYYY-MM-DD'

Importing this is cheap: the validators are imported when the first payload is checked.
"""

from .cases import Case
from .classification import Classification
from .contract import Contract
from .encoding import WIRE_ENCODERS, canonical
from .errors import (
    ContractError,
    EncodingError,
    HookwrightError,
    InvalidPayload,
    MalformedJSON,
    UnknownEvent,
)
from .event import EventDefinition, Field, Sample
from .loader import load_contract
from .strict_json import parse_strict
from .validation import Verdict, Violation

__all__ = [
    "WIRE_ENCODERS",
    "Case",
    "Classification",
    "Contract",
    "ContractError",
    "EncodingError",
    "EventDefinition",
    "Field",
    "HookwrightError",
    "InvalidPayload",
    "MalformedJSON",
    "Sample",
    "UnknownEvent",
    "Verdict",
    "Violation",
    "canonical",
    "load_contract",
    "parse_strict",
]
