"""What a message says: the documented fields, then the webhook's parameters; all of it valid."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hookwright_schemas import Contract, EventDefinition
from hookwright_sender.event import Event as Message
from hookwright_sender.event import sample_fields
from hookwright_sender.platform.lead import FORM_LEAD, SOCIAL_LEAD, Lead, extended_info
from hookwright_sender.platform.link import LINK_CREATED, Link, Place, link_fields
from hookwright_sender.platform.recipients import Recipient

DAY = 86_400


class Payloads:
    """Makes the payloads of a contract's events at a moment, in Unix seconds.

    Each method returns the event's id and its payload, or raises `InvalidPayload`.
    """

    def __init__(self, contract: Contract, moment: float) -> None:
        self._contract = contract
        self._date = datetime.fromtimestamp(moment // DAY * DAY, UTC).date().isoformat()
        self._form, self._social, self._link = map(
            contract.event, (FORM_LEAD, SOCIAL_LEAD, LINK_CREATED)
        )
        self._sample = {**sample_fields(self._form), "type": "email"}

    def lead(self, lead: Lead, recipient: Recipient) -> tuple[str, dict[str, Any]]:
        """Return what a CTA collected as the event that its kind makes of it."""
        fields = {"data": lead.data, "type": "email", "date": self._date, "name": lead.name}
        info = extended_info(lead, recipient.trait)
        if info is not None:
            fields["extended_info"] = info
            return self._social.id, self._checked(self._social, fields, recipient.parameters)
        form, parameters = self._form, recipient.parameters
        payload = self._sound(form, fields, parameters)
        if payload is None:
            # Whether it is an e-mail address is what the contract says of it, and of nothing else.
            if not form.is_valid({**self._sample, "data": lead.data}):
                fields["type"] = "other"
            payload = self._checked(form, fields, parameters)
        return form.id, payload

    def link(self, link: Link, place: Place, recipient: Recipient) -> tuple[str, dict[str, Any]]:
        """Return the tracking link that was made."""
        fields = link_fields(link, place, recipient.trait)
        return self._link.id, self._checked(self._link, fields, recipient.parameters)

    def _checked(
        self, event: EventDefinition, fields: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        payload = self._sound(event, fields, parameters)
        if payload is not None:
            return payload
        message = Message(self._contract, event.id, fields, parameters)
        message.validate()
        return message.payload

    def _sound(
        self, event: EventDefinition, fields: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """Return a payload that is valid, None otherwise: the verdict is quick, reasons are not."""
        payload = {**fields, **parameters}
        contract = self._contract
        if (
            event.is_valid(payload)
            and contract.classify(payload) is event
            and contract.reserved.isdisjoint(parameters)
        ):
            return payload
        return None
