"""PgBouncer stands between receivers and PostgreSQL, and lends connections by the transaction."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
import pytest

from tests import postgresql
from tests.pgbouncer import PgBouncer, pgbouncer

from .conftest import STACK_NAMES
from .crowd import crowd, post
from .handled import check
from .load import Load
from .receivers import TOKEN, Project, Receiver, Receivers

CLIENTS = 10
SEED = 20240229
# A sender has its answer by then; the connect to a pool that says nothing takes 2 s of it.
ANSWERED_WITHIN = 3.0
# As long as a receiver waits for others before it says "come back".
PATIENCE = 0.6


@dataclass
class Behind:
    """A database, its server, the pool in front of it, and receivers that know only the pool."""

    server: postgresql.Server
    database: str
    pool: PgBouncer
    serving: Sequence[Receiver]

    @property
    def fragile(self) -> postgresql.Fragile:
        """The server, of one that is the test's own."""
        assert isinstance(self.server, postgresql.Fragile)
        return self.server

    @property
    def urls(self) -> list[str]:
        """Where receivers listen just now."""
        # Asked once each: they are killed and started on another thread.
        return [url for receiver in self.serving if (url := receiver.url) is not None]

    @property
    def payload(self) -> dict[str, Any]:
        """A message that they take."""
        return self.serving[0].project.contract.events[0].samples[0].payload | {"token": TOKEN}


@pytest.fixture
def behind(
    project: Callable[..., Project], start: Receivers, stack: str
) -> Iterator[Callable[..., Behind]]:
    """Return `behind(server, database, size=...)`: two receivers, behind that much of a pool."""
    with ExitStack() as everything:

        def behind(
            server: postgresql.Server, database: str = "postgres", *, size: int = 20
        ) -> Behind:
            pool = everything.enter_context(pgbouncer(server, size=size))
            settings = {"DATABASE_URL": pool.url_of(database), "WORKERS": "3"}
            made = project(stack=stack, sinks=("sql",))
            serving = [start(made, **settings) for _ in range(2)]
            everything.callback(lambda: [receiver.close() for receiver in serving])
            for receiver in serving:
                receiver.listening()
            return Behind(server, database, pool, serving)

        yield behind


@pytest.fixture
def shared(
    behind: Callable[..., Behind], postgresql: postgresql.Server, database_url: str
) -> Callable[..., Behind]:
    """The same in front of the server that tests share."""
    return partial(behind, postgresql, database_url.rsplit("/", 1)[1])


@pytest.fixture
def own() -> Iterator[postgresql.Fragile]:
    """A server of the test's own, which may be stopped."""
    with postgresql.fragile() as server:
        yield server


def test_a_few_connections_do(shared: Callable[..., Behind]) -> None:
    """Nothing is left on a connection that the next transaction would not find on another one.

    And of a crowd whoever is told to come back has waited; nobody is for the pool's sake alone.
    """
    made = shared(size=2)
    answers = [
        answer for url in made.urls
        for answer in crowd(url, [[(made.payload, f"{url}-{number}") for number in range(30)]])[0]
    ]  # fmt: skip
    assert [answer.status for answer in answers] == [200] * 60
    assert len(made.serving[0].settled()) == 60
    connections = [
        [(made.payload, f"{place}-{number}") for number in range(4)] for place in range(40)
    ]
    answers = [answer for answers in crowd(made.urls[0], connections) for answer in answers]
    assert Counter(answer.status for answer in answers).keys() <= {200, 503}
    refused = [answer for answer in answers if answer.status == 503]
    assert all(answer.seconds > PATIENCE and answer.retry_after for answer in refused), refused
    stored = len(made.serving[0].settled()) - 60
    assert stored >= len(answers) - len(refused) > len(refused)


AWAY: dict[str, tuple[Callable[["Behind"], None], Callable[["Behind"], None]]] = {
    "the pool waits": (
        lambda made: made.pool.tell(f"PAUSE {made.database}"),
        lambda made: made.pool.tell(f"RESUME {made.database}"),
    ),
    "the pool is away": (lambda made: made.pool.stop(), lambda made: made.pool.start()),
    "PostgreSQL is away": (lambda made: made.fragile.stop(), lambda made: made.fragile.start()),
}


