"""Slow, greedy and many clients: others are served meanwhile, and memory is bounded (T2, T4)."""

import resource
import threading

import pytest

from .conftest import shared, wait_until

HEAD = b"POST /webhooks/joturl HTTP/1.1\r\nHost: x\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
MEGABYTE = 1024 * 1024
# More than the threads that answer in a Flask receiver.
MANY = 40
NEVER = {"server.HEAD_TIMEOUT": 600_000, "reading.BODY_TIMEOUT": 600.0}
SOON = {"server.HEAD_TIMEOUT": 1_000, "reading.BODY_TIMEOUT": 1.0}


@pytest.fixture(scope="module")
def shared_patient(project, tmp_path_factory):
    """A receiver that waits for ever."""
    with shared(project, tmp_path_factory.mktemp("patient"), NEVER) as server:
        yield server


@pytest.fixture(scope="module")
def shared_hasty(project, tmp_path_factory):
    """A receiver that soon has enough."""
    with shared(project, tmp_path_factory.mktemp("hasty"), SOON) as server:
        yield server


@pytest.fixture
def patient(shared_patient):
    """A receiver that waits for ever, without the connections of another test."""
    yield shared_patient
    shared_patient.hang_up()


@pytest.fixture
def hasty(shared_hasty):
    """A receiver that soon has enough, without the connections of another test."""
    yield shared_hasty
    shared_hasty.hang_up()


def serves(server):
    """Ask on a new connection, and tell whether the answer is well."""
    client = server.connect()
    client.send(HEALTH)
    status = client.answer().status
    client.sock.close()
    return status == 200


def test_constants(project):
    """As generated, a request has well under the 30 seconds that T2 allows."""
    assert project.module("reading").BODY_TIMEOUT + project.module("reading").SWEEP < 20
    # Longer than clients keep an idle connection, and well under the 15 seconds of T4.
    assert 5_000 < project.module("server").HEAD_TIMEOUT < 10_000


BEGUN = pytest.mark.parametrize(
    ("begin", "end"),
    [
        pytest.param(b"POST /webhooks/joturl HTTP/1.1\r\nX: ", b"", id="headers"),
        pytest.param(HEAD + b"Content-Length: 100000\r\n\r\n", b"408", id="body"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n", b"408", id="chunks"),
        pytest.param(HEALTH + b"POST / HTTP/1.1\r\nX: ", b"", id="a second request"),
    ],
)


@BEGUN
def test_drip(patient, begin, end):
    """More clients than threads do not come to an end; nobody else waits for them."""
    clients = [patient.connect() for _ in range(MANY)]
    for client in clients:
        client.send(begin)
    for _ in range(3):
        for client in clients:
            client.send(b"x")
        assert serves(patient)


@BEGUN
def test_drip_ends(hasty, begin, end):
    """Who sends on and on is cut off: with a 408 where a request stands, else without a word."""
    client = hasty.connect()
    client.send(begin)
    if begin.startswith(HEALTH):
        assert client.answer().status == 200
    while not client.has_answer():
        client.try_send(b"x")
    assert client.rest()[9:12] == end


def test_idle(hasty):
    """A connection on which nothing comes is closed, without a word."""
    client, silent = hasty.connect(), hasty.connect()
    client.send(HEALTH)
    assert client.answer().status == 200
    assert client.is_closed()
    assert silent.is_closed()


def test_crowd(start):
    """When there are as many connections as there may be, those that say nothing make room."""
    server = start({"server.FILES": 136, **SOON})
    for _ in range(60):
        server.connect()
    assert serves(server)
    wait_until(lambda: any("no room" in line["message"] for line in server.lines()))


@pytest.mark.parametrize(
    ("limits", "room_and_limit", "why"),
    [
        ((1024, 1024), (928, 1024), "what `ulimit -n 1024` leaves"),
        ((1024, 524_288), (4000, 4096), "systemd's limits: the soft one may be raised"),
        ((1024, resource.RLIM_INFINITY), (4000, 4096), "no hard limit"),
        ((65_536, 65_536), (4000, 65_536), "enough"),
    ],
)
def test_room(project, monkeypatch, limits, room_and_limit, why):
    """A thousand idle connections are no crowd where the system has room for more."""
    given = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: given.append(new))
    room = project.module("server")._room()
    assert (room, (given or [limits])[0][0]) == room_and_limit, why


def test_budget(start):
    """A body is turned away when all are too much; small ones pass, and room comes back."""
    server = start({"reading.MAX_BYTES_HELD": 8 * MEGABYTE, **NEVER})
    clients = [server.connect() for _ in range(30)]
    for client in clients:
        client.send(HEAD + b"Content-Length: %d\r\n\r\n" % MEGABYTE)
        client.try_send(b"x" * (MEGABYTE - 1))
    assert serves(server)
    # Eight of them fit, and no more.
    wait_until(lambda: sum(client.has_answer() for client in clients) >= 30 - 8)
    for client in clients:
        client.try_send(b"x")
    assert {client.answer().status for client in clients} == {400, 503}
    last = server.connect()
    last.send(HEAD + b"Content-Length: %d\r\n\r\n" % MEGABYTE + b"x" * MEGABYTE)
    assert last.answer().status == 400


def test_deaf_client(patient):
    """A client that takes no answers keeps nobody else waiting, and costs no memory."""
    before = patient.memory()
    client = patient.connect()
    stopped = threading.Event()

    def flood():
        while not stopped.is_set() and client.try_send(HEALTH * 1000):
            pass

    writer = threading.Thread(target=flood)
    writer.start()
    try:
        for _ in range(5):
            assert serves(patient)
        assert patient.memory() - before < 16 * MEGABYTE
    finally:
        stopped.set()
        client.sock.shutdown(2)
        writer.join()
