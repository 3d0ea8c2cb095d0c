"""A DNS of a test's own, without a network."""

from ipaddress import ip_address

from hookwright_sender.egress.look_up import LookUpFailed
from hookwright_sender.egress.name_servers import NameServers, TextAnswer

PUBLIC = ip_address("93.184.216.34")


class Names(NameServers):
    """Knows what `records` and `hosts` say: TXT by host, addresses by host (public by default)."""

    def __init__(self):
        super().__init__()
        self.records = {}
        self.hosts = {}

    def prove(self, domain):
        """Add the record that a domain of the API asks for."""
        self.records[domain["record_name"]] = (domain["record"].encode(),)

    async def addresses(self, host, deadline=None):  # noqa: ARG002  as it is
        """Return the addresses of a host."""
        found = self.hosts.get(host, (PUBLIC,))
        if not found:
            raise LookUpFailed(host, "no_such_host", "it does not exist")
        return found

    async def txt(self, host, deadline=5.0):  # noqa: ARG002  as it is
        """Return the TXT records of a host."""
        known = self.records.get(host)
        return (TextAnswer("test", exists=known is not None, records=known or ()),)
