"""A name server on the loopback: the demo's own piece of the DNS, whose records an owner adds."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

HOST = "127.0.0.1"
TTL = 60


class NameServer(asyncio.DatagramProtocol):
    """Answers for the names that it was given, with authority; every other does not exist."""

    def __init__(self) -> None:
        self.address = ""
        self._records: defaultdict[dns.name.Name, defaultdict[str, list[str]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._transport: asyncio.DatagramTransport | None = None

    def add(self, host: str, kind: str, value: str) -> None:
        """Add a record, of the kind `A` or `TXT` for example."""
        text = f'"{value}"' if kind == "TXT" else value
        self._records[dns.name.from_text(host)][kind].append(text)

    def connection_made(self, transport: Any) -> None:
        """Note what to answer through."""
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        """Answer a question; what is none gets no answer."""
        try:
            query = dns.message.from_wire(data)
        except dns.exception.DNSException:
            return
        if self._transport is not None and query.question:
            self._transport.sendto(self.answer(query).to_wire(), address)

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """Return the answer to a query (RFC 1035, section 4)."""
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        question = query.question[0]
        records = self._records.get(question.name)
        if records is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
            return response
        texts = records.get(dns.rdatatype.to_text(question.rdtype), [])
        if texts:
            response.answer.append(
                dns.rrset.from_text_list(
                    question.name, TTL, dns.rdataclass.IN, question.rdtype, texts
                )
            )
        return response


@asynccontextmanager
async def name_server() -> AsyncIterator[NameServer]:
    """Serve on a free port until the end of the block; its `address` is `127.0.0.1:port`."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, local_addr=(HOST, 0))
    server.address = f"{HOST}:{transport.get_extra_info('sockname')[1]}"
    try:
        yield server
    finally:
        transport.close()
