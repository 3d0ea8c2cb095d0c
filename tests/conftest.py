"""What tests of every part may ask for: programs, a PostgreSQL server, a name server."""

from collections.abc import Callable, Iterator

import pytest

from hookwright_receiver.conformance.project.ports import reserved_port

from . import nameserver as _nameserver
from . import postgresql as _postgresql
from .programs import needs as _needs


@pytest.fixture(scope="session")
def needs() -> Callable[..., str]:
    """Return `needs(program, package) -> path`, which skips the test where it is missing."""
    return _needs


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which nobody listens, and which nobody is given who does not ask for it."""
    with reserved_port() as reserved:
        yield reserved


@pytest.fixture(scope="session")
def postgresql() -> Iterator[_postgresql.Server]:
    """A PostgreSQL server, one for each process of pytest: `.url`, `.database()`."""
    with _postgresql.running() as server:
        yield server


@pytest.fixture
def database_url(postgresql: _postgresql.Server) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, dropped after the test."""
    with postgresql.database() as url:
        yield url


@pytest.fixture
def name_server() -> Iterator[_nameserver.Server]:
    """A name server without records yet: `.address`, `.records[host] = ["A 127.0.0.1"]`."""
    with _nameserver.zone() as server:
        yield server
