"""A port for a receiver that is started, ended and started again."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"


@contextmanager
def reserved_port() -> Iterator[int]:
    """Keep a port of the loopback for whoever asks for it by number, for the length of a block.

    Bound, and not listened on: the system gives it to nobody who asks for any port, for a server or
    for the near end of a connection, while a server that sets SO_REUSEADDR, as all usual ones do,
    can listen on it. Until one does, connections to it are refused.
    """
    with socket.socket() as reservation:
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.bind((HOST, 0))
        port: int = reservation.getsockname()[1]
        yield port
