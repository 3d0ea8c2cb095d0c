"""The one webhook of a CTA or project: set, replaced, shown, removed."""

import asyncio
import base64
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from hookwright_sender.errors import ForbiddenAddress, ForbiddenURL, InvalidHost, InvalidURL
from hookwright_sender.platform.capture import Lead
from hookwright_sender.platform.errors import (
    HostNotProven,
    InvalidValue,
    NotFound,
    UnknownTarget,
    WebhookExists,
)
from hookwright_sender.platform.owner import Owner
from hookwright_sender.platform.sealed import open_destination, open_secrets
from hookwright_sender.platform.webhook import find_webhook
from hookwright_sender.store.tables import audit, deliveries, domains, queues, webhooks

HOST = "hooks.example.com"
URL = f"https://{HOST}/hook"
MASKED = {"masked": True}


def row_of(platform):
    """Return the one row of `webhooks`."""
    [row] = platform.rows(select(webhooks))
    return row


def destination(platform):
    """Return what is stored of the one webhook."""
    row = row_of(platform)
    return open_destination(platform.ring, row.id, row.settings)


def secrets(platform):
    """Return the signing secrets of the one webhook."""
    row = row_of(platform)
    return open_secrets(platform.ring, row.id, row.secrets)


@pytest.fixture
def proven(platform, ada):
    """Who acts for an account that has proven the host."""
    platform.prove(ada)
    return ada


@pytest.mark.parametrize("kind", ["cta", "project"])
def test_a_webhook_is_made_and_then_replaced(platform, proven, kind):
    """The first call makes it, with a secret; the next ones replace it, and keep the secret."""
    owner = getattr(platform, kind)(proven)
    made = platform.set(proven, owner, URL, {"token": "s3cret"})
    assert made.created
    assert len(base64.b64decode(made.secret.removeprefix("whsec_"), validate=True)) == 32
    assert made.secret not in repr(made)
    platform.clock.advance(5)
    replaced = platform.set(proven, owner, f"{URL}/2", {})
    assert (replaced.created, replaced.secret) == (False, None)
    assert replaced.webhook.id == made.webhook.id
    assert replaced.webhook.created_at == platform.clock.moment - 5
    assert replaced.webhook.updated_at == platform.clock.moment
    assert destination(platform).url == f"{URL}/2"
    assert [each.secret for each in secrets(platform)] == [made.secret]
    assert row_of(platform).revision == 2
    assert platform.webhooks.get(proven, owner) == replaced.webhook
    assert platform.webhooks.get_by_id(proven, made.webhook.id) == replaced.webhook


def test_a_webhook_is_shown_with_its_url_and_without_a_value(platform, proven):
    """The owner sees where it goes and what the parameters are called."""
    owner = platform.cta(proven)
    parameters = {"token": "s3cret", "n": 5, "on": True, "nothing": None, "mask": "••••"}
    webhook = platform.set(proven, owner, f"{URL}?a=b#c", parameters).webhook
    assert webhook.url == f"{URL}?a=b#c"
    assert (webhook.owner, webhook.host, webhook.target) == (owner, HOST, "custom")
    assert (webhook.state, webhook.reason) == ("active", "")
    assert webhook.parameters == dict.fromkeys(parameters, MASKED)
    assert list(webhook.parameters) == list(parameters)


def test_what_is_shown_can_be_sent_back(platform, proven):
    """Masks keep the values, of whatever type and look; what is left out is gone."""
    owner = platform.cta(proven)
    parameters = {"token": "s3cret", "n": 5, "mask": "••••", "json": '{"masked": true}', "x": None}
    shown = platform.set(proven, owner, URL, parameters).webhook
    sent = {**shown.parameters, "n": 6}
    del sent["x"]
    platform.set(proven, owner, shown.url, sent)
    assert destination(platform).parameters == {
        "token": "s3cret",
        "n": 6,
        "mask": "••••",
        "json": '{"masked": true}',
    }


def test_at_the_same_time_one_makes_it_and_the_others_replace_it(platform, proven):
    """Eight calls at once: one 201, seven 200, one webhook, and no error."""
    owner = platform.cta(proven)
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda n: platform.set(proven, owner, f"{URL}/{n}"), range(8)))
    assert sorted(each.created for each in done) == [False] * 7 + [True]
    assert len({each.webhook.id for each in done}) == 1
    [made] = [each.secret for each in done if each.created]
    assert [each.secret for each in secrets(platform)] == [made]


