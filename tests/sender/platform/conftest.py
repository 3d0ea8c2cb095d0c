"""A platform of a test's own: every service over one database, a name server, a clock."""

import asyncio
from dataclasses import dataclass, field

import pytest

from hookwright_schemas import load_contract
from hookwright_sender.egress.name_servers import NameServers
from hookwright_sender.egress.policy import EgressPolicy
from hookwright_sender.platform.accounts import Accounts
from hookwright_sender.platform.audit import Audit
from hookwright_sender.platform.capture import Capture
from hookwright_sender.platform.ctas import Ctas
from hookwright_sender.platform.domains import Domains
from hookwright_sender.platform.events import Events
from hookwright_sender.platform.idempotency import Idempotency
from hookwright_sender.platform.notices import Notices
from hookwright_sender.platform.owner import Owner
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.projects import Projects
from hookwright_sender.platform.webhooks import Webhooks

HOST = "hooks.example.com"


@dataclass
class Clock:
    """A clock that stands still until it is moved; Unix seconds."""

    moment: float = 1_795_600_000.0

    def __call__(self):
        return self.moment

    def advance(self, seconds):
        """Let time pass."""
        self.moment += seconds


@dataclass
class Platform:
    """Every service, and the ways of a test to get somewhere with them."""

    database: object
    ring: object
    clock: Clock
    name_server: object
    names: object
    policy: object
    contract: object
    woken: list = field(default_factory=list)

    def __post_init__(self):
        def wake():
            self.woken.append(True)

        self.accounts = Accounts(self.database)
        self.ctas = Ctas(self.database)
        self.projects = Projects(self.database)
        self.domains = Domains(self.database, self.names, wake=wake)
        self.webhooks = Webhooks(
            self.database, self.ring, self.policy, self.names, self.contract, wake=wake
        )
        self.capture = Capture(self.database, self.ring, self.contract, wake)
        self.events = Events(self.database, self.ring)
        self.idempotency = Idempotency(self.database, self.ring, wake)
        self.notices = Notices(self.database)
        self.audit = Audit(self.database)

    def account(self, name="Ada"):
        """Make an account; return who acts for it."""
        return Principal.command(self.accounts.create(name).id)

    def cta(self, principal, kind="form"):
        """Make a CTA; return it as the owner of a webhook."""
        return Owner("cta", self.ctas.create(principal, kind, "a CTA").id)

    def project(self, principal, name="project #1"):
        """Make a project; return it as the owner of a webhook."""
        return Owner("project", self.projects.create(principal, name).id)

    def prove(self, principal, host=HOST, address="127.0.0.1"):
        """Add the record of a host to the DNS, and verify it."""
        domain = self.domains.add(principal, host)
        self.name_server.records[domain.host] = [
            f"A {address}",
            f'TXT "{domain.record.value}"',
        ]
        return self.verify(principal, host)

    def unprove(self, host=HOST):
        """Take the TXT record out of the DNS."""
        self.name_server.records[host] = ["A 127.0.0.1"]

    def verify(self, principal, host=HOST):
        """Verify a host."""
        return asyncio.run(self.domains.verify(principal, host))

    def check_due(self, **arguments):
        """Check again what is due."""
        return asyncio.run(self.domains.check_due(**arguments))

    def set(self, principal, owner, url=f"https://{HOST}/hook", parameters=None, **more):
        """Set a webhook."""
        target = more.pop("target", "custom")
        return asyncio.run(
            self.webhooks.set(principal, owner, target, url, parameters or {}, **more)
        )

    def rows(self, statement):
        """Return what a statement finds."""
        with self.database.reading() as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture(scope="session")
def contract():
    """The platform's contract."""
    return load_contract()


@pytest.fixture
def clock():
    """A clock that the test moves."""
    return Clock()


@pytest.fixture
def platform(database, ring, clock, name_server, contract):
    """Every service over an empty database."""
    database.clock = clock
    names = NameServers.parse([name_server.address])
    policy = EgressPolicy.parse(["127.0.0.0/8"], ["8443"])
    return Platform(database, ring, clock, name_server, names, policy, contract)


@pytest.fixture
def ada(platform):
    """Who acts for an account."""
    return platform.account("Ada")


@pytest.fixture
def eve(platform):
    """Who acts for another account."""
    return platform.account("Eve")
