"""The webhooks that an owner has on one receiver, and how events happen to them.

This is the platform's own side of the demo: CTAs, projects, leads and links are its words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from hookwright.demo.owner import Owner, Proof

PATHS = {"form_lead": "/ctas", "social_lead": "/ctas", "link_created": "/projects"}
KINDS = {"form_lead": "form", "social_lead": "social_optin"}
WHAT_HAPPENS = {"form_lead": "leads", "social_lead": "leads", "link_created": "links"}
PERSON = {"data": "john.smith.1257121140@example.com", "name": "John Smith"}


@dataclass(frozen=True)
class Subscription:
    """One receiver's webhooks: the path of the CTA or project that has it, for each event."""

    owner: Owner
    stack: str
    paths: Mapping[str, str]
    proof: Proof

    @classmethod
    async def make(cls, owner: Owner, stack: str, host: str, settings: Mapping[str, Any]) -> Self:
        """Make what events happen to, prove the host, and set a webhook on each."""
        paths = {}
        for event, path in PATHS.items():
            fields = {"name": f"{event} for {stack}"}
            if event in KINDS:
                fields["kind"] = KINDS[event]
            made = await owner.create(path, **fields)
            paths[event] = f"{path}/{made['id']}"
        first, *others = (f"{path}/webhook" for path in paths.values())
        proof = await owner.prove(stack, host, first, settings)
        for webhook in (first, *others):
            await owner.set(webhook, settings)
        return cls(owner, stack, paths, proof)

    async def happen(self, event: str) -> tuple[str, str]:
        """Let an event happen; return the id of the event, and that of its delivery."""
        path = f"{self.paths[event]}/{WHAT_HAPPENS[event]}"
        made = await self.owner.create(path, **_fields(event, self.stack))
        return made.get("event_id", made["id"]), made["delivery_id"]


def _fields(event: str, stack: str) -> dict[str, Any]:
    if event == "link_created":
        return {"long_url": "https://www.joturl.com/", "alias": f"joturl-{stack}"}
    return {**PERSON, "extended_info": {}} if event == "social_lead" else PERSON
