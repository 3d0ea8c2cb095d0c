"""The fault matrix: each fault ends in its documented state, and the message arrives afterwards."""

import asyncio
import resource
import shutil
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path

import pytest
import trustme
import uvloop

from hookwright_sender.store.database import Database
from hookwright_sender.store.schema import upgrade
from tests.nameserver import Server as NameServer

from .endpoint import BOMB, CHUNKED, OK, TEN_GIGABYTES, endless, endpoint, fine, say
from .faults import FAULTS, LONG, QUICK, Fault
from .world import HOST, World, world

# Between the end of an attempt and what is written down of it, on a machine that is busy.
LATE = 15.0
# Of the clocks that the two were read from.
EARLY = 0.05
EVENTS = 40
MEMORY = 64 * 2**20
ROWS = [
    *((name, "sqlite") for name in FAULTS),
    *((name, "postgresql") for name, fault in FAULTS.items() if fault.both),
]


@pytest.fixture(scope="module")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in a file, with its tables and nothing in them, to be copied."""
    file = tmp_path_factory.mktemp("set up") / "platform.db"
    with Database(f"sqlite:///{file}") as made:
        upgrade(made)
    return file


@pytest.fixture
def database(request: pytest.FixtureRequest, set_up: Path, tmp_path: Path) -> Iterator[Database]:
    """A database of the kind that the parameter names."""
    if request.param == "sqlite":
        shutil.copyfile(set_up, tmp_path / "platform.db")
        url = f"sqlite:///{tmp_path}/platform.db"
    else:
        url = request.getfixturevalue("database_url")
    with Database(url) as made:
        yield made


@pytest.fixture(scope="session")
def certificates() -> Callable[[str | None], ssl.SSLContext | None]:
    """Return `certificates(whose)`, the TLS of an endpoint, or of who trusts it (`trusting`)."""
    trusted, stranger = trustme.CA(), trustme.CA()

    # What every system trusts is long.
    @cache
    def context(whose: str | None) -> ssl.SSLContext | None:
        if whose == "trusting":
            made = ssl.create_default_context()
            trusted.configure_trust(made)
            return made
        if whose in {None, "none"}:
            return None
        authority = stranger if whose == "stranger" else trusted
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        name = "elsewhere.test" if whose == "another host" else HOST
        authority.issue_cert(name).configure_cert(made)
        return made

    return context


@pytest.mark.parametrize(("name", "database"), ROWS, indirect=["database"])
def test_a_fault_ends_as_documented(
    name: str,
    database: Database,
    name_server: NameServer,
    certificates: Callable[[str | None], ssl.SSLContext | None],
) -> None:
    """And what was not taken arrives exactly once as soon as the fault is mended."""
    fault = FAULTS[name]

    async def run() -> None:
        async with (
            endpoint() as there,
            world(
                database, name_server, [there.port],
                deadline=fault.timeout, ladder=fault.ladder, patience=fault.patience,
                trusting=certificates("trusting"),
            ) as made,
        ):  # fmt: skip
            scheme = "http" if fault.tls is None else "https"
            webhook = await made.subscribe(f"{scheme}://{HOST}:{there.port}/hook")
            usual = list(name_server.records[HOST])
            if fault.names is not None:
                fault.names(name_server)
            await there.become(fault.behaviour, certificates(fault.tls))
            ((delivery, message),) = await made.emit()
            await made.until_attempted(delivery, fault.attempts)
            check(made, fault, webhook, delivery)
            name_server.answer, name_server.records[HOST] = None, usual
            if fault.remedy != "none":
                good = None if fault.tls is None else certificates("trusted")
                await there.become(fine, good)
            await apply(fault.remedy, made, webhook, delivery)
            await made.until_delivered(delivery)
            check_mended(made, fault, webhook, delivery)
            assert there.taken == (Counter() if fault.remedy == "none" else Counter([message]))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def check(made: World, fault: Fault, webhook: int, delivery: int) -> None:
    """Hold what is recorded after the fault against its row."""
    row, recorded = made.delivery(delivery), made.attempts(delivery)
    assert row.state == fault.state, recorded
    assert {(each.outcome, each.status) for each in recorded} == {(fault.outcome, fault.status)}
    assert (row.last_outcome, row.last_status) == (fault.outcome, fault.status)
    if fault.remedy != "by itself":
        assert len(recorded) == row.attempts == fault.attempts
    if fault.wait is not None:
        earliest, latest = fault.wait
        assert earliest - EARLY <= row.due_at - recorded[-1].ended <= latest + LATE
    shown = made.offered.webhooks.get_by_id(made.principal, webhook)
    assert (shown.state, fault.why in shown.reason) == (fault.webhook, True), shown
    assert (shown.failing_since is not None) == bool(fault.notices)
    assert made.notices() == fault.notices


async def apply(remedy: str, made: World, webhook: int, delivery: int) -> None:
    """Do what gets a message there once its fault is mended."""
    account = made.principal.account_id
    if remedy == "time":
        await asyncio.to_thread(made.let_time_pass)
    elif remedy == "replay":
        assert await asyncio.to_thread(made.offered.replay.one, account, delivery)
        made.worker.wake()
    elif remedy == "enable":
        enabled = await asyncio.to_thread(made.offered.webhooks.enable, made.principal, webhook)
        assert enabled.replayed == 1


def check_mended(made: World, fault: Fault, webhook: int, delivery: int) -> None:
    """See that the message was taken once, and that the webhook is as good as new."""
    outcomes = [each.outcome for each in made.attempts(delivery)]
    if fault.remedy == "none":
        assert outcomes == ["success"]
    else:
        assert outcomes[-1] == "success"
        assert set(outcomes[:-1]) == {fault.outcome}
    shown = made.offered.webhooks.get_by_id(made.principal, webhook)
    assert (shown.state, shown.reason, shown.failing_since) == ("active", "", None)
    # A new start is no recovery.
    recovered = () if fault.remedy in {"none", "enable"} else ("webhook_recovered",)
    assert made.notices() == (*fault.notices, *recovered)


def test_memory_stays_flat(tmp_path: Path, name_server: NameServer) -> None:
    """While answers of any length come in, as fast as they are taken."""
    bomb = OK + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(BOMB)
    behaviours = [
        endless(OK + TEN_GIGABYTES, bytes(65536)),
        endless(CHUNKED, b"1\r\nx\r\n" * 1000),
        say(bomb, BOMB),
    ]

    async def run(database: Database) -> int:
        async with AsyncExitStack() as stack:
            there = [await stack.enter_async_context(endpoint()) for _ in behaviours]
            ports = [each.port for each in there]
            made = await stack.enter_async_context(
                world(database, name_server, ports, deadline=LONG, ladder=QUICK)
            )
            for each, behaviour in zip(there, behaviours, strict=True):
                await each.become(behaviour)
                await made.subscribe(f"http://{HOST}:{each.port}/hook")
            # Whatever is made at the first use is made.
            await made.emit()
            await made.until_all_delivered()
            before = forget_peak()
            await made.emit(EVENTS)
            await made.until_all_delivered()
            return peak() - before

    with (
        Database(f"sqlite:///{tmp_path}/platform.db") as database,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        assert runner.run(run(database)) < MEMORY


def forget_peak() -> int:
    """Begin to measure the peak of this process' memory; return what it takes now, in bytes."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def peak() -> int:
    """Return the peak since then, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("Linux tells the peak")