def test_at_the_same_time_only_one_makes_a_new_one(platform, proven):
    """With `only_new` all but one are refused, also when nobody saw the other one coming."""
    owner = platform.cta(proven)

    def make(_number):
        try:
            return platform.set(proven, owner, URL, only_new=True).created
        except WebhookExists:
            return False

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(make, range(6))) == [False] * 5 + [True]


def test_only_new_refuses_a_second_one_and_changes_nothing(platform, proven):
    """What is there stays as it is."""
    owner = platform.cta(proven)
    before = platform.set(proven, owner, URL, {"token": "s3cret"}).webhook
    with pytest.raises(WebhookExists):
        platform.set(proven, owner, f"{URL}/2", only_new=True)
    assert platform.webhooks.get(proven, owner) == before


def test_an_unproven_host_is_refused_with_the_record_to_add(platform, ada):
    """The refusal has all that the DNS needs; adding it makes the same call work."""
    owner = platform.cta(ada)
    with pytest.raises(HostNotProven) as caught:
        platform.set(ada, owner)
    record = caught.value.record
    assert caught.value.host == record.name == HOST
    assert record.value in str(caught.value)
    assert platform.domains.get(ada, HOST).record == record
    platform.name_server.records[HOST] = ["A 127.0.0.1", f'TXT "{record.value}"']
    platform.verify(ada)
    assert platform.set(ada, owner).created


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example.com/",
        # A proof is for the exact host.
        "https://sub.hooks.example.com/",
        "https://example.com/",
    ],
)
def test_a_proof_is_for_one_host(platform, proven, url):
    """No host above, below or beside the proven one comes with it."""
    with pytest.raises(HostNotProven):
        platform.set(proven, platform.cta(proven), url)


def test_a_proof_is_for_one_account(platform, proven, eve):
    """What one account has proven proves nothing for another."""
    with pytest.raises(HostNotProven):
        platform.set(eve, platform.cta(eve))


@pytest.mark.parametrize(
    "url", ["https://HOOKS.Example.com:8443/x", "https://hooks.example.com./x"]
)
def test_a_host_is_recognised_however_it_is_written(platform, proven, url):
    """Upper case, a full stop at the end and a port make no other host."""
    assert platform.set(proven, platform.cta(proven), url).webhook.host == HOST


def test_changing_the_host_needs_a_proof_of_the_new_one(platform, proven):
    """The refusal leaves the webhook as it was; parameters can be changed all the same."""
    owner = platform.cta(proven)
    platform.set(proven, owner, URL, {"a": "1234"})
    with pytest.raises(HostNotProven):
        platform.set(proven, owner, "https://new.example.com/", {})
    assert destination(platform).url == URL
    platform.set(proven, owner, URL, {"a": MASKED, "b": 2})
    assert destination(platform).parameters == {"a": "1234", "b": 2}
    platform.prove(proven, "new.example.com")
    assert platform.set(proven, owner, "https://new.example.com/").webhook.host == "new.example.com"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("", InvalidURL),
        ("hooks.example.com", InvalidURL),
        ("ftp://hooks.example.com/", InvalidURL),
        ("https://user:password@hooks.example.com/", InvalidURL),
        ("https://hooks.example.com:99999/", InvalidURL),
        ("https://hooks.example.com/ x", InvalidURL),
        ("https://hooks.example.com/" + "x" * 2048, InvalidValue),
        ("https://hooks.example.com/\ud800", InvalidValue),
        ("https://hooks.example.com/\0", InvalidValue),
        ("http://hooks.example.com/", ForbiddenURL),
        ("https://hooks.example.com:8080/", ForbiddenURL),
        ("https://127.0.0.1/", ForbiddenURL),
        ("https://2130706433/", ForbiddenURL),
        ("https://[::1]/", ForbiddenURL),
        ("https://localhost/", InvalidHost),
        ("https://co.uk/", InvalidHost),
    ],
)
def test_a_url_that_nothing_may_be_sent_to_is_refused(platform, proven, url, error):
    """The scheme, the port, an address for a host: each is refused before any look-up."""
    platform.name_server.questions.clear()
    with pytest.raises(error):
        platform.set(proven, platform.cta(proven), url)
    assert platform.name_server.questions == []
    assert platform.rows(select(func.count()).select_from(webhooks))[0][0] == 0


