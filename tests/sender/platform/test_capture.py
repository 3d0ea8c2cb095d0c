"""Leads in: what each becomes, where it goes, and what is refused."""

import json

import pytest
from sqlalchemy import select

from hookwright_schemas import InvalidPayload, parse_strict
from hookwright_sender.encryption.envelope import place
from hookwright_sender.event import Event
from hookwright_sender.platform.capture import Capture, Lead, Link
from hookwright_sender.platform.errors import NotFound
from hookwright_sender.platform.events import Events
from hookwright_sender.store.tables import deliveries, events, links, queues
from hookwright_sender.store.tables import webhooks as webhook_table

TODAY = "2026-11-25"
SOCIAL = ("social_optin", "social_optin_xl")


def body_of(platform, event_id):
    """Return the bytes of a message."""
    [row] = platform.rows(select(events).where(events.c.id == event_id))
    return platform.ring.decrypt(row.body, place("events", "body", event_id))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("john.smith.1257121140@example.com", "email"),
        ("+39 055 1234567", "other"),
        ("jo@localhost", "other"),
        ("jo@@example.com", "other"),
        ("jo smith@example.com", "other"),
        ("jürgen@bücher.example", "email"),
        ("@", "other"),
    ],
)
def test_type_is_what_the_contract_says_of_the_data(platform, ada, data, kind):
    """Whether it is an e-mail address is decided by the schema, and by nothing else."""
    owner = platform.cta(ada)
    event = platform.capture.lead(ada, Lead(owner.id, data, "John Smith"))
    payload = {"data": data, "type": kind, "date": TODAY, "name": "John Smith"}
    assert (event.event, event.payload) == ("form_lead", payload)
    assert platform.contract.check(event.payload).valid


def test_the_name_may_be_empty(platform, ada):
    """Nobody has to say who they are."""
    event = platform.capture.lead(ada, Lead(platform.cta(ada).id, "a@b.co"))
    assert event.payload["name"] == ""


@pytest.mark.parametrize("kind", SOCIAL)
@pytest.mark.parametrize(
    ("info", "text"),
    [
        (None, "{}"),
        ({}, "{}"),
        (
            {"url": "https://a.example/é", "n": [1, {}]},
            r'{"url":"https:\/\/a.example\/\u00e9","n":[1,{}]}',
        ),
    ],
)
def test_a_social_lead_has_its_object_in_a_text(platform, ada, kind, info, text):
    """Written as PHP writes it, compactly, and an object in any case."""
    owner = platform.cta(ada, kind)
    event = platform.capture.lead(ada, Lead(owner.id, "a@b.co", "Jo", info))
    assert event.event == "social_lead"
    assert list(event.payload) == ["data", "type", "date", "name", "extended_info"]
    assert event.payload["extended_info"] == text
    assert event.payload["type"] == "email"


@pytest.mark.parametrize(
    ("kind", "lead", "pointers"),
    [
        ("form", {"data": ""}, ["/data"]),
        ("form", {"data": "nul \0"}, ["/data"]),
        ("form", {"data": "half \ud800"}, ["/data"]),
        ("form", {"data": None}, ["/data"]),
        ("form", {"data": 5, "name": 6}, ["/data", "/name"]),
        ("form", {"data": "a@b.co", "name": "a\0"}, ["/name"]),
        ("form", {"data": "a@b.co", "extended_info": {}}, ["/extended_info"]),
        ("social_optin", {"data": "no address"}, ["/data"]),
        ("social_optin", {"data": "a@b.co", "extended_info": {"a": "\ud800"}}, ["/extended_info"]),
        (
            "social_optin",
            {"data": "a@b.co", "extended_info": {"a": float("nan")}},
            ["/extended_info"],
        ),
        ("social_optin", {"data": "a@b.co", "extended_info": [1]}, ["/extended_info"]),
    ],
)
def test_what_breaks_the_contract_is_refused_and_not_stored(platform, ada, kind, lead, pointers):
    """The refusal points at each fault, and shows none of what was sent."""
    owner = platform.cta(ada, kind)
    with pytest.raises(InvalidPayload) as caught:
        platform.capture.lead(ada, Lead(owner.id, **lead))
    assert [each.pointer for each in caught.value.violations] == pointers
    assert platform.rows(select(events)) == []


