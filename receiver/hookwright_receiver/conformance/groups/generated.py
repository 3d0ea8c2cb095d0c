"""Group G: payloads that hypothesis makes from the schemas, judged by the reference validator."""

import asyncio
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from hookwright_receiver.conformance.model import Verdict
from hookwright_receiver.conformance.registry import Group
from hookwright_receiver.conformance.run import Run
from hookwright_schemas import EventDefinition

if TYPE_CHECKING:
    from hookwright_receiver.conformance.client import Exchange
    from hookwright_receiver.conformance.expectation import Expectation

GROUP = Group("G", "generated payloads")

_SAME = "Validate with the contract's own schemas, formats asserted, and with nothing beside them."


@GROUP.case(
    1,
    "valid payloads",
    sent="payloads made from each event's schema, with parameters",
    expect="accept, as the reference validator does",
    why="a receiver that is stricter than the contract loses messages",
    source="the contract",
    hint=_SAME,
)
async def valid(run: Run) -> None:
    """Search for a payload that the reference takes and the receiver does not."""
    await _search_all(run, nearly=False)


@GROUP.case(
    2,
    "nearly valid payloads",
    sent="the same with one thing changed",
    expect="the reference validator's verdict",
    why="a receiver that is laxer than the contract stores what its handlers cannot use",
    source="the contract",
    hint=_SAME,
)
async def nearly_valid(run: Run) -> None:
    """Search for a payload on which the reference and the receiver disagree."""
    await _search_all(run, nearly=True)


async def _search_all(run: Run, *, nearly: bool) -> None:
    for event in run.messages.events:
        seed = random.Random(f"{run.seed}:{event.id}:{nearly}").getrandbits(64)  # noqa: S311
        await _search(run, event, seed, nearly=nearly)


async def _search(run: Run, event: EventDefinition, seed: int, *, nearly: bool) -> None:
    loop = asyncio.get_running_loop()
    smallest: list[tuple[Exchange, Expectation]] = []

    async def fire(payload: object) -> bool:
        expectation = run.messages.verdict(event, payload)
        exchange = await run.send(run.messages.message(event, payload))
        agreed = expectation.judge(exchange).verdict in {Verdict.PASSED, Verdict.WARNED}
        if not agreed and (not smallest or exchange.sent_length <= smallest[0][0].sent_length):
            smallest[:] = [(exchange, expectation)]
        return agreed

    def agrees(payload: object) -> bool:
        return asyncio.run_coroutine_threadsafe(fire(payload), loop).result()

    tried = await asyncio.to_thread(_make_and_search, run, event, seed, agrees, nearly)
    label = f"{event.id}, {'nearly valid' if nearly else 'valid'}, {tried} payloads"
    if smallest:
        exchange, expectation = smallest[0]
        run.judge(exchange, expectation, f"{label}; the smallest that differs")
    else:
        run.add(Verdict.PASSED, label, "the reference's verdict", "the reference's verdict")


def _make_and_search(
    run: Run,
    event: EventDefinition,
    seed: int,
    agrees: Callable[[object], bool],
    nearly: bool,
) -> int:
    # Hypothesis takes a moment to import, which `--list` and most replays need not wait for.
    from hookwright_receiver.conformance import generation  # noqa: PLC0415

    messages = run.messages
    reserved = messages.contract.reserved if messages.takes_parameters(event) else None
    strategy = generation.valid_payloads(
        event, reserved, lambda payload: messages.valid(event, payload)
    )
    if nearly:
        strategy = generation.nearly_valid_payloads(event, strategy)
    return generation.search(strategy, agrees, seed=seed, examples=run.patience.generated)
