"""Workers on hosts of their own: one that is cut off strands nothing, and repeats nothing later."""

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import postgresql

from .books import check, drained
from .emitter import Emitter
from .hosts import Network, network
from .killing import emitting
from .receivers import Project
from .stage import Stage, stage
from .waiting import until

SEED = 20261125
HOSTS = 3
CUT = 1
EVENTS = 60
# A worker that was cut off notices that, and comes back.
WITHIN = 120.0
TAKEN_OVER = "SELECT count(*) FROM deliveries WHERE claim > attempts"


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_host_that_is_cut_off_strands_nothing(
    project: Callable[..., Project], tmp_path: Path, needs: Callable[[str, str], str]
) -> None:
    """With requests of it in flight: the others take them over; it comes back and goes on."""
    receiver = project(stack="starlette", sinks=("sql",))
    ss = needs("ss", "iproute2")

    async def cut_off(made: Stage, hosts: Network) -> Emitter:
        async with emitting(made, SEED) as emitter:
            await emitter.until_accepted(EVENTS)
            # Held in the middle of what it is doing, the receiver has requests in its sockets.
            made.receiver.hold()
            try:
                await until(
                    lambda: has_unread(ss, made, hosts.address_of(CUT)),
                    "a request of the host that is to be cut off",
                )
                hosts.cut(CUT)
            finally:
                made.receiver.resume()
            await emitter.until_accepted(len(emitter.accepted) + EVENTS)
        return emitter

    async def go_on(made: Stage, emitter: Emitter) -> Emitter:
        async with emitting(made, SEED, emitter.accepted) as again:
            await again.until_accepted(len(again.accepted) + EVENTS)
        return again

    with (
        network(HOSTS) as hosts,
        postgresql.running(hosts.address, hosts.cidr) as server,
        server.database() as url,
        stage(
            tmp_path, receiver, url, workers=HOSTS, network=hosts,
            HOOKWRIGHT_ALLOW_NETWORKS=f"127.0.0.0/8,{hosts.cidr}",
        ) as made,
    ):  # fmt: skip
        emitter = asyncio.run(cut_off(made, hosts))
        # The host is away, with what it had claimed.
        drained(made)
        check(made, emitter.accepted, SEED, what="while a host is cut off")
        # What the others took over counts the claims of the one before.
        assert made.query(TAKEN_OVER) != [(0,)]
        hosts.join(CUT)
        lost, *others = made.workers
        assert lost.process.poll() is None, lost.log()
        for worker in others:
            worker.kill()
        # Now whatever is delivered is delivered by the one that was away.
        emitter = asyncio.run(go_on(made, emitter))
        drained(made, within=WITHIN)
        check(made, emitter.accepted, SEED, what="after it came back")
        assert lost.process.poll() is None, lost.log()
        assert lost.terminate() == 0


def has_unread(ss: str, made: Stage, address: str) -> bool:
    """Tell whether a host sent something to the receiver that it has not read yet."""
    port = made.webhook_url.rpartition(":")[2].partition("/")[0]
    shown = subprocess.run(
        [ss, "--no-header", "--tcp", "--numeric", "state", "established", f"sport = :{port}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    connections = [line.split() for line in shown.splitlines()]
    return any(int(unread) > 0 and address in peer for unread, _, _, peer, *_ in connections)
