"""The look-up of a host, without a network."""

import asyncio
import socket
import threading

import pytest

from hookwright_sender.resolver import SystemResolver

FOUR = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))
SIX = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 80, 0, 0))
LINK_LOCAL = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1", 80, 0, 3))


def test_every_address_is_returned():
    """In the resolver's order, with the interface of a link-local one."""
    resolver = SystemResolver(lambda *_arguments, **_options: [FOUR, SIX, LINK_LOCAL])
    found = asyncio.run(resolver.resolve("host.example", 80))
    assert [(one["host"], one["family"]) for one in found] == [
        ("192.0.2.1", socket.AF_INET),
        ("2001:db8::1", socket.AF_INET6),
        ("fe80::1%3", socket.AF_INET6),
    ]
    assert {(one["hostname"], one["port"], one["proto"]) for one in found} == {
        ("host.example", 80, 6)
    }


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "unknown"), UnicodeError("no label")])
def test_a_failure_is_an_oserror(failure):
    """The one kind of error that aiohttp takes for a failed look-up."""

    def fail(*_arguments, **_options):
        raise failure

    with pytest.raises(OSError, match=r"unknown|not a host name"):
        asyncio.run(SystemResolver(fail).resolve("host.example"))


def test_an_answer_that_nobody_waits_for_is_dropped():
    """The attempt was given up; what the name server says then disturbs nothing."""
    late = threading.Event()

    def slow(*_arguments, **_options):
        late.wait(30)
        return [FOUR]

    async def run():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await SystemResolver(slow).resolve("host.example")
        late.set()
        for thread in threading.enumerate():
            if thread.name == "resolve host.example":
                await asyncio.to_thread(thread.join, 30)
        await asyncio.sleep(0)

    asyncio.run(run(), debug=True)
