"""Whether an account may have messages sent to a URL."""

from typing import Any

from sqlalchemy import Connection, Row, select
from yarl import URL

from hookwright_sender.egress.host import normalise_host
from hookwright_sender.egress.name_servers import DEADLINE, NameServers
from hookwright_sender.egress.policy import EgressPolicy
from hookwright_sender.platform.domains import Domains
from hookwright_sender.platform.errors import HostNotProven
from hookwright_sender.platform.principal import Principal
from hookwright_sender.platform.record import records
from hookwright_sender.platform.text import check_text
from hookwright_sender.platform.threads import Run
from hookwright_sender.store.database import Database
from hookwright_sender.store.tables import domains
from hookwright_sender.target import parse_target

LONGEST_URL = 2048


class Gate:
    """Judges the URL of a webhook when it is set; each attempt judges its addresses again."""

    def __init__(self, database: Database, policy: EgressPolicy, names: NameServers) -> None:
        self._policy = policy
        self._names = names
        self._domains = Domains(database, names)

    def judge(self, url: str) -> URL:
        """Say whether a URL may be a webhook's, as far as no look-up is needed.

        Raises `InvalidValue`, `InvalidURL`, `ForbiddenURL`, `ForbiddenAddress`, `InvalidHost`.
        """
        target = parse_target(check_text(url, "url", LONGEST_URL))
        self._policy.check_url(target, ownership=True)
        normalise_host(target.raw_host or "")
        return target

    async def admit(self, principal: Principal, target: URL, run: Run) -> str:
        """Return the host of a URL, which is proven and has no forbidden address.

        The domain is made where it is missing, so that there is a token to add to the DNS. A
        look-up of addresses that fails is no refusal: that is temporary, every attempt does it
        again, and nothing but the order of two steps would be different. `run` runs what blocks.
        Raises `HostNotProven` and `ForbiddenAddress`.
        """
        domain = await run(self._domains.add, principal, target.raw_host or "")
        if domain.status != "verified":
            raise HostNotProven(domain.host, domain.record, domain.cname_record)
        try:
            addresses = await self._names.addresses(domain.host, DEADLINE)
        except OSError:
            return domain.host
        self._policy.check_answer(domain.host, addresses)
        return domain.host


def proven(connection: Connection, principal: Principal, host: str) -> int:
    """Return the id of a host's domain, whose proof stands until the transaction is over."""
    query = select(domains).where(
        domains.c.account_id == principal.account_id, domains.c.host == host
    )
    row = connection.execute(query.with_for_update(read=True)).one()
    check_proof(row)
    return int(row.id)


def check_proof(domain: Row[Any]) -> None:
    """Raise `HostNotProven` unless a row with `host`, `token` and `status` is proven."""
    if domain.status != "verified":
        raise HostNotProven(domain.host, *records(domain.host, domain.token))
