"""One account never sees or touches what is another's: every method, with every foreign id."""

import asyncio

import pytest
from sqlalchemy import select

from hookwright_sender.outcome import Attempt, Outcome
from hookwright_sender.platform.capture import Lead, Link
from hookwright_sender.platform.errors import NotFound
from hookwright_sender.platform.testing import WebhookTester
from hookwright_sender.store.tables import metadata

HOST = "hooks.example.com"


class Nobody:
    """A transport that nothing may reach."""

    async def attempt(self, _url, _headers, _body):
        return Attempt(Outcome.SUCCESS, 0.0, 200)


@pytest.fixture
def everything(platform, ada):
    """An account with one of each."""
    platform.prove(ada)
    cta, project = platform.cta(ada), platform.project(ada)
    webhook = platform.set(ada, cta, parameters={"token": "s3cret"}).webhook
    platform.set(ada, project)
    lead = platform.capture.lead(ada, Lead(cta.id, "a@b.co"))
    platform.capture.link(ada, Link(project.id, "https://a.example/", "joturl"))
    platform.unprove()
    platform.clock.advance(1)
    platform.verify(ada)
    return cta, project, webhook, lead


TOUCH = {
    "cta": lambda p, eve, cta, *_: p.ctas.get(eve, cta.id),
    "project": lambda p, eve, _cta, project, *_: p.projects.get(eve, project.id),
    "domain": lambda p, eve, *_: p.domains.get(eve, HOST),
    "domain.verify": lambda p, eve, *_: p.verify(eve, HOST),
    "event": lambda p, eve, _cta, _project, _webhook, lead: p.events.get(eve, lead.id),
    "webhook": lambda p, eve, cta, *_: p.webhooks.get(eve, cta),
    "webhook of a project": lambda p, eve, _cta, project, *_: p.webhooks.get(eve, project),
    "webhook by id": lambda p, eve, _c, _p, webhook, *_: p.webhooks.get_by_id(eve, webhook.id),
    "webhook.set": lambda p, eve, cta, *_: p.set(eve, cta),
    "webhook.set, new": lambda p, eve, cta, *_: p.set(eve, cta, only_new=True),
    "webhook.remove": lambda p, eve, cta, *_: p.webhooks.remove(eve, cta),
    "webhook.rotate_secret": lambda p, eve, cta, *_: p.webhooks.rotate_secret(eve, cta),
    "webhook.enable": lambda p, eve, _c, _p, webhook, *_: p.webhooks.enable(eve, webhook.id),
    "webhook.test": lambda p, eve, cta, *_: asyncio.run(
        WebhookTester(p.database, p.ring, Nobody(), p.contract).test(eve, cta)
    ),
    "lead": lambda p, eve, cta, *_: p.capture.lead(eve, Lead(cta.id, "a@b.co")),
    "link": lambda p, eve, _cta, project, *_: p.capture.link(
        eve, Link(project.id, "https://a.example/")
    ),
}


@pytest.mark.parametrize("touch", TOUCH)
def test_what_is_another_accounts_is_not_there(platform, eve, everything, touch):
    """Told in the words for something that is not there at all, and nothing is changed."""
    before = snapshot(platform)
    with pytest.raises(NotFound, match="there is no "):
        TOUCH[touch](platform, eve, *everything)
    assert snapshot(platform) == before


def test_lists_have_what_is_ones_own(platform, ada, eve, everything):
    """Each list of the stranger is empty but for what the stranger did."""
    lists = [
        platform.ctas,
        platform.projects,
        platform.domains,
        platform.webhooks,
        platform.events,
        platform.notices,
    ]
    for service in lists:
        assert service.page(eve).items == ()
        assert service.page(ada).items != ()
    cta, project, *_ = everything
    assert platform.events.page(eve, cta_id=cta.id).items == ()
    assert platform.events.page(eve, project_id=project.id).items == ()
    assert {entry.action for entry in platform.audit.page(eve).items} == {
        "account.create",
        "key.issue",
    }


def snapshot(platform):
    """Return every row of every table."""
    with platform.database.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in metadata.sorted_tables
        }
