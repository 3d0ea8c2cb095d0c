"""The socket that `serve` listens on, made before anything else is."""

import os
import socket

from hookwright.platform.errors import CannotListen

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address, and on a free port for 0. Raises `CannotListen`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except socket.gaierror as error:
        raise CannotListen(host, port, error.strerror or "no such host") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CannotListen(host, port, reason) from None
    except (OverflowError, UnicodeError):
        raise CannotListen(host, port, "no such address") from None