@pytest.mark.parametrize(
    # In a short run the load is one stack's; behind it the way to a database is the same for all.
    ("stack", "rounds"),
    [(name, 0 if name == "starlette" else 1) for name in STACK_NAMES],
)
def test_trouble_of_every_kind(
    behind: Callable[..., Behind], own: postgresql.Fragile, rounds: int
) -> None:
    """Whatever is killed or restarted under load, each message is there once.

    And senders are told to come back while the pool or the server is away.
    """
    made = behind(own)
    load = asyncio.run(trouble_under_load(made, rounds=rounds, seed=SEED))
    check(load, made.serving[0])
    tell_senders_to_come_back(made)


def tell_senders_to_come_back(made: Behind) -> None:
    """In time, although a pool keeps what it is told; and afterwards all is well by itself."""
    url = made.urls[0]
    assert post(url, made.payload, "before").status == 200
    for number, (what, (begin, end)) in enumerate(AWAY.items()):
        begin(made)
        answers = crowd(url, [[(made.payload, f"away-{number}-{place}")] * 2 for place in range(3)])
        for answer in (answer for each in answers for answer in each):
            assert (answer.status, bool(answer.retry_after)) == (503, True), what
            assert answer.seconds < ANSWERED_WITHIN, what
        end(made)
        wait_for_the_pool(made)
        assert post(url, made.payload, f"after-{number}").status == 200, what
    assert {message["status"] for message in made.serving[0].settled()} == {"done"}


def wait_for_the_pool(made: Behind) -> None:
    """Wait until it has found its server again, for which it has pauses of its own."""
    psycopg.connect(made.pool.url_of(made.database), connect_timeout=30).close()


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(3))
def test_much_trouble(behind: Callable[..., Behind], own: postgresql.Fragile, seed: int) -> None:
    """The same ten times over."""
    made = behind(own)
    load = asyncio.run(trouble_under_load(made, rounds=10, seed=seed))
    check(load, made.serving[0])


async def trouble_under_load(made: Behind, *, rounds: int, seed: int) -> Load:
    """Do everything to them that is in TROUBLES, in a random order; return what was sent."""
    moments = random.Random(seed)
    load = Load(made.serving[0].project, lambda: made.urls, clients=CLIENTS, seed=seed)
    async with load.running():
        for _ in range(rounds):
            for trouble in moments.sample(TROUBLES, len(TROUBLES)):
                await load.until_acknowledged(len(load.acknowledged) + moments.randint(1, 30))
                await asyncio.sleep(moments.choice([0, moments.uniform(0, 0.05)]))
                await asyncio.to_thread(trouble, made)
        await load.until_acknowledged(len(load.acknowledged) + 1)
    return load


def _kill_a_receiver(made: Behind, place: int) -> None:
    made.serving[place].kill()
    made.serving[place].start()
    # One whose database goes while it starts ends, and is started again by whatever runs it.
    made.serving[place].listening()


def _restart_the_pool(made: Behind) -> None:
    made.pool.stop()
    made.pool.start()


def _restart_the_server(made: Behind, number: signal.Signals) -> None:
    made.fragile.stop(number)
    made.fragile.start()


def _tell_the_pool(made: Behind, *commands: str) -> None:
    for command in commands:
        made.pool.tell(f"{command} {made.database}")


def _close_connections(made: Behind) -> None:
    with psycopg.connect(made.server.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = %s AND pid <> pg_backend_pid()",
            (made.database,),
        )


TROUBLES: list[Callable[[Behind], None]] = [
    lambda made: _kill_a_receiver(made, 0),
    lambda made: _kill_a_receiver(made, 1),
    _restart_the_pool,
    lambda made: _tell_the_pool(made, "RECONNECT"),
    lambda made: _tell_the_pool(made, "PAUSE", "RESUME"),
    lambda made: _tell_the_pool(made, "KILL", "RESUME"),
    lambda made: _restart_the_server(made, signal.SIGINT),
    lambda made: _restart_the_server(made, signal.SIGKILL),
    _close_connections,
]
