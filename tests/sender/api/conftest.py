"""The application with everything behind it, and a client for each of two accounts."""

import json
import shutil
from dataclasses import dataclass, field

import pytest
from anyio.from_thread import start_blocking_portal

from hookwright_schemas import load_contract
from hookwright_sender.api import openapi
from hookwright_sender.api.app import create_app
from hookwright_sender.api.services import Services
from hookwright_sender.delivery.log import DeliveryLog
from hookwright_sender.delivery.replay import Replay
from hookwright_sender.egress.policy import EgressPolicy
from hookwright_sender.outcome import Attempt, Outcome
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
from hookwright_sender.settings import Settings
from hookwright_sender.store.database import Database
from tests.platform_database import hurry

from .client import Client, Document
from .names import Names

HOST = "hooks.example.com"


@dataclass
class Log:
    """A logger that keeps its lines."""

    lines: list[dict] = field(default_factory=list)

    def info(self, event, **values):
        """Keep a line."""
        self.lines.append({"event": event, **values})

    error = warning = info


@dataclass
class Receiver:
    """A transport to a receiver that takes everything, and keeps it."""

    messages: list[bytes] = field(default_factory=list)

    async def attempt(self, url, headers, body):  # noqa: ARG002  as it is
        """Take a message, and quote it."""
        self.messages.append(body)
        return Attempt(Outcome.SUCCESS, 0.5, 200, {"content-type": "text/plain"}, b"ok\xff" + body)


@dataclass
class World:
    """An application, what is behind it, and two accounts with a client each."""

    services: Services
    names: Names
    receiver: Receiver
    log: Log | None
    app: object
    ours: Client
    theirs: Client
    nobody: Client

    def proven(self, client=None, host=HOST):
        """Prove a host for an account, ours by default; return its domain."""
        client = client or self.ours
        domain = client.post("/api/v1/domains", {"host": host}).json
        self.names.prove(domain)
        return client.post(f"/api/v1/domains/{host}/verify").json

    def cta(self, client=None, kind="form"):
        """Make a CTA; return it."""
        client = client or self.ours
        return client.post("/api/v1/ctas", {"kind": kind, "name": "Newsletter"}).json

    def project(self, client=None):
        """Make a project; return it."""
        return (client or self.ours).post("/api/v1/projects", {"name": "project #1"}).json

    def webhook(self, path, client=None, **settings):
        """Set the webhook of an owner on a proven host; return it."""
        wanted = {"url": f"https://{HOST}/joturl", "parameters": {"token": "s3cret"}} | settings
        return (client or self.ours).put(f"{path}/webhook", wanted).json


def services_of(database, ring, names, receiver):
    """Put the real services together."""
    contract = load_contract()
    return Services(
        database=database,
        contract=contract,
        accounts=Accounts(database),
        ctas=Ctas(database),
        projects=Projects(database),
        domains=Domains(database, names),
        webhooks=Webhooks(database, ring, EgressPolicy(), names, contract),
        tester=WebhookTester(database, ring, receiver, contract),
        capture=Capture(database, ring, contract),
        events=Events(database, ring),
        idempotency=Idempotency(database, ring),
        deliveries=DeliveryLog(database, ring),
        replay=Replay(database),
        notices=Notices(database),
        audit=Audit(database),
        wake=lambda: None,
    )


@pytest.fixture(scope="session", autouse=True)
def _one_document():
    """Write the document once, which says the same of every application with these operations."""
    real, written = openapi.served, {}

    def served(resources, contract):
        ids = (each.id for resource in resources for each in resource.operations)
        about = (contract.identity, *ids)
        if about not in written:
            written[about] = real(resources, contract)
        return written[about]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openapi, "served", served)
        yield


@pytest.fixture(scope="session")
def portal():
    """An event loop in a thread."""
    with start_blocking_portal() as started:
        yield started


@pytest.fixture(scope="session")
def made():
    """Return the maker of worlds: conftest is not importable."""
    # What an application says of itself, read once.
    documents = {}

    def make(database, ring, portal, **options):
        names, receiver, log = Names(), Receiver(), options.pop("log", Log())
        services = services_of(database, ring, names, receiver)
        settings = Settings.read(**{"rate_limit": 1e6} | options.pop("settings", {}))
        # A machine that has much else to do is no reason to turn anybody away.
        app = create_app(services, settings, log=log, **{"patience": 60.0} | options)
        keys = [services.accounts.create(name).key for name in ("ours", "theirs")]
        nobody = Client(app, portal, Document({"paths": {}, "components": {"schemas": {}}}))
        document = nobody.get("/api/v1/openapi.json", checked=False)
        if document.body not in documents:
            documents[document.body] = Document(json.loads(document.body))
        nobody.document = documents[document.body]
        if log is not None:
            log.lines.clear()
        return World(
            services, names, receiver, log, app, nobody.of(keys[0]), nobody.of(keys[1]), nobody
        )

    return make


@pytest.fixture
def world(database, ring, portal, made):
    """The application on a database of either kind."""
    return made(database, ring, portal)


@pytest.fixture
def sqlite(tmp_path, upgraded_file):
    """A database with the platform's tables, of the kind that is quick to make."""
    shutil.copy(upgraded_file, tmp_path / "platform.db")
    with Database(f"sqlite:///{tmp_path}/platform.db") as database:
        hurry(database)
        yield database


@pytest.fixture
def small(sqlite, ring, portal, made):
    """The application on SQLite alone, for what has nothing to do with the database."""
    return made(sqlite, ring, portal)


@pytest.fixture
def small_with(sqlite, ring, portal, made):
    """Return the maker of applications on SQLite with other options."""
    return lambda **options: made(sqlite, ring, portal, **options)
