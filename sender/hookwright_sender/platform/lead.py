"""Leads: what a CTA collected, and the event that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hookwright_schemas import WIRE_ENCODERS, Contract, EncodingError, InvalidPayload, Violation
from hookwright_sender.event import sample_fields

FORM_LEAD = "form_lead"
SOCIAL_LEAD = "social_lead"
# An object in a text: written as the platform's own `json_encode` writes it.
_encode = WIRE_ENCODERS["php-json"]


@dataclass(frozen=True, slots=True)
class Lead:
    """What a CTA collected; `extended_info` (a JSON object) goes with social CTAs alone."""

    cta_id: int
    data: str
    name: str = ""
    extended_info: Mapping[str, Any] | None = None


def lead_event(lead: Lead, kind: str, contract: Contract, date: str) -> tuple[str, dict[str, Any]]:
    """Return the event of a lead that a CTA of a kind collected on a day, and its fields.

    Raises `InvalidPayload` for `extended_info` where there can be none; whatever else is wrong
    the contract will say.
    """
    fields = {"data": lead.data, "type": "email", "date": date, "name": lead.name}
    if kind == "form":
        if lead.extended_info is not None:
            text = "is for social CTAs alone, and this one is a form"
            raise InvalidPayload([Violation("/extended_info", text, "not")])
        if not _is_email(contract, lead.data):
            fields["type"] = "other"
        return FORM_LEAD, fields
    fields["extended_info"] = _written(lead.extended_info)
    return SOCIAL_LEAD, fields


def _written(info: Mapping[str, Any] | None) -> str:
    try:
        return _encode({} if info is None else info).decode()
    except EncodingError as error:
        raise InvalidPayload([Violation("/extended_info", error.problem, "type")]) from None


def _is_email(contract: Contract, data: object) -> bool:
    """Tell what the contract says: whether it takes `data` as that of an e-mail address."""
    return contract.event(FORM_LEAD).is_valid({**_sample(contract), "data": data})


@lru_cache(maxsize=8)
def _sample(contract: Contract) -> dict[str, Any]:
    return {**sample_fields(contract.event(FORM_LEAD)), "type": "email"}
