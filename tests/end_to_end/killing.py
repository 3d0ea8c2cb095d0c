"""SIGKILL, again and again, of one process or another while events come in."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from .emitter import Emitter
from .stage import Member, Stage
from .waiting import until

CALLERS = 8
# Seconds between two kills, at least: a process that is not up yet is waited for.
EVERY = 1.0
PATIENCE = 60.0
# Between two kills, at most this many events are waited for.
EVENTS = 30
IN_FLIGHT = "SELECT count(*) FROM deliveries WHERE state = 'pending' AND lost > 0"


@asynccontextmanager
async def emitting(
    stage: Stage,
    seed: int,
    accepted: Mapping[int, str] = MappingProxyType({}),
    *,
    callers: int = CALLERS,
) -> AsyncIterator[Emitter]:
    """Emit events for the time of a block; at its end all that were begun are accepted."""
    emitter = Emitter(stage, callers=callers, seed=seed, accepted=accepted)
    async with emitter.running():
        yield emitter


async def kill_under_load(
    stage: Stage, *, kills: int, seed: int, callers: int = CALLERS
) -> tuple[Emitter, Counter[str]]:
    """Kill a random process every second, and start it again at once; return what was accepted."""
    moments = random.Random(seed)
    killed: Counter[str] = Counter()
    async with emitting(stage, seed, callers=callers) as emitter:
        await emitter.until_accepted(1)
        for number in range(kills):
            # Anywhere within the second, and one in four while it starts.
            await asyncio.sleep(moments.uniform(EVERY / 2, EVERY * 3 / 2))
            victim = moments.choice(stage.members)
            if number % 4:
                await _up(victim)
                count = len(emitter.accepted) + moments.randint(1, EVENTS)
                await emitter.until_accepted(count)
            if number % 4 in {1, 2}:
                # At least once each of who takes and who sends, with something in flight that has
                # to be sent again.
                victim = {1: stage.members[0], 2: stage.members[-1]}.get(number, victim)
                await _in_flight(stage)
            victim.kill()
            stage.receiver.resume()
            killed[victim.kind] += 1
            victim.restart()
        for member in stage.members:
            await _up(member)
        await emitter.until_accepted(len(emitter.accepted) + 1)
    return emitter, killed


async def _in_flight(stage: Stage) -> None:
    """Hold the receiver in the middle of what it does, until something was sent to it."""
    await _up(stage.members[0])
    stage.receiver.hold()
    await until(lambda: stage.query(IN_FLIGHT) != [(0,)], "a delivery in flight", within=PATIENCE)


async def _up(member: Member) -> None:
    await until(
        lambda: member.is_up or member.process.process.poll() is not None,
        lambda: f"the {member.kind} to start: {member.process.log()}",
        within=PATIENCE,
    )
    assert member.is_up, f"the {member.kind} ended by itself: {member.process.log()}"
