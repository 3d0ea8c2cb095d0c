"""What a server does when it is told to stop in the middle of something."""

import asyncio
import socket
import threading
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from hookwright.platform.opening import prepared
from hookwright.platform.services import Outward, services
from hookwright.platform.serving import Serving
from hookwright_sender.delivery.log import Filters
from hookwright_sender.encryption.key_ring import new_key
from hookwright_sender.platform.owner import Owner
from hookwright_sender.platform.principal import Principal
from hookwright_sender.settings import Settings
from hookwright_sender.store.errors import StoreUnavailable

HOST = "shop.test"


@pytest.fixture
def leaving():
    """What is set once the server is to stop."""
    return threading.Event()


@pytest.fixture
def offered(tmp_path, name_server, leaving):
    """The services, as `serve` makes them, over a new database."""
    settings = Settings.read(
        database_url=f"sqlite:///{tmp_path}/platform.db",
        keys=new_key(),
        allow_networks="127.0.0.1/32",
        nameservers=name_server.address,
    )
    outward = Outward.of(settings)
    with prepared(settings) as (database, ring):
        yield services(database, ring, outward, outward.transport(), stopping=leaving.is_set)


async def disabled_webhook(offered, name_server):
    """Return the owner and the id of a webhook that was disabled."""
    owner = Principal.command(offered.accounts.create("Ada").id)
    domain = offered.domains.add(owner, HOST)
    name_server.records[HOST] = ["A 127.0.0.1", f'TXT "{domain.record.value}"']
    await offered.domains.verify(owner, HOST)
    cta = offered.ctas.create(owner, "form", "Newsletter")
    made = await offered.webhooks.set(owner, Owner("cta", cta.id), "custom", f"https://{HOST}/", {})
    with offered.database.writing() as connection:
        connection.execute(text("UPDATE webhooks SET state = 'disabled', disabled_at = 1"))
    return owner, made.webhook.id


def test_a_replay_breaks_off_when_the_server_stops(offered, name_server, leaving) -> None:
    """It could outlast the grace: whoever asked is told to ask again, and nothing is half done."""
    owner, webhook = asyncio.run(disabled_webhook(offered, name_server))
    with socket.socket() as listener:
        Serving(SimpleNamespace(should_exit=False), listener, leaving).stop()
    with pytest.raises(StoreUnavailable, match="stopping; do it again"):
        offered.replay.range(owner.account_id, Filters())
    with pytest.raises(StoreUnavailable, match="stopping; do it again"):
        offered.webhooks.enable(owner, webhook)
    assert offered.webhooks.get_by_id(owner, webhook).state == "disabled"


def test_a_replay_is_made_until_then(offered, name_server) -> None:
    """The same calls, while nobody has told the server to stop."""
    owner, webhook = asyncio.run(disabled_webhook(offered, name_server))
    assert offered.replay.range(owner.account_id, Filters()) == 0
    assert offered.webhooks.enable(owner, webhook).replayed == 0
    assert offered.webhooks.get_by_id(owner, webhook).state == "active"
