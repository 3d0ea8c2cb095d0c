"""Proofs: made, lost, back again; and what that does to webhooks."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import dns.rcode
import pytest
from sqlalchemy import select

from hookwright_sender.egress.proof import look_up
from hookwright_sender.errors import InvalidHost
from hookwright_sender.platform.capture import Lead
from hookwright_sender.platform.domains import Domains
from hookwright_sender.platform.errors import NotFound
from hookwright_sender.store.tables import deliveries, queues, webhooks

HOST = "hooks.example.com"
DAY = 24 * 3600


def lanes(platform):
    """Return whether the one queue is open."""
    [row] = platform.rows(select(queues.c.open))
    return row.open


def test_a_new_domain_is_pending_and_says_what_to_add(platform, ada):
    """The record has the documented form, and the reason tells what to do with it."""
    domain = platform.domains.add(ada, "Hooks.Example.com.")
    assert (domain.host, domain.status, domain.code) == (HOST, "pending", "not_checked")
    assert (domain.record.name, domain.record.type) == (HOST, "TXT")
    pattern = r"joturl-domain-verification=[A-Za-z0-9]{20}\.[A-Za-z0-9]{20}"
    assert re.fullmatch(pattern, domain.record.value)
    assert domain.record.value in domain.reason
    assert domain.cname_record.name == f"_joturl-domain-verification.{HOST}"
    assert domain.cname_record.value == domain.record.value
    assert domain.next_check_at is None


def test_a_domain_keeps_its_token(platform, ada):
    """Adding a host again answers what was answered first, however it is written."""
    assert platform.domains.add(ada, HOST) == platform.domains.add(ada, HOST.upper())
    assert len(platform.domains.page(ada).items) == 1
    assert [each.action for each in platform.audit.page(ada).items].count("domain.add") == 1


def test_two_accounts_have_two_tokens_for_one_host(platform, ada, eve):
    """One account's record proves nothing for another one."""
    mine = platform.prove(ada)
    theirs = platform.domains.add(eve, HOST)
    assert mine.record.value != theirs.record.value
    assert platform.verify(eve).status == "failed"
    assert platform.verify(ada).status == "verified"


def test_a_host_is_added_once_at_the_same_time(platform, ada):
    """Two that add one host at once get the same token."""
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: platform.domains.add(ada, HOST), range(8)))
    assert len(set(made)) == 1


@pytest.mark.parametrize(
    "host", ["", "127.0.0.1", "com", "co.uk", "https://a.example", "a b.example"]
)
def test_a_host_that_nobody_can_prove_is_refused(platform, ada, host):
    """Such a host is refused when it is added, and is not found later."""
    with pytest.raises(InvalidHost):
        platform.domains.add(ada, host)
    with pytest.raises(NotFound):
        platform.domains.get(ada, host)


def test_a_proof_is_found_in_the_dns(platform, ada):
    """The record at the host verifies it."""
    domain = platform.prove(ada)
    assert (domain.status, domain.code) == ("verified", "verified")
    assert domain.verified_at == domain.checked_at == platform.clock.moment
    assert domain.next_check_at == platform.clock.moment + DAY
    assert platform.domains.get(ada, HOST) == domain
    assert platform.notices.page(ada).items == ()


@pytest.mark.parametrize(
    ("records", "code", "said"),
    [
        ({}, "no_such_host", "does not exist"),
        ({HOST: ["A 127.0.0.1"]}, "no_txt", "has no TXT record"),
        ({HOST: ['TXT "v=spf1 -all"', 'TXT "other"']}, "no_match", '"other", "v=spf1 -all"'),
        ({HOST: [f'TXT "number {n}"' for n in range(7)]}, "no_match", "and 2 more"),
        ({HOST: ["CNAME else.example.com."], "else.example.com": ['TXT "x"']}, "no_txt", "CNAME"),
    ],
)
def test_a_failure_says_which_it_was_and_what_to_do(platform, ada, records, code, said):
    """Each way to have no proof has its own reason, and every one names the record to add."""
    domain = platform.domains.add(ada, HOST)
    platform.name_server.records.update(records)
    found = platform.verify(ada)
    assert (found.status, found.code) == ("failed", code)
    assert said in found.reason
    assert domain.record.value in found.reason
    # What was never proven is looked up when somebody asks for it.
    assert found.next_check_at is None


@pytest.mark.parametrize("before", ["pending", "failed", "verified"])
def test_no_answer_changes_no_status(platform, ada, before):
    """A name server that does not answer neither makes nor takes a proof."""
    if before == "verified":
        platform.prove(ada)
    else:
        platform.domains.add(ada, HOST)
        if before == "failed":
            platform.verify(ada)
    platform.clock.advance(60)
    platform.name_server.failing(dns.rcode.to_text(dns.rcode.SERVFAIL))
    found = platform.verify(ada)
    assert (found.status, found.code) == (before, "no_answer")
    assert found.checked_at == platform.clock.moment
    assert "had no answer" in found.reason
    again = platform.clock.moment + 900 if before == "verified" else None
    assert found.next_check_at == again


