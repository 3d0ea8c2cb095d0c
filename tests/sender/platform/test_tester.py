"""Tests of webhooks: sample data by the ordinary path, and what is told of it."""

import asyncio
import json

import pytest
from sqlalchemy import select

from hookwright_schemas import parse_strict
from hookwright_sender.delivery.log import DeliveryLog
from hookwright_sender.delivery.queue import Queue
from hookwright_sender.outcome import Attempt, Outcome
from hookwright_sender.platform.errors import HostNotProven, NotFound
from hookwright_sender.platform.owner import Owner
from hookwright_sender.platform.testing import WebhookTester
from hookwright_sender.signing import Signer
from hookwright_sender.store.tables import attempts, deliveries, events, webhooks

URL = "https://hooks.example.com/hook"


class Receiver:
    """A transport that keeps what it is given and answers as it is told."""

    def __init__(self, attempt=None):
        self.attempt_made = attempt or Attempt(Outcome.SUCCESS, 0.01, 200, {}, b"received")
        self.sent = []
        self.meanwhile = lambda: None

    async def attempt(self, url, headers, body):
        self.sent.append((url, dict(headers), body))
        await asyncio.to_thread(self.meanwhile)
        return self.attempt_made


@pytest.fixture
def receiver():
    """What the tests are sent to."""
    return Receiver()


@pytest.fixture
def test(platform, receiver):
    """Test an owner's webhook."""
    tester = WebhookTester(platform.database, platform.ring, receiver, platform.contract)
    return lambda principal, owner: asyncio.run(tester.test(principal, owner))


@pytest.fixture
def proven(platform, ada):
    """Who acts for an account that has proven the host."""
    platform.prove(ada)
    return ada


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("form", "form_lead"),
        ("social_optin", "social_lead"),
        ("social_optin_xl", "social_lead"),
        (None, "link_created"),
    ],
)
def test_the_documented_sample_is_sent(  # noqa: PLR0913, PLR0917  fixtures
    platform, proven, receiver, test, kind, event
):
    """The first sample of the owner's event, with the webhook's parameters, signed."""
    owner = platform.project(proven) if kind is None else platform.cta(proven, kind)
    secret = platform.set(proven, owner, URL, {"token": "s3cret"}).secret
    result = test(proven, owner)
    [(url, headers, body)] = receiver.sent
    assert url == URL
    sample = platform.contract.event(event).samples[0].payload
    assert parse_strict(body) == {**sample, "token": "s3cret"}
    stamp = int(headers["webhook-timestamp"])
    signature = Signer([secret]).sign(headers["webhook-id"], stamp, body)
    assert headers["webhook-signature"] == signature
    assert headers["hookwright-contract"] == platform.contract.identity
    assert (result.outcome, result.status, result.latency) == ("success", 200, 0.01)
    assert (result.succeeded, result.body, result.error) == (True, b"received", None)


def test_a_test_is_in_the_log_like_any_other(platform, proven, test):
    """Its event says that it was a test; its delivery has one attempt."""
    owner = platform.cta(proven)
    platform.set(proven, owner)
    result = test(proven, owner)
    shown = DeliveryLog(platform.database, platform.ring).show(
        proven.account_id, result.delivery_id
    )
    assert (shown.delivery.state, shown.delivery.test) == ("delivered", True)
    assert len(shown.attempts) == 1
    [event] = platform.events.page(proven).items
    assert (event.test, event.event, event.cta_id) == (True, "form_lead", owner.id)
    assert platform.audit.page(proven).items[0].action == "webhook.test"


@pytest.mark.parametrize(
    ("attempt", "outcome", "status"),
    [
        (Attempt(Outcome.SERVER_ERROR, 0.2, 500, {}, b"oh"), "server_error", 500),
        (Attempt(Outcome.TIMEOUT, 5.0, error="no answer within 5 s"), "timeout", None),
        (Attempt(Outcome.FORBIDDEN, 0.0, error="the address is loopback"), "forbidden", None),
    ],
)
def test_a_failure_is_told_and_not_tried_again(  # noqa: PLR0913, PLR0917  fixtures
    platform, proven, receiver, test, attempt, outcome, status
):
    """One attempt: what came of it is the answer."""
    owner = platform.cta(proven)
    platform.set(proven, owner)
    receiver.attempt_made = attempt
    result = test(proven, owner)
    assert (result.outcome, result.status, result.error) == (outcome, status, attempt.error)
    assert not result.succeeded
    [delivery] = platform.rows(select(deliveries))
    assert delivery.state == "dead"


def test_an_answer_that_echoes_secrets_is_masked(platform, proven, receiver, test):
    """The documentation's own Flask sample answers with what it got."""
    owner = platform.cta(proven)
    secret = platform.set(proven, owner, URL, {"token": "s3cret/token", "n": 123456}).secret
    echo = json.dumps({"token": "s3cret/token", "n": 123456, "key": secret}).encode()
    receiver.attempt_made = Attempt(Outcome.SUCCESS, 0.01, 200, {}, b"received:" + echo)
    body = test(proven, owner).body
    assert body.startswith(b"received:")
    for known in ("s3cret/token", "123456", secret):
        assert known.encode() not in body