def test_the_date_is_that_of_utc(platform, ada):
    """A lead of the last second of a day is of that day."""
    owner = platform.cta(ada)
    platform.clock.moment = 1_795_651_199.9
    assert platform.capture.lead(ada, Lead(owner.id, "x")).payload["date"] == "2026-11-25"
    platform.clock.moment = 1_795_651_200.0
    assert platform.capture.lead(ada, Lead(owner.id, "x")).payload["date"] == "2026-11-26"


def test_an_event_and_its_delivery_are_stored_together(platform, ada):
    """The message is encrypted, the delivery pending and its queue due."""
    platform.prove(ada)
    owner = platform.cta(ada)
    webhook = platform.set(ada, owner, parameters={"token": "s3cret", "n": 1.0}).webhook
    platform.woken.clear()
    event = platform.capture.lead(ada, Lead(owner.id, "a@b.co", "Jo / é"))
    assert platform.woken == [True]
    expected = Event(
        platform.contract,
        "form_lead",
        {"data": "a@b.co", "type": "email", "date": TODAY, "name": "Jo / é"},
        {"token": "s3cret", "n": 1.0},
    )
    assert body_of(platform, event.id) == expected.encode()
    [delivery] = platform.rows(select(deliveries))
    assert (delivery.id, delivery.event_id) == (event.delivery_id, event.id)
    assert (delivery.webhook_id, delivery.state) == (webhook.id, "pending")
    [queue] = platform.rows(select(queues))
    assert queue.due_at is not None


def test_a_cta_without_a_webhook_keeps_its_events(platform, ada):
    """They are there to be read, and go nowhere."""
    owner = platform.cta(ada)
    event = platform.capture.lead(ada, Lead(owner.id, "a@b.co"))
    assert event.delivery_id is None
    assert platform.events.get(ada, event.id).payload == event.payload
    assert platform.rows(select(deliveries)) == []


def test_the_message_is_settled_when_the_event_happens(platform, ada):
    """Parameters that are changed later are those of later messages."""
    platform.prove(ada)
    owner = platform.cta(ada)
    platform.set(ada, owner, parameters={"token": "first"})
    event = platform.capture.lead(ada, Lead(owner.id, "a@b.co"))
    platform.set(ada, owner, parameters={"token": "second"})
    assert parse_strict(body_of(platform, event.id))["token"] == "first"
    assert platform.capture.lead(ada, Lead(owner.id, "a@b.co")).payload["token"] == "second"


def test_an_account_captures_on_its_own_ctas_alone(platform, ada, eve):
    """A stranger's CTA is not there; nor is a project a CTA."""
    owner, project = platform.cta(ada), platform.project(eve)
    for wrong in (owner.id, project.id, 5):
        with pytest.raises(NotFound, match=f"there is no CTA {wrong}"):
            platform.capture.lead(eve, Lead(wrong, "a@b.co"))
    with pytest.raises(NotFound, match="there is no project"):
        platform.capture.link(eve, Link(owner.id, "https://a.example/"))
    assert platform.rows(select(events)) == []


def test_a_batch_is_stored_in_its_order(platform, ada):
    """Leads and links of several owners, each with its own webhook or none."""
    platform.prove(ada)
    form, social, project = (
        platform.cta(ada),
        platform.cta(ada, "social_optin"),
        platform.project(ada),
    )
    platform.set(ada, form, parameters={"to": "form"})
    platform.set(ada, project, parameters={"to": "project"})
    batch = [
        Lead(form.id, "a@b.co"),
        Link(project.id, "https://a.example/1"),
        Lead(social.id, "c@d.co"),
        Link(project.id, "https://a.example/2", "two"),
        Lead(form.id, "5"),
    ]
    stored = platform.capture.emit(ada, batch)
    assert [each.event for each in stored] == [
        "form_lead",
        "link_created",
        "social_lead",
        "link_created",
        "form_lead",
    ]
    assert [each.payload.get("to") for each in stored] == [
        "form",
        "project",
        None,
        "project",
        "form",
    ]
    assert [each.delivery_id is None for each in stored] == [False, False, True, False, False]
    assert [each.payload.get("long_url", "")[-1:] for each in stored] == ["", "1", "", "2", ""]
    assert platform.events.page(ada, limit=9).items[::-1] == tuple(
        platform.events.get(ada, each.id) for each in stored
    )
    assert platform.capture.emit(ada, []) == []