def test_a_host_with_a_forbidden_address_is_refused(platform, ada):
    """A proven host may still point into somebody's network."""
    platform.prove(ada, address="10.0.0.1")
    with pytest.raises(ForbiddenAddress, match=r"10\.0\.0\.1"):
        platform.set(ada, platform.cta(ada))


def test_one_forbidden_address_of_several_is_enough(platform, proven):
    """Every address of the answer counts."""
    platform.name_server.records[HOST] += ["A 169.254.169.254"]
    with pytest.raises(ForbiddenAddress):
        platform.set(proven, platform.cta(proven))


@pytest.mark.parametrize("failure", ["no address", "SERVFAIL"])
def test_a_look_up_that_fails_is_no_refusal(platform, proven, failure):
    """An address is looked up at every attempt: that there is none just now is no reason."""
    if failure == "SERVFAIL":
        platform.name_server.failing("SERVFAIL", "A", "AAAA")
    else:
        platform.name_server.records[HOST] = platform.name_server.records[HOST][1:]
    assert platform.set(proven, platform.cta(proven)).created


def test_a_target_that_is_not_there_is_refused_by_name(platform, proven):
    """The refusal says what there is."""
    with pytest.raises(UnknownTarget, match="use custom"):
        platform.set(proven, platform.cta(proven), target="mailchimp")


def test_no_webhook_without_its_owner(platform, proven):
    """A CTA that is not there, or is a project, has no webhook and gets none."""
    project = platform.project(proven)
    for owner in (Owner("cta", 5), Owner("cta", project.id)):
        for call in (platform.webhooks.get, platform.webhooks.remove, platform.set):
            with pytest.raises(NotFound, match="there is no CTA"):
                call(proven, owner)
    with pytest.raises(NotFound, match=f"there is no webhook of project:{project.id}"):
        platform.webhooks.get(proven, project)


def test_removing_cancels_what_is_queued_and_keeps_the_log(platform, proven):
    """After a removal nothing is sent, and everything can still be read."""
    owner = platform.cta(proven)
    platform.set(proven, owner)
    event = platform.capture.lead(proven, Lead(owner.id, "a@b.co"))
    platform.webhooks.remove(proven, owner)
    with pytest.raises(NotFound):
        platform.webhooks.get(proven, owner)
    [delivery] = platform.rows(select(deliveries))
    assert (delivery.id, delivery.state) == (event.delivery_id, "cancelled")
    assert delivery.finished_at == platform.clock.moment
    assert platform.rows(select(queues)) == []
    assert platform.events.get(proven, event.id).payload["data"] == "a@b.co"
    # The next one is another webhook, with another secret.
    assert platform.set(proven, owner).created


def test_a_removed_webhook_gets_no_event_any_more(platform, proven):
    """What happens after a removal is kept and goes nowhere."""
    owner = platform.cta(proven)
    platform.set(proven, owner)
    platform.webhooks.remove(proven, owner)
    assert platform.capture.lead(proven, Lead(owner.id, "a@b.co")).delivery_id is None


def test_a_secret_is_rotated_and_both_sign_for_a_day(platform, proven):
    """The new secret is first; the one before has a day to go."""
    owner = platform.cta(proven)
    first = platform.set(proven, owner).secret
    second = platform.webhooks.rotate_secret(proven, owner)
    now = platform.clock.moment
    assert [(each.secret, each.expires_at) for each in secrets(platform)] == [
        (second, None),
        (first, now + 24 * 3600),
    ]
    assert row_of(platform).revision == 2
    platform.clock.advance(24 * 3600)
    third = platform.webhooks.rotate_secret(proven, owner)
    assert [each.secret for each in secrets(platform)] == [third, second]


def test_three_secrets_sign_at_most(platform, proven):
    """Of secrets that are changed in a hurry the oldest is dropped."""
    owner = platform.cta(proven)
    platform.set(proven, owner)
    made = [platform.webhooks.rotate_secret(proven, owner) for _ in range(4)]
    assert [each.secret for each in secrets(platform)] == made[:0:-1]


