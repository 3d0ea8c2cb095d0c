"""HTTP/1.1 for POSTs: what sends a webhook at the least cost, behind the seam `Transport`."""

from hookwright_sender.wire.dial import Resolver
from hookwright_sender.wire.failure import NoConnectionError
from hookwright_sender.wire.request import InvalidHeader, check_header
from hookwright_sender.wire.transport import WireTransport

__all__ = ["InvalidHeader", "NoConnectionError", "Resolver", "WireTransport", "check_header"]
