"""The log: what is listed, what is shown, and what is not."""

import json

import pytest
from sqlalchemy import delete, insert, select, text

from hookwright_sender.delivery.finish import Finished
from hookwright_sender.delivery.log import DeliveryLog, Filters
from hookwright_sender.encryption.envelope import place
from hookwright_sender.outcome import Outcome
from hookwright_sender.retry.decision import Action, Decision
from hookwright_sender.store import scan
from hookwright_sender.store.errors import StoreUnavailable
from hookwright_sender.store.tables import attempts, webhooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def log(world):
    """The log of the world's account."""
    return DeliveryLog(world.database, world.ring)


def listed(log, world, **filters):
    """Return the ids that a listing has."""
    return [each.id for each in log.list(world.account, Filters(**filters)).items]


def test_the_newest_comes_first_a_page_at_a_time(world, log):
    """Each page says where the next one begins, the last one that there is none."""
    ids = world.put(*[world.webhook()] * 7)
    seen, after = [], None
    while True:
        page = log.list(world.account, after=after, limit=3)
        seen.append([each.id for each in page.items])
        after = page.next
        if after is None:
            break
    newest = ids[::-1]
    assert seen == [newest[:3], newest[3:6], newest[6:]]


def test_every_filter_narrows(world, log, room, finished):
    """By webhook, event, state, outcome, status and time, alone and together."""
    first, second = world.webhooks(2)
    a, b = world.put(first, second)
    (c,) = world.put(first, event="social_lead")
    queue = world.queue()
    claimed = {each.delivery_id: each for each in queue.turn(room=room()).claimed}
    queue.turn([finished(claimed[a]), finished(claimed[b], Action.DEAD)])
    at = world.row(c).created_at
    for filters, ids in [
        ({}, [c, b, a]),
        ({"webhook_id": first}, [c, a]),
        ({"event": "form_lead"}, [b, a]),
        ({"state": "dead"}, [b]),
        ({"state": "pending"}, [c]),
        ({"outcome": "success"}, [a]),
        ({"status": 500}, [b]),
        ({"until": at + 1}, [c, b, a]),
        ({"since": at + 1}, []),
        ({"since": 0.0, "until": 1.0}, []),
        ({"webhook_id": first, "state": "dead"}, []),
        ({"webhook_id": first, "state": "pending", "event": "social_lead"}, [c]),
    ]:
        assert listed(log, world, **filters) == ids, filters


def test_another_accounts_deliveries_are_not_there(world, log):
    """Neither in the list nor by their id."""
    webhook = world.webhook()
    (delivery,) = world.put(webhook)
    mine = world.account
    world.account_of_its_own()
    assert listed(log, world) == []
    assert listed(log, world, webhook_id=webhook) == []
    assert log.show(world.account, delivery) is None
    assert log.show(mine, delivery) is not None


def test_an_attempt_is_shown_with_known_secrets_masked(world, log, room):
    """The receiver echoed the signing secret, a parameter, and half of one at the cut."""
    webhook = world.webhook(parameters={"token": "hunter2hunter2", "n": 5})
    (delivery,) = world.put(webhook)
    queue = world.queue()
    (claimed,) = queue.turn(room=room()).claimed
    body = f"you sent hunter2hunter2 and {SECRET} "
    body += "x" * (1024 - len(body) - 6) + "hunter"
    details = {
        "request_headers": {"webhook-id": "msg_1"},
        "response_headers": {"x-echo": "token=hunter2hunter2"},
        "body": body,
        "error": "it did not like hunter2hunter2",
    }
    sealed = world.ring.encrypt(
        json.dumps(details).encode(), place("attempts", "details", delivery, 1)
    )
    decision = Decision(Action.DEAD, "no")
    queue.turn([Finished(claimed, decision, Outcome.SERVER_ERROR, 500, 1.0, 2.0, 0.5, sealed)])
    shown = log.show(world.account, delivery)
    (attempt,) = shown.attempts
    assert (attempt.number, attempt.status, attempt.latency) == (1, 500, 0.5)
    assert attempt.response_headers == {"x-echo": "token=••••"}
    assert attempt.error == "it did not like ••••"
    text = attempt.response_body.decode()
    assert "hunter" not in text
    assert SECRET not in text
    assert text.startswith("you sent •••• and ••••")
    assert (shown.delivery.state, shown.delivery.due_at) == ("dead", None)


def test_the_log_outlives_the_webhook(world, log):
    """Nothing is known to be masked then, and nothing breaks."""
    (delivery,) = world.put(world.webhook())
    world.execute(delete(webhooks))
    shown = log.show(world.account, delivery)
    assert shown.attempts == ()
    assert shown.delivery.due_at is not None


