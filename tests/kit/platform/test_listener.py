"""The socket of `serve`: made, or refused with a line that helps."""

import socket

import pytest

from hookwright.platform.errors import CannotListen
from hookwright.platform.listener import listen


def test_a_free_port_is_chosen_for_zero():
    """And it listens from the first moment on."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()


def test_ipv6_is_listened_on_too():
    """An address with colons is one."""
    with listen("::1", 0) as listener:
        assert listener.family == socket.AF_INET6


def test_a_port_that_is_taken_is_named():
    """Two of us on one port."""
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(CannotListen) as refused:
            listen("127.0.0.1", port)
    assert (refused.value.port, refused.value.exit_code) == (port, 2)
    assert f"port {port}: address already in use" in str(refused.value)
    assert "--port" in str(refused.value)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("192.0.2.1", id="an address of nobody's"),
        pytest.param("no-such-host.invalid", id="a name of nobody's"),
        pytest.param("a" * 64 + ".test", id="no name at all"),
        pytest.param("fe80::zz", id="no address at all"),
    ],
)
def test_a_host_that_is_not_this_machine_is_refused(host):
    """Whatever the system calls it."""
    with pytest.raises(CannotListen) as refused:
        listen(host, 0)
    assert refused.value.host == host