def test_a_batch_is_stored_whole_or_not_at_all(platform, ada):
    """One that is wrong is named by its place, and none is there."""
    owner, project = platform.cta(ada), platform.project(ada)
    batch = [Link(project.id, "https://a.example/"), Lead(owner.id, "x"), Lead(owner.id, "")]
    with pytest.raises(InvalidPayload) as caught:
        platform.capture.emit(ada, batch)
    assert [each.pointer for each in caught.value.violations] == ["/2/data"]
    assert platform.rows(select(events)) == platform.rows(select(links)) == []
    assert platform.woken == []


def test_a_parameter_that_a_later_contract_documents_is_refused(platform, ada):
    """No parameter ever stands in for a documented field."""
    platform.prove(ada)
    owner = platform.cta(ada)
    platform.set(ada, owner, parameters={"a": "1234"})
    [row] = platform.rows(select(webhook_table))
    where = place("webhooks", "settings", row.id)
    settings = json.loads(platform.ring.decrypt(row.settings, where))
    settings["parameters"] = {"name": "hidden"}
    sealed = platform.ring.encrypt(json.dumps(settings).encode(), where)
    with platform.database.writing() as connection:
        connection.execute(webhook_table.update().values(settings=sealed))
    with pytest.raises(InvalidPayload) as caught:
        platform.capture.lead(ada, Lead(owner.id, "a@b.co"))
    assert [each.keyword for each in caught.value.violations] == ["parameter"]


def test_events_are_listed_by_what_they_are_of(platform, ada):
    """Newest first, in pages, of one kind, of one CTA, of one project."""
    form, social, project = (
        platform.cta(ada),
        platform.cta(ada, "social_optin"),
        platform.project(ada),
    )
    stored = platform.capture.emit(
        ada,
        [
            Lead(form.id, "1"),
            Lead(social.id, "a@b.co"),
            Link(project.id, "https://a.example/"),
            Lead(form.id, "2"),
        ],
    )

    def ids(**filters):
        return [each.id for each in platform.events.page(ada, **filters).items]

    assert ids() == [each.id for each in stored[::-1]]
    assert ids(event="form_lead") == ids(cta_id=form.id) == [stored[3].id, stored[0].id]
    assert ids(cta_id=form.id, event="social_lead") == []
    assert ids(project_id=project.id) == [stored[2].id]
    assert ids(limit=3) == [each.id for each in stored[:0:-1]]
    assert ids(after=stored[1].id) == [stored[0].id]
    found = platform.events.get(ada, stored[0].id)
    assert (found.cta_id, found.project_id, found.test) == (form.id, None, False)
    assert found.created_at == platform.clock.moment


def test_a_page_of_events_looks_at_a_bounded_number(platform, ada):
    """Few that are found among many come a page at a time, and none is left out or comes twice."""
    form, other = platform.cta(ada), platform.cta(ada)
    leads = [Lead((form if number in {0, 3, 10} else other).id, "1") for number in range(11)]
    stored = platform.capture.emit(ada, leads)
    listed = Events(platform.database, platform.ring, scan=4)
    pages, after = [], None
    while not pages or after is not None:
        page = listed.page(ada, after, cta_id=form.id)
        pages.append([each.id for each in page.items])
        after = page.next
    assert pages == [[stored[10].id], [stored[3].id], [stored[0].id]]
    page = listed.page(ada, event="social_lead")
    assert (page.items, page.next) == ((), stored[7].id)
    # Without a filter a page is as long as was asked.
    assert len(listed.page(ada, limit=11).items) == 11


def test_many_owners_fit_in_one_batch(platform, ada):
    """However many: their ids are one parameter."""
    owners = [platform.cta(ada) for _ in range(7)]
    stored = platform.capture.emit(ada, [Lead(owner.id, "x") for owner in owners])
    assert [each.cta_id for each in stored] == [owner.id for owner in owners]


def test_nobody_has_to_be_woken(platform, ada):
    """Without a worker in this process there is nobody."""
    owner = platform.cta(ada)
    capture = Capture(platform.database, platform.ring, platform.contract)
    assert capture.lead(ada, Lead(owner.id, "a@b.co")).payload["data"] == "a@b.co"
    assert platform.woken == []
