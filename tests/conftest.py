"""What tests of every part may ask for, and what each may rely on: signals, and its own processes.

Programs, a PostgreSQL server, a name server. However pytest was started, `nohup make test &`
included, what a test starts has signals as the system gives them; and it ends with the test.
"""

import signal
from collections.abc import Callable, Iterator

import hypothesis
import pytest
from _pytest.nodeid import NodeId

from hookwright_receiver.conformance.project.ports import reserved_port

from . import costs, leftovers, quick
from . import nameserver as _nameserver
from . import postgresql as _postgresql
from .programs import needs as _needs

# How long an example takes says nothing on a machine that is busy: what hangs, pytest-timeout ends.
hypothesis.settings.register_profile("quick", deadline=None, max_examples=5)
hypothesis.settings.register_profile("test", deadline=None, max_examples=30)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=300)
hypothesis.settings.load_profile("test")


def pytest_configure(config: pytest.Config) -> None:
    """Take signals as if a shell had started pytest in front, and adopt what loses its parent.

    SIGHUP alone stays without effect where `nohup` wants that: handled by nothing, which what is
    started does not inherit. SIGPIPE is Python's own to ignore, and `subprocess` gives it back.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGCHLD):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)
    leftovers.adopt()
    # Not as a part of this file, whose hooks hear nothing of what the session's fixtures do.
    config.pluginmanager.register(leftovers)
    config.pluginmanager.register(costs)
    config.pluginmanager.register(quick)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give tests of a group the end of a name by which pytest-xdist keeps them together.

    It does so itself, but by a name that pytest 9.2 does not look at any more.
    """
    if getattr(config.option, "loadgroup", False):
        for item in items:
            if group := item.get_closest_marker("xdist_group"):
                item._id = NodeId.parse(f"{item.nodeid}@{group.args[0]}")


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
    """A PostgreSQL server, one for a run of pytest: `.url`, `.database()`."""
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
