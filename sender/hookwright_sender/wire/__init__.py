"""HTTP/1.1 for POSTs: what sends a webhook at the least cost, behind the seam `Transport`."""

from hookwright_sender.wire.failure import NoConnectionError
from hookwright_sender.wire.request import InvalidHeader, check_header
from hookwright_sender.wire.transport import HttpTransport

__all__ = ["HttpTransport", "InvalidHeader", "NoConnectionError", "check_header"]
