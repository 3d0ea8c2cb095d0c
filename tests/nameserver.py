"""A name server of the tests' own, on a free port of the loopback, whose records may change.

    with zone({"hooks.test": ["A 127.0.0.1", 'TXT "one string" " and the next"']}) as server:
        server.address                                  # "127.0.0.1:53124"
        server.records["hooks.test"] = ["A 127.0.0.2"]  # the next question is answered so
        server.questions                                # [("hooks.test", "A", "udp"), ...]

It behaves unless told otherwise: NXDOMAIN and NODATA are told apart, a CNAME is followed, what
does not fit in a UDP packet is truncated. Set `server.answer` to a function of a `Question` for
everything else: return a message, bytes, or None for silence; `server.usual(question)` is what it
would say by itself.
"""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

TTL = 1
WITHOUT_EDNS = 512
Records = Mapping[str, Sequence[str]]
Answer = dns.message.Message | bytes | None
# Another process may hold the UDP port of a number whose TCP port is free.
ATTEMPTS = 20


@dataclass(frozen=True)
class Question:
    """One question as it arrived: `protocol` is `udp` or `tcp`."""

    name: str
    kind: str
    protocol: str
    message: dns.message.Message


@dataclass
class Server:
    """A server that runs: change `records` and `answer` at any time."""

    records: dict[str, Sequence[str]]
    address: str = ""
    questions: list[tuple[str, str, str]] = field(default_factory=list)
    answer: Callable[[Question], Answer] | None = None

    @property
    def port(self) -> int:
        """The port, the same for UDP and TCP."""
        return int(self.address.rpartition(":")[2])

    def usual(self, question: Question) -> dns.message.Message:
        """Return what the records say."""
        response = dns.message.make_response(question.message, recursion_available=True)
        response.flags |= dns.flags.AA
        name = question.name
        for _ in range(9):
            rrsets = self._rrsets(name)
            found = rrsets.get(question.kind) or rrsets.get("CNAME")
            if found is None:
                if not self._exists(name):
                    response.set_rcode(dns.rcode.NXDOMAIN)
                break
            response.answer.append(found)
            if found.rdtype != dns.rdatatype.CNAME or question.kind == "CNAME":
                break
            name = found[0].target.to_text(omit_final_dot=True).lower()
        return response

    def failing(self, rcode: str, *kinds: str) -> None:
        """Answer questions for these record types, or all, with an error such as `SERVFAIL`."""

        def answer(question: Question) -> Answer:
            response = self.usual(question)
            if not kinds or question.kind in kinds:
                response.answer.clear()
                response.set_rcode(dns.rcode.from_text(rcode))
            return response

        self.answer = answer

    def silent(self, *kinds: str) -> None:
        """Leave questions for these record types, or all, without an answer."""
        self.answer = lambda question: (
            self.usual(question) if kinds and question.kind not in kinds else None
        )

    def say(self, wire: bytes, protocol: str) -> bytes | None:
        """Return the answer to a packet in bytes."""
        message = dns.message.from_wire(wire)
        asked = message.question[0]
        name = asked.name.to_text(omit_final_dot=True).lower()
        question = Question(name, dns.rdatatype.to_text(asked.rdtype), protocol, message)
        self.questions.append((question.name, question.kind, protocol))
        response = (self.answer or self.usual)(question)
        if response is None or isinstance(response, bytes):
            return response
        limit = max(message.payload, WITHOUT_EDNS) if protocol == "udp" else 65535
        try:
            return response.to_wire(max_size=limit)
        except dns.exception.TooBig:
            response.answer.clear()
            response.flags |= dns.flags.TC
            return response.to_wire(max_size=limit)

    def _rrsets(self, name: str) -> dict[str, dns.rrset.RRset]:
        texts: dict[str, list[str]] = {}
        for record in self.records.get(name, ()):
            kind, _, data = record.partition(" ")
            texts.setdefault(kind, []).append(data)
        return {
            kind: dns.rrset.from_text(f"{name}.", TTL, "IN", kind, *data)
            for kind, data in texts.items()
        }

    def _exists(self, name: str) -> bool:
        return any(known == name or known.endswith(f".{name}") for known in self.records)


@contextmanager
def zone(records: Records | None = None, host: str = "127.0.0.1") -> Iterator[Server]:
    """Serve records for the time of a `with` block, over UDP and TCP; see the module."""
    server = Server(dict(records or {}))
    stream, datagrams = _sockets(host)
    server.address = f"{host}:{stream.getsockname()[1]}"
    stop = threading.Event()
    threads = [
        threading.Thread(target=_datagrams, args=(server, datagrams, stop), daemon=True),
        threading.Thread(target=_streams, args=(server, stream, stop), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield server
    finally:
        stop.set()
        _wake(stream)
        for thread in threads:
            thread.join(30)
        stream.close()
        datagrams.close()


def _sockets(host: str) -> tuple[socket.socket, socket.socket]:
    for _ in range(ATTEMPTS):
        stream = socket.create_server((host, 0))
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            datagrams.bind(stream.getsockname())
        except OSError:
            stream.close()
            datagrams.close()
            continue
        return stream, datagrams
    raise RuntimeError("no port was free for UDP and TCP")


def _wake(stream: socket.socket) -> None:
    """Let both threads see that they shall end: they wait in `recvfrom` and `accept`."""
    address = stream.getsockname()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
        knock.sendto(b"", address)
    with socket.create_connection(address):
        pass


def _datagrams(server: Server, datagrams: socket.socket, stop: threading.Event) -> None:
    while not stop.is_set():
        wire, client = datagrams.recvfrom(65535)
        answer = server.say(wire, "udp") if wire else None
        if answer is not None:
            datagrams.sendto(answer, client)


def _streams(server: Server, stream: socket.socket, stop: threading.Event) -> None:
    while not stop.is_set():
        connection, _ = stream.accept()
        with connection:
            # A client that goes away in the middle is the client's affair.
            try:
                _stream(server, connection)
            except OSError:
                continue


def _stream(server: Server, connection: socket.socket) -> None:
    # dnspython closes after one answer; whoever does not must not hold the next one up.
    connection.settimeout(5)
    with connection.makefile("rb") as reader:
        while len(head := reader.read(2)) == 2:
            answer = server.say(reader.read(*struct.unpack("!H", head)), "tcp")
            if answer is None:
                return
            connection.sendall(struct.pack("!H", len(answer)) + answer)
