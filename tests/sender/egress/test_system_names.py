"""The look-up of a host by the system, without a network."""

import asyncio
import socket
import threading

import pytest

from hookwright_sender.egress.look_up import LookUpFailed
from hookwright_sender.egress.system_names import SystemNames

FOUR = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))
SIX = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 80, 0, 0))
LINK_LOCAL = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1", 80, 0, 3))


def test_every_address_is_returned():
    """In the resolver's order, with the interface of a link-local one."""
    asked = []

    def found(*arguments, **options):
        asked.append((arguments, options))
        return [FOUR, SIX, LINK_LOCAL]

    addresses = asyncio.run(SystemNames(found).addresses("host.example"))
    assert [(str(address), address.version) for address in addresses] == [
        ("192.0.2.1", 4),
        ("2001:db8::1", 6),
        ("fe80::1%3", 6),
    ]
    streams = {"type": socket.SOCK_STREAM, "flags": socket.AI_ADDRCONFIG}
    assert asked == [(("host.example", None), streams)]


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "unknown"), UnicodeError("no label")])
def test_a_failure_is_an_oserror(failure):
    """The one kind of error that a failed look-up is."""

    def fail(*_arguments, **_options):
        raise failure

    with pytest.raises(OSError, match=r"unknown|not a host name"):
        asyncio.run(SystemNames(fail).addresses("host.example"))


def test_an_answer_that_nobody_waits_for_is_dropped():
    """The attempt was given up; what the name server says then disturbs nothing."""
    late = threading.Event()

    def slow(*_arguments, **_options):
        late.wait(30)
        return [FOUR]

    async def run():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await SystemNames(slow).addresses("host.example")
        late.set()
        for thread in threading.enumerate():
            if thread.name == "resolve host.example":
                await asyncio.to_thread(thread.join, 30)
        await asyncio.sleep(0)

    asyncio.run(run(), debug=True)


def test_a_resolver_that_does_not_answer_is_a_failed_look_up():
    """Within the time that a look-up may take: it is told from an attempt that ran out of time."""
    release = threading.Event()

    def never(*_arguments, **_options):
        release.wait(30)
        return [FOUR]

    try:
        with pytest.raises(LookUpFailed, match=r"did not answer within 0.01 s") as caught:
            asyncio.run(SystemNames(never).addresses("host.example", 0.01))
    finally:
        release.set()
    assert caught.value.code == "no_answer"
