"""What the API is a door to."""

from collections.abc import Callable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from hookwright_schemas import Contract
from hookwright_sender.delivery.log import DeliveryLog
from hookwright_sender.delivery.replay import Replay
from hookwright_sender.platform.accounts import Accounts
from hookwright_sender.platform.audit import Audit
from hookwright_sender.platform.capture import Capture
from hookwright_sender.platform.ctas import Ctas
from hookwright_sender.platform.domains import Domains
from hookwright_sender.platform.events import Events
from hookwright_sender.platform.idempotency import Idempotency
from hookwright_sender.platform.notices import Notices
from hookwright_sender.platform.projects import Projects
from hookwright_sender.platform.testing import WebhookTester
from hookwright_sender.platform.webhooks import Webhooks
from hookwright_sender.store.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the routes call.

    `wake` tells a delivery worker in this process that there is something to send; `registry` has
    the metrics that `/metrics` shows, those of the worker too.
    """

    database: Database
    contract: Contract
    accounts: Accounts
    ctas: Ctas
    projects: Projects
    domains: Domains
    webhooks: Webhooks
    tester: WebhookTester
    capture: Capture
    events: Events
    idempotency: Idempotency
    deliveries: DeliveryLog
    replay: Replay
    notices: Notices
    audit: Audit
    wake: Callable[[], None]
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
