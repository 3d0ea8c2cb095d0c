"""Leads: what a CTA collected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hookwright_schemas import WIRE_ENCODERS, EncodingError, InvalidPayload, Violation

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


def extended_info(lead: Lead, kind: str) -> str | None:
    """Return the field of that name; None for a form, whose leads have none.

    Raises `InvalidPayload` where there can be none, or no text of it.
    """
    info = lead.extended_info
    if kind == "form":
        if info is not None:
            raise _fault("is for social CTAs alone, and this one is a form", "not")
        return None
    if info is not None and not isinstance(info, Mapping):
        raise _fault("must be an object", "type")
    try:
        return _encode({} if info is None else dict(info)).decode()
    except EncodingError as error:
        raise _fault(f"cannot be written as JSON: {error.problem}", "type") from None


def _fault(text: str, keyword: str) -> InvalidPayload:
    return InvalidPayload([Violation("/extended_info", text, keyword)])