def test_a_host_that_was_not_added_is_not_found(platform, ada, eve):
    """Nothing is looked up for a host without a domain in the account."""
    platform.prove(ada)
    for call in (platform.verify, platform.domains.get):
        with pytest.raises(NotFound):
            call(eve, HOST)


def test_a_proof_that_is_gone_holds_deliveries_and_loses_none(platform, ada):
    """Webhooks wait while the record is missing; what happens meanwhile waits with them."""
    platform.prove(ada)
    owner = platform.cta(ada)
    platform.set(ada, owner)
    platform.clock.advance(DAY)
    platform.unprove()
    [lost] = platform.check_due()
    assert (lost.host, lost.status) == (HOST, "failed")
    webhook = platform.webhooks.get(ada, owner)
    assert webhook.state == "held"
    assert lost.record.value in webhook.reason
    assert not lanes(platform)
    platform.capture.lead(ada, Lead(owner.id, "a@b.co"))
    [delivery] = platform.rows(select(deliveries.c.state))
    assert delivery.state == "pending"
    [notice] = platform.notices.page(ada).items
    assert (notice.kind, notice.domain_id) == ("proof_lost", lost.id)
    assert "1 webhook is held" in notice.message


def test_a_proof_that_is_back_releases_them(platform, ada):
    """The schedule finds the record again, and the queue is open."""
    platform.prove(ada)
    owner = platform.cta(ada)
    platform.set(ada, owner)
    records = dict(platform.name_server.records)
    platform.unprove()
    platform.clock.advance(1)
    platform.verify(ada)
    assert not lanes(platform)
    platform.name_server.records.update(records)
    platform.clock.advance(3600)
    platform.woken.clear()
    [back] = platform.check_due()
    assert back.status == "verified"
    assert lanes(platform)
    assert platform.woken
    webhook = platform.webhooks.get(ada, owner)
    assert (webhook.state, webhook.reason) == ("active", "")
    regained, lost = platform.notices.page(ada).items
    assert (regained.kind, lost.kind) == ("proof_regained", "proof_lost")
    assert "1 webhook is delivered to again" in regained.message


def test_no_answer_holds_nothing(platform, ada):
    """A name server that is down keeps no message back."""
    platform.prove(ada)
    owner = platform.cta(ada)
    platform.set(ada, owner)
    platform.clock.advance(DAY)
    platform.name_server.failing("SERVFAIL")
    assert platform.check_due() == []
    assert platform.webhooks.get(ada, owner).state == "active"
    assert lanes(platform)
    # And it is looked up again soon.
    assert platform.domains.get(ada, HOST).next_check_at == platform.clock.moment + 900


def test_only_what_is_due_is_checked(platform, ada):
    """A proof that was just found is left alone for a day."""
    platform.prove(ada)
    platform.unprove()
    platform.clock.advance(DAY - 1)
    assert platform.check_due() == []
    platform.clock.advance(1)
    assert len(platform.check_due()) == 1
    # It is a day no more until it is looked at again.
    platform.clock.advance(3599)
    assert platform.check_due() == []


def test_what_one_process_checks_no_other_one_does(platform, ada):
    """Proofs that are being checked are taken for a while."""
    platform.prove(ada)
    platform.clock.advance(DAY)
    assert len(platform.domains._take_due(10)) == 1
    assert len(platform.domains._take_due(10)) == 0
    # And of a process that ended over it they become due again.
    platform.clock.advance(121)
    assert len(platform.domains._take_due(10)) == 1


def test_a_look_up_that_was_overtaken_changes_nothing(platform, ada):
    """Of two look-ups at a time the one that was started later counts."""
    platform.prove(ada)
    row = platform.domains._row(ada, HOST)
    missing = asyncio.run(look_up(row.host, "another.token", platform.names))
    platform.clock.advance(10)
    platform.verify(ada)
    platform.domains._settle(row, platform.clock.moment - 5, missing, None)
    assert platform.domains.get(ada, HOST).status == "verified"


def test_a_domain_without_webhooks_is_noted_too(platform, ada):
    """The owner hears of a lost proof although nothing was to be sent."""
    platform.prove(ada)
    platform.unprove()
    platform.clock.advance(1)
    platform.verify(ada)
    [notice] = platform.notices.page(ada).items
    assert "no webhook is held" in notice.message


def test_several_webhooks_wait_for_one_proof(platform, ada):
    """All of the host are held, those of another host and disabled ones stay as they are."""
    platform.prove(ada)
    platform.prove(ada, "other.example.com")
    owners = [platform.cta(ada) for _ in range(4)]
    urls = [f"https://{HOST}/"] * 3 + ["https://other.example.com/"]
    for owner, url in zip(owners, urls, strict=True):
        platform.set(ada, owner, url)
    disabled = platform.webhooks.get(ada, owners[2]).id
    with platform.database.writing() as connection:
        connection.execute(
            webhooks.update().where(webhooks.c.id == disabled).values(state="disabled")
        )
    platform.unprove()
    platform.clock.advance(1)
    asyncio.run(Domains(platform.database, platform.names).verify(ada, HOST))
    states = [platform.webhooks.get(ada, owner).state for owner in owners]
    assert states == ["held", "held", "disabled", "active"]
    assert "2 webhooks are held" in platform.notices.page(ada).items[0].message