def test_replacing_releases_what_was_held_for_the_former_host(platform, proven):
    """A new URL at a proven host is a way out of a lost proof."""
    owner = platform.cta(proven)
    platform.set(proven, owner)
    platform.unprove()
    platform.clock.advance(1)
    platform.verify(proven)
    assert platform.webhooks.get(proven, owner).state == "held"
    with pytest.raises(HostNotProven):
        platform.set(proven, owner)
    platform.prove(proven, "new.example.com")
    assert platform.set(proven, owner, "https://new.example.com/").webhook.state == "active"
    [queue] = platform.rows(select(queues))
    assert queue.open


def test_webhooks_are_listed_newest_first(platform, proven):
    """All webhooks of an account, in pages."""
    owners = [platform.cta(proven), platform.project(proven), platform.cta(proven)]
    made = [platform.set(proven, owner).webhook for owner in owners]
    first = platform.webhooks.page(proven, limit=2)
    assert first.items == (made[2], made[1])
    assert platform.webhooks.page(proven, first.next).items == (made[0],)


def test_the_audit_log_has_every_change_and_no_value(platform, proven):
    """Who did what to which webhook, and nothing of what was entered."""
    owner = platform.cta(proven)
    secret = platform.set(proven, owner, URL, {"token": "s3cret"}).secret
    platform.set(proven, owner, URL, {"token": MASKED})
    platform.webhooks.rotate_secret(proven, owner)
    platform.webhooks.remove(proven, owner)
    log = platform.audit.page(proven).items[:4]
    assert [(each.action, each.subject) for each in log] == [
        ("webhook.remove", str(owner)),
        ("webhook.rotate_secret", str(owner)),
        ("webhook.replace", str(owner)),
        ("webhook.create", str(owner)),
    ]
    text = json.dumps([list(row) for row in platform.rows(select(audit))])
    assert "s3cret" not in text
    assert URL not in text
    assert secret not in text


def test_a_host_of_which_the_proof_goes_meanwhile_is_refused(platform, proven, monkeypatch):
    """What counts is the proof at the moment of writing."""
    owner = platform.cta(proven)
    gate = platform.webhooks._gate

    async def admit(principal, target, run):
        host = await type(gate).admit(gate, principal, target, run)
        await asyncio.to_thread(forget)
        return host

    def forget():
        with platform.database.writing() as connection:
            connection.execute(domains.update().values(status="failed"))

    monkeypatch.setattr(gate, "admit", admit)
    with pytest.raises(HostNotProven):
        platform.set(proven, owner)


def test_a_webhook_that_was_made_just_now_is_replaced(platform, proven, monkeypatch):
    """Whoever did not see it coming finds it at the moment of writing."""
    owner = platform.cta(proven)
    made = platform.set(proven, owner, URL, {"a": "1234"})
    sights = iter([None])
    monkeypatch.setattr(
        "hookwright_sender.platform.webhooks.find_webhook",
        lambda *arguments, **more: next(sights, find_webhook(*arguments, **more)),
    )
    monkeypatch.setattr(platform.webhooks, "_precheck", lambda *_: None)
    done = platform.set(proven, owner, f"{URL}/2", {})
    assert (done.created, done.secret, done.webhook.id) == (False, None, made.webhook.id)
    assert destination(platform).url == f"{URL}/2"


def test_a_new_url_begins_without_failures(platform, proven):
    """What failed was the former one; of a disabled webhook it tells what there is to replay."""
    owner = platform.cta(proven)
    platform.set(proven, owner)

    def failing(state):
        with platform.database.writing() as connection:
            connection.execute(webhooks.update().values(state=state, failing_since=5.0))

    failing("active")
    assert platform.set(proven, owner, URL, {"a": 1}).webhook.failing_since == 5.0
    assert platform.set(proven, owner, f"{URL}/2").webhook.failing_since is None
    failing("disabled")
    replaced = platform.set(proven, owner, URL).webhook
    assert (replaced.state, replaced.failing_since) == ("disabled", 5.0)


def test_nothing_that_is_kept_shows_in_a_repr(platform, proven):
    """What a log or a traceback may show has neither URL, nor parameter, nor secret."""
    owner = platform.cta(proven)
    secret = platform.set(proven, owner, URL, {"token": "s3cret"}).secret
    text = repr([destination(platform), *secrets(platform)])
    assert secret not in text
    assert "s3cret" not in text
    assert URL not in text
