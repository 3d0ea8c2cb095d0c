"""Databases as they are met: restarted, tired of idle connections, particular about characters."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from hookwright_schemas import load_contract
from tests import postgresql

from .conftest import ROOT
from .crowd import crowd, post
from .receivers import Project, Receiver, Receivers

FOREIGN = ROOT / "tests" / "contracts" / "foreign"
DATABASES = ("sqlite", "postgresql")
# A sender has its answer by then, whatever the database does.
ANSWERED_WITHIN = 2.0
CONNECTIONS = 20
MESSAGES = 5
GOOD = (CONNECTIONS - 1) * MESSAGES
CLOSE_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
)


@pytest.fixture(scope="module")
def fragile() -> Iterator[postgresql.Fragile]:
    """A server of this module's own, which may be stopped."""
    with postgresql.fragile() as server:
        yield server


@pytest.fixture
def own(fragile: postgresql.Fragile) -> Iterator[tuple[postgresql.Fragile, str]]:
    """The server, which runs, and the URL of an empty database of it."""
    # A test that failed has taken along what it had started.
    fragile.stop()
    fragile.start()
    with fragile.database() as url:
        yield fragile, url
        fragile.start()


@pytest.fixture
def foreign(
    project: Callable[..., Project], start: Receivers, stack: str
) -> Callable[..., Receiver]:
    """Return `foreign(**settings)`: a receiver of messages that have no id but their own."""

    def foreign(**settings: str) -> Receiver:
        made = project(stack=stack, auth="none", contract=load_contract(FOREIGN))
        receiver = start(made, **settings)
        receiver.listening()
        return receiver

    return foreign


def paid(message_id: str) -> dict[str, str]:
    """Return a message that is known by its own id."""
    return {"type": "paid", "id": message_id}


@pytest.mark.xdist_group("a fragile database")
def test_a_server_that_is_restarted_and_closes_connections(
    foreign: Callable[..., Receiver], own: tuple[postgresql.Fragile, str]
) -> None:
    """While it is away senders are told to come back in time; no later delivery notices."""
    server, database_url = own
    receiver = foreign(DATABASE_URL=database_url)
    url = receiver.listening()
    for number in range(2):
        assert post(url, paid(f"before {number}")).status == 200
        server.stop()
        answers = crowd(url, [[(paid(f"away {place}"), None)] * 2 for place in range(5)])
        for answer in (answer for each in answers for answer in each):
            assert answer.status == 503, answer
            assert answer.retry_after
            assert answer.seconds < ANSWERED_WITHIN
        server.start()
        answers = crowd(url, [[(paid(f"{number}-{place}"), None)] for place in range(10)])
        assert [answer.status for each in answers for answer in each] == [200] * 10
        # And one that comes and goes while nobody sends.
        server.stop()
        server.start()
        assert post(url, paid(f"after {number}")).status == 200
    # By a failover, a NAT or an operator, while idle: the next delivery is stored, each time.
    for number in range(10):
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(CLOSE_ALL)
        assert post(url, paid(f"closed {number}")).status == 200
    assert [message["status"] for message in receiver.settled()] == ["done"] * 34


@pytest.mark.parametrize("database", DATABASES)
def test_one_bad_connection_among_many(
    foreign: Callable[..., Receiver], request: pytest.FixtureRequest, database: str
) -> None:
    """Ids with a NUL, which PostgreSQL holds in no text, harm no message that comes with them."""
    settings = {}
    if database == "postgresql":
        settings["DATABASE_URL"] = request.getfixturevalue("database_url")
    receiver = foreign(**settings)
    url = receiver.listening()
    ids = [
        [f"e\0{number}" if place == 0 else f"{place}-{number}" for number in range(MESSAGES)]
        for place in range(CONNECTIONS)
    ]
    first, again = (
        crowd(url, [[(paid(message_id), None) for message_id in each] for each in ids])
        for _ in range(2)
    )
    for bad, *good in (first, again):
        assert [answer.status for each in good for answer in each] == [200] * GOOD
        # They are taken, or refused for good.
        assert {answer.status for answer in bad} <= {200, 422}, bad
    taken = sum(answer.status == 200 for answer in first[0])
    assert [message["status"] for message in receiver.settled()] == ["done"] * (GOOD + taken)
