"""How receivers behave: each function serves one connection of a test's server."""

import asyncio
import gzip
import os
import socket

OK = b"HTTP/1.1 200 OK\r\n"
EMPTY = OK + b"Content-Length: 0\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(bytes(10 * 2**20))


def answer(status, *lines, body=b""):
    """Return a complete answer."""
    head = [f"HTTP/1.1 {status}", *lines, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body


def say(*parts):
    """Answer every request with fixed bytes, each in a packet, and wait for the client to go."""

    async def behaviour(exchange):
        while await exchange.request() is not None:
            for part in parts:
                await exchange.write(part)
                await read_by_now()

    return behaviour


async def read_by_now():
    """Let the loop, which is the client's too, come to what was written."""
    for _ in range(5):
        await asyncio.sleep(0)


def close(*parts):
    """Answer one request with fixed bytes, and hang up."""

    async def behaviour(exchange):
        await exchange.request()
        for part in parts:
            await exchange.write(part)

    return behaviour


def repeat(start, part):
    """Answer without an end, as fast as it is taken."""

    async def behaviour(exchange):
        await exchange.request()
        await exchange.write(start)
        while True:
            await exchange.write(part)

    return behaviour


def drip(start):
    """Write a head that never ends, a byte at a time."""

    async def behaviour(exchange):
        await exchange.request()
        for byte in start:
            await exchange.write(bytes([byte]))
            await asyncio.sleep(0.01)
        while True:
            await exchange.write(b"y")
            await asyncio.sleep(0.01)

    return behaviour


def reset_after(part):
    """Answer with that, and let the connection end with a reset."""

    async def behaviour(exchange):
        await exchange.request()
        await exchange.write(part)
        reset(exchange)

    return behaviour


async def refuse(exchange):
    """Reset the connection before the request is read."""
    reset(exchange)


def reset(exchange):
    """Let the connection end with a reset."""
    raw = exchange.writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


async def deaf(_exchange):
    """Take the connection and read nothing."""
    await asyncio.Event().wait()


async def plain(exchange):
    """Speak no TLS, whatever is asked."""
    await exchange.reader.read(1)
    await exchange.write(answer("400 Bad Request"))
    await exchange.gone()


async def cut_off(exchange):
    """Hang up on the first byte."""
    await exchange.reader.read(1)


async def no_goodbye(exchange):
    """Answer without a length, and end the connection without TLS's own end of it."""
    await exchange.request()
    await exchange.write(OK + b"\r\nhi")
    await read_by_now()
    # A twin, because uvloop's own shuts nothing down.
    descriptor = os.dup(exchange.writer.get_extra_info("socket").fileno())
    with socket.socket(fileno=descriptor) as twin:
        twin.shutdown(socket.SHUT_WR)
    await exchange.gone()
