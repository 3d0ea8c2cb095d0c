"""What an owner does on the platform, over its HTTP API and in the DNS."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hookwright.demo.api import Api
from hookwright.demo.errors import PlatformRefused
from hookwright.demo.name_server import NameServer
from hookwright_sender import Attempt, Outcome

NOT_PROVEN = "urn:hookwright:problem:host-not-proven"
API = "/api/v1"


@dataclass(frozen=True)
class Proof:
    """What came of asking for a webhook on a host: refused before the record, set after it."""

    stack: str
    host: str
    refused: bool
    verified: bool

    @property
    def held(self) -> bool:
        """Tell whether no URL was taken before its host was proven, and it was taken then."""
        return self.refused and self.verified

    @property
    def fault(self) -> str:
        """What did not hold, in a few words."""
        return "not verified" if self.refused else "a webhook was set before its host was proven"


@dataclass(frozen=True)
class Attempts:
    """What the log tells of a delivery: whether it has ended, and its attempts, oldest first."""

    ended: bool
    made: tuple[Attempt, ...]


class Owner:
    """An account's key, and the right to change a zone of the DNS."""

    def __init__(self, origin: str, key: str, zone: NameServer) -> None:
        self._api = Api(origin + API, key)
        self._zone = zone

    async def create(self, path: str, **fields: Any) -> dict[str, Any]:
        """Create something; return it as the platform answers it. Raises PlatformRefused."""
        return await self._call("POST", path, fields)

    async def prove(self, stack: str, host: str, path: str, settings: Mapping[str, Any]) -> Proof:
        """Ask for a webhook, add the record that the refusal names, and verify the host."""
        status, problem = await self._api.ask("PUT", path, settings)
        refused = status == 409 and problem.get("type") == NOT_PROVEN  # noqa: PLR2004
        domain = await self.create("/domains", host=host)
        self._zone.add(domain["record_name"], domain["record_type"], domain["record"])
        found = await self.create(f"/domains/{host}/verify")
        return Proof(stack, host, refused=refused, verified=found["status"] == "verified")

    async def set(self, path: str, settings: Mapping[str, Any]) -> None:
        """Set a webhook."""
        await self._call("PUT", path, settings)

    async def payload(self, event_id: str) -> dict[str, Any]:
        """Return the message of an event."""
        event = await self._call("GET", f"/events/{event_id}")
        payload: dict[str, Any] = event["payload"]
        return payload

    async def replay(self, delivery_id: str) -> None:
        """Let a delivery be made once more."""
        await self._call("POST", f"/deliveries/{delivery_id}/replay")

    async def attempts(self, delivery_id: str) -> "Attempts":
        """Return how far a delivery is."""
        delivery = await self._call("GET", f"/deliveries/{delivery_id}")
        return Attempts(
            delivery["status"] != "pending",
            tuple(
                Attempt(
                    Outcome(each["outcome"]),
                    each["latency"],
                    each["status"],
                    each["response_headers"],
                    each["response_body"].encode(),
                    each["error"],
                )
                for each in delivery["attempts"]
            ),
        )

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        status, answer = await self._api.ask(method, path, body)
        if status // 100 != 2:  # noqa: PLR2004
            told = answer.get("detail") or answer.get("title") or "without a reason"
            raise PlatformRefused(f"{method} {path} was answered {status}: {told}")
        return answer
