"""Everything at the same time: no error, and the queues agree with their webhooks at the end."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from hookwright_sender.delivery.claim import Room
from hookwright_sender.delivery.courier import Courier
from hookwright_sender.delivery.queue import Queue
from hookwright_sender.outcome import Attempt, Outcome
from hookwright_sender.platform.capture import Lead
from hookwright_sender.platform.errors import HostNotProven, NotFound, WebhookExists
from hookwright_sender.platform.testing import WebhookTester
from hookwright_sender.store.tables import deliveries, queues, webhooks

HOST = "hooks.example.com"
# What a call may be answered with that comes before or after another one.
IN_ORDER = (HostNotProven, NotFound, WebhookExists)
ROUNDS = 8


class Receiver:
    """A transport to a receiver that takes everything."""

    async def attempt(self, _url, _headers, _body):
        return Attempt(Outcome.SUCCESS, 0.001, 200)


def test_no_two_things_are_in_each_others_way(platform, ada):
    """Webhooks come, change and go, proofs are lost and found, and messages are sent."""
    platform.clock = platform.database.clock = Ticking(platform.clock.moment)
    platform.prove(ada)
    proven = platform.name_server.records[HOST]
    owners = [platform.cta(ada) for _ in range(3)]
    for owner in owners:
        platform.set(ada, owner)
    tester = WebhookTester(platform.database, platform.ring, Receiver(), platform.contract)
    courier = Courier(platform.ring, Receiver(), platform.contract)
    emitted = []

    def emit(number):
        batch = [Lead(owners[(number + each) % 3].id, "a@b.co") for each in range(6)]
        emitted.extend(platform.capture.emit(ada, batch))

    def flip(number):
        platform.name_server.records[HOST] = proven if number % 2 else ["A 127.0.0.1"]
        platform.verify(ada)

    def work(_number):
        queue = Queue(platform.database)
        claimed = queue.turn(room=Room(limit=50, other=10)).claimed
        queue.turn([asyncio.run(courier.attempt(each)) for each in claimed])

    jobs = (
        emit,
        lambda n: platform.set(ada, owners[n % 3], parameters={"n": n}, only_new=n % 4 == 0),
        lambda _: platform.webhooks.remove(ada, owners[0]),
        lambda n: platform.webhooks.rotate_secret(ada, owners[n % 3]),
        lambda n: asyncio.run(tester.test(ada, owners[n % 3])),
        flip,
        work,
    )

    def go(job):
        for number in range(ROUNDS):
            try:
                job(number)
            except IN_ORDER:
                continue

    with ThreadPoolExecutor(len(jobs)) as threads:
        # Whatever was raised is raised here.
        list(threads.map(go, jobs))
    agree(platform, emitted)
    platform.name_server.records[HOST] = proven
    assert platform.verify(ada).status == "verified"
    agree(platform, emitted)
    states = {row.state for row in platform.rows(select(webhooks.c.state))}
    assert states == {"active"}


def agree(platform, emitted):
    """Check what must always be true."""
    hooks = {row.id: row.state for row in platform.rows(select(webhooks))}
    lanes = {row.webhook_id: row.open for row in platform.rows(select(queues))}
    assert lanes == {webhook: state == "active" for webhook, state in hooks.items()}
    rows = platform.rows(select(deliveries))
    assert {row.webhook_id for row in rows if row.state == "pending"} <= hooks.keys()
    wanted = {event.delivery_id for event in emitted if event.delivery_id is not None}
    assert wanted <= {row.id for row in rows}


class Ticking:
    """A clock that moves by a millisecond each time that it is looked at."""

    def __init__(self, moment):
        self.moment = moment

    def __call__(self):
        self.moment += 0.001
        return self.moment