def test_the_first_kibibyte_is_shown(platform, proven, receiver, test):
    """However long the answer is."""
    owner = platform.cta(proven)
    platform.set(proven, owner)
    receiver.attempt_made = Attempt(Outcome.SUCCESS, 0.01, 200, {}, b"x" * 5000)
    assert test(proven, owner).body == b"x" * 1024


def test_no_worker_sends_it_too(platform, proven, receiver, test):
    """It is claimed before anybody can see it."""
    owner = platform.cta(proven)
    platform.set(proven, owner)
    found = []

    def claim():
        [delivery] = platform.rows(select(deliveries.c.id))
        queue = Queue(platform.database)
        with platform.database.writing() as connection:
            found.append(queue.claim_one(connection, delivery.id))

    receiver.meanwhile = claim
    test(proven, owner)
    assert found == [None]
    assert len(receiver.sent) == 1


def test_a_disabled_webhook_can_be_tested(platform, proven, test):
    """Whoever mends a receiver wants to see that it works before enabling it again."""
    owner = platform.cta(proven)
    webhook = platform.set(proven, owner).webhook
    disable(platform, webhook.id)
    assert test(proven, owner).succeeded
    assert platform.webhooks.get(proven, owner).state == "disabled"


def test_nothing_is_sent_to_a_host_whose_proof_is_gone(platform, proven, receiver, test):
    """Sample data neither, and the refusal says what to add."""
    owner = platform.cta(proven)
    platform.set(proven, owner)
    platform.unprove()
    platform.clock.advance(1)
    platform.verify(proven)
    with pytest.raises(HostNotProven):
        test(proven, owner)
    assert receiver.sent == []
    assert platform.rows(select(events)) == platform.rows(select(attempts)) == []


def test_there_must_be_a_webhook(platform, proven, eve, test):
    """No webhook, no test; and nobody tests a stranger's."""
    owner = platform.cta(proven)
    with pytest.raises(NotFound):
        test(proven, owner)
    platform.set(proven, owner)
    for principal, wrong in ((eve, owner), (proven, Owner("project", owner.id))):
        with pytest.raises(NotFound):
            test(principal, wrong)


def test_a_webhook_that_is_removed_meanwhile_is_not_found(platform, proven, test, monkeypatch):
    """Between the look at it and the queue it may be removed; then nothing is left behind."""
    owner = platform.cta(proven)
    platform.set(proven, owner)
    monkeypatch.setattr("hookwright_sender.platform.testing.put", lambda *_: [None])
    with pytest.raises(NotFound):
        test(proven, owner)
    assert platform.audit.page(proven).items[0].action == "webhook.create"


def test_enabling_makes_it_active_and_sends_what_was_missed(platform, proven, eve):
    """One action; it needs the proof, and is nobody else's."""
    owner = platform.cta(proven)
    webhook = platform.set(proven, owner).webhook
    disable(platform, webhook.id)
    with pytest.raises(NotFound):
        platform.webhooks.enable(eve, webhook.id)
    records = dict(platform.name_server.records)
    platform.unprove()
    platform.clock.advance(1)
    platform.verify(proven)
    assert platform.webhooks.get(proven, owner).state == "disabled"
    with pytest.raises(HostNotProven):
        platform.webhooks.enable(proven, webhook.id)
    platform.name_server.records.update(records)
    platform.clock.advance(1)
    platform.verify(proven)
    assert platform.webhooks.get(proven, owner).state == "disabled"
    platform.woken.clear()
    enabled = platform.webhooks.enable(proven, webhook.id)
    assert (enabled.webhook.state, enabled.replayed) == ("active", 0)
    assert platform.woken
    assert platform.audit.page(proven).items[0].action == "webhook.enable"


def test_a_proof_that_goes_while_it_is_enabled_keeps_it_disabled(platform, proven, monkeypatch):
    """Nothing is open for a moment: the proof counts that there is when the queue is opened."""
    owner = platform.cta(proven)
    webhook = platform.set(proven, owner).webhook
    disable(platform, webhook.id)
    enable = platform.webhooks._replay.enable

    def losing(*arguments):
        platform.unprove()
        platform.clock.advance(1)
        platform.verify(proven)
        return enable(*arguments)

    monkeypatch.setattr(platform.webhooks._replay, "enable", losing)
    opened = []
    monkeypatch.setattr("hookwright_sender.delivery.replay.open_queue", lambda *_: opened.append(1))
    with pytest.raises(HostNotProven):
        platform.webhooks.enable(proven, webhook.id)
    assert platform.webhooks.get(proven, owner).state == "disabled"
    assert opened == []


def disable(platform, webhook_id):
    """Do as the delivery worker does after too many failures."""
    moment = platform.clock.moment
    with platform.database.writing() as connection:
        connection.execute(
            webhooks.update()
            .where(webhooks.c.id == webhook_id)
            .values(state="disabled", reason="410", disabled_at=moment, failing_since=moment)
        )