def record(world, room, **details):
    """Record an attempt with these details; return its delivery."""
    (delivery,) = world.put(world.webhook(parameters={"token": "hunter2hunter2"}))
    queue = world.queue()
    (claimed,) = queue.turn(room=room()).claimed
    known = {"request_headers": {}, "response_headers": {}, "body": "", "error": None} | details
    place_of = place("attempts", "details", delivery, claimed.claim)
    sealed = world.ring.encrypt(json.dumps(known).encode(), place_of)
    decision = Decision(Action.DEAD, "no")
    queue.turn([Finished(claimed, decision, Outcome.SERVER_ERROR, 500, 1.0, 2.0, 0.5, sealed)])
    return delivery


def test_a_header_that_was_cut_hides_what_is_left_of_a_secret(world, log, room):
    """The log keeps 512 characters of it."""
    delivery = record(world, room, response_headers={"x-a": "x" * 506 + "hunter"})
    (attempt,) = log.show(world.account, delivery).attempts
    assert attempt.response_headers == {"x-a": "x" * 506 + "••••"}


def test_bytes_that_are_no_text_are_shown_as_some(world, log, room):
    """They were stored as surrogates, which no encoding of an answer takes."""
    zurich = b"Z\xfcrich".decode("utf-8", "surrogateescape")
    delivery = record(world, room, response_headers={"x-city": zurich}, error=zurich)
    (attempt,) = log.show(world.account, delivery).attempts
    assert attempt.response_headers == {"x-city": "Zürich"}
    assert attempt.error == "Zürich"


def test_the_last_fifty_attempts_are_shown(world, log, room):
    """Whoever replays a delivery a thousand times can still look at it, and at once."""
    delivery = record(world, room)
    with world.database.reading() as connection:
        (row,) = connection.execute(select(attempts)).mappings().all()
    rows = []
    for number in range(2, 62):
        where = place("attempts", "details", delivery, number)
        known = {"request_headers": {}, "response_headers": {}, "body": "", "error": None}
        sealed = world.ring.encrypt(json.dumps(known).encode(), where)
        rows.append({**row, "claim": number, "details": sealed})
    world.execute(insert(attempts), rows)
    shown = log.show(world.account, delivery).attempts
    assert [each.number for each in shown] == list(range(12, 62))


def test_a_page_looks_at_a_bounded_number(world, room, finished):
    """Few that are found among many come a page at a time, and none is left out or comes twice."""
    first, second = world.webhooks(2)
    ids = world.put(*[first, second] * 12)
    queue = world.queue()
    claimed = {each.delivery_id: each for each in queue.turn(room=room(other=20)).claimed}
    dead = [ids[0], ids[1], ids[10], ids[23]]
    queue.turn([finished(claimed[each], Action.DEAD) for each in dead])
    log = DeliveryLog(world.database, world.ring, scan=5)
    for filters, expected in [
        (Filters(state="dead"), dead),
        (Filters(status=500), dead),
        (Filters(webhook_id=first, status=500), [ids[0], ids[10]]),
        (Filters(webhook_id=first, state="dead"), [ids[0], ids[10]]),
        (Filters(webhook_id=second, state="pending"), [i for i in ids[1::2] if i not in dead]),
        (Filters(outcome="timeout"), []),
        (Filters(since=0.0), ids),
        (Filters(), ids),
    ]:
        found, after, pages = [], None, 0
        while True:
            page = log.list(world.account, filters, after, limit=3)
            found += [each.id for each in page.items]
            pages += 1
            after = page.next
            if after is None:
                break
        assert found == expected[::-1], filters
        assert pages <= 13, filters
    page = log.list(world.account, Filters(outcome="timeout"))
    assert (page.items, page.next) == ((), ids[-5])


def test_a_strangers_webhook_is_not_looked_through(world):
    """Not even how many deliveries it has can be told."""
    webhook = world.webhook()
    world.put(*[webhook] * 4)
    log = DeliveryLog(world.database, world.ring, scan=2)
    for filters in (Filters(webhook_id=webhook), Filters(webhook_id=webhook, status=500)):
        page = log.list(world.account + 1, filters)
        assert (page.items, page.next) == ((), None)


def test_a_list_that_takes_too_long_is_given_up(world, log, monkeypatch):
    """On PostgreSQL, where another statement may be in its way; SQLite bounds it by its rows."""
    if world.database.is_sqlite:
        pytest.skip("SQLite has no such limit")
    world.put(world.webhook())
    monkeypatch.setattr(scan, "TIMEOUT", 50)
    with world.database.writing() as connection:
        connection.execute(text("LOCK TABLE deliveries"))
        with pytest.raises(StoreUnavailable, match="statement timeout"):
            log.list(world.account, Filters(status=500))
    with world.database.reading() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "0"
