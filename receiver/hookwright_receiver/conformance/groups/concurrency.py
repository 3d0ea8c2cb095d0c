"""Group K, first half: at once, and in the middle of it."""

import asyncio

from hookwright_receiver.conformance.client import Exchange
from hookwright_receiver.conformance.delivery import Delivery
from hookwright_receiver.conformance.expectation import ACCEPT, refuse
from hookwright_receiver.conformance.model import Fault, Level
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run

from .deduplication import identified

GROUP = Group("K", "concurrency and crashes")

BURST = 10


async def _together(run: Run, deliveries: list[Delivery]) -> list[Exchange]:
    return list(await asyncio.gather(*(run.send(delivery) for delivery in deliveries)))


@GROUP.case(
    1,
    "many at once",
    sent="50 distinct at once",
    expect="accept, 50 effects",
    why="lost writes",
    source="an event would be lost",
    hint="One transaction for each message, or one for several; retry when the store is busy.",
    counted=True,
    place="restart",
)
async def crowd(run: Run) -> None:
    """Send them all before reading an answer."""
    event = run.messages.plain
    deliveries = [run.messages.message(event) for _ in range(run.patience.crowd)]
    for exchange in await _together(run, deliveries):
        run.judge(exchange, ACCEPT, f"one of {len(deliveries)}")
    await run.effects((len(deliveries), deliveries, f"{len(deliveries)} at once"))


@GROUP.case(
    2,
    "one id, many at once",
    sent="50 with one id at once",
    expect="accept, 1 effect",
    why="check-then-insert race",
    source="an event would be doubled",
    hint="Let a unique key in the store decide, not a look before the insert.",
    counted=True,
    place="restart",
)
async def race(run: Run) -> None:
    """Send the same message on many connections."""
    if not identified(run):
        return
    delivery = run.messages.message(run.messages.plain)
    for exchange in await _together(run, [delivery] * run.patience.crowd):
        run.judge(exchange, ACCEPT, f"one of {run.patience.crowd} with one id")
    await run.effects((1, [delivery], f"{run.patience.crowd} times one id"))


@GROUP.case(
    3,
    "killed after the answer",
    sent="SIGKILL right after the answer, restart",
    expect="the event is there",
    why="acknowledged before stored",
    source="an event would be lost",
    hint="Commit durably before you answer.",
    observes=True,
    place="restart",
)
async def killed(run: Run) -> None:
    """Kill on the first answer of a burst: whatever was acknowledged must be there."""
    control = run.control
    deliveries = [run.messages.message(run.messages.plain) for _ in range(BURST)]
    sending = [
        asyncio.ensure_future(
            run.client.exchange(delivery.raw(run.instance.address), run.patience.answer)
        )
        for delivery in deliveries
    ]
    await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    await control.kill()
    exchanges = await asyncio.gather(*sending)
    await control.start()
    acknowledged = [
        delivery
        for delivery, exchange in zip(deliveries, exchanges, strict=True)
        if exchange.accepted
    ]
    if not acknowledged:
        run.judge(exchanges[0], ACCEPT, "the first answer")
        return
    text = f"{len(acknowledged)} acknowledged before the kill"
    await run.effects((len(acknowledged), acknowledged, text))


@GROUP.case(
    4,
    "an inbox that cannot be written",
    sent="a message while the runner holds the inbox's write lock, and again afterwards",
    expect="503 with `Retry-After` (SHOULD) within 2 s; then accept when it is back, 1 effect",
    why="never a false 2xx",
    source="an event would be lost",
    hint="Bound the wait for the store and answer 503 with Retry-After when it is over.",
    hints={
        "flask": "sqlite3.connect(timeout=1.0), and turn OperationalError into a 503.",
        "starlette": "sqlite3.connect(timeout=1.0), and turn OperationalError into a 503.",
    },
    observes=True,
    place="storage",
)
async def locked(run: Run) -> None:
    """Retry under the same id, as a sender does."""
    delivery = run.messages.message(run.messages.plain)
    async with run.control.locked():
        exchange = await run.send(delivery, timeout=run.patience.unavailable)
        run.judge(exchange, refuse(503), "while the inbox is locked")
        if exchange.answer is not None:
            again = exchange.answer.header("retry-after")
            got = f"Retry-After: {again}" if again else "no Retry-After"
            run.hold(
                again is not None,
                "Retry-After",
                "a Retry-After header",
                got,
                fault=Fault.ANSWER,
                exchange=exchange,
                level=Level.SHOULD,
            )
    await run.expect(delivery, ACCEPT, "when it is back")
    await run.effects((1, [delivery], "refused with 503, then retried"))
