"""Sample data to a webhook, on its owner's request."""

from dataclasses import dataclass

from hookwright_sender.platform.owner import Owner
from hookwright_sender.platform.principal import Principal


@dataclass(frozen=True, slots=True)
class TestResult:
    """What came of a test. `latency` is in seconds; `body` are the first 1,024 bytes of the answer, known secrets masked."""

    delivery_id: int
    outcome: str
    status: int | None
    latency: float
    body: bytes
    error: str | None

    @property
    def succeeded(self) -> bool:
        return self.outcome == "success"


class WebhookTester:
    """Tests webhooks; constructor: see the file once delivery/ is there."""

    async def test(self, principal: Principal, owner: Owner) -> TestResult:
        raise NotImplementedError
