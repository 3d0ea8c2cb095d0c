"""Domains: hosts, and the proofs that they are an account's."""

from typing import Any

from sqlalchemy import Connection

from hookwright_sender.api import pagination, times
from hookwright_sender.api.call import Call
from hookwright_sender.api.components import (
    ID,
    NO_NUL,
    SAMPLE_ID,
    SAMPLE_TIME,
    TEXT,
    TIME,
    answered,
    described,
    nullable,
    page_of,
    wanted,
)
from hookwright_sender.api.table import PREFIX, Answer, Operation, Reply, Resource
from hookwright_sender.errors import InvalidHost
from hookwright_sender.platform.domains import Domain
from hookwright_sender.platform.errors import NotFound

NEW = {"host": "hooks.example.com"}
SAMPLE = {
    "id": SAMPLE_ID,
    "host": "hooks.example.com",
    "record": "joturl-domain-verification=0123456789abcdefghij.0123456789ABCDEFGHIJ",
    "record_name": "hooks.example.com",
    "record_type": "TXT",
    "cname_record_name": "_joturl-domain-verification.hooks.example.com",
    "status": "pending",
    "code": "unchecked",
    "reason": "not checked yet: add the record, then verify",
    "created_at": SAMPLE_TIME,
    "checked_at": None,
    "verified_at": None,
    "next_check_at": None,
}


def shown(domain: Domain) -> dict[str, Any]:
    """Write a domain with the record to add to its DNS."""
    return {
        "id": str(domain.id),
        "host": domain.host,
        "record": domain.record.value,
        "record_name": domain.record.name,
        "record_type": domain.record.type,
        "cname_record_name": domain.cname_record.name,
        "status": domain.status,
        "code": domain.code,
        "reason": domain.reason,
        "created_at": times.written(domain.created_at),
        "checked_at": times.written(domain.checked_at),
        "verified_at": times.written(domain.verified_at),
        "next_check_at": times.written(domain.next_check_at),
    }


async def create(call: Call) -> Reply:
    """Add a host, or answer with the domain that it has already."""
    host = call.body["host"]
    domains = call.services.domains

    def work(connection: Connection) -> Reply:
        domain, created = domains.ensure(call.principal, host, connection=connection)
        location = f"{PREFIX}/domains/{domain.host}"
        return Reply(shown(domain), 201 if created else 200, {"location": location})

    return await call.once(work)


async def page(call: Call) -> Reply:
    """List domains."""
    return Reply(pagination.shown(await call.run(call.services.domains.page, *call.page), shown))


async def get(call: Call) -> Reply:
    """Show a domain."""
    host = call.request.path_params["host"]
    return Reply(shown(await call.run(call.services.domains.get, call.principal, host)))


async def verify(call: Call) -> Reply:
    """Look for the record, and answer with the domain whatever is found."""
    host = call.request.path_params["host"]
    return Reply(shown(await call.services.domains.verify(call.principal, host, run=call.run)))


FOUND = {**SAMPLE, "status": "verified", "code": "verified", "reason": "the record is there"}

RESOURCE = Resource(
    "Domains",
    "Hosts, and the proofs that they are yours: a webhook goes to no other.",
    (
        Operation(
            "POST", f"{PREFIX}/domains", "createDomain", "Domains",
            "Add a host, and get the record that proves it", create,
            (
                Answer(
                    201, "The domain, with the record to add to the DNS.", "Domain", SAMPLE,
                    ("location",), {"getDomain": "host", "verifyDomain": "host"},
                ),
                Answer(200, "The domain that was there already.", "Domain", SAMPLE, ("location",)),
            ),
            body="NewDomain", body_example=NEW, refusals=(InvalidHost,), idempotent=True,
        ),
        Operation(
            "GET", f"{PREFIX}/domains", "listDomains", "Domains", "List the domains", page,
            (Answer(200, "A page of domains.", "DomainPage", {"items": [SAMPLE], "next": None}),),
            query=pagination.PARAMETERS,
        ),
        Operation(
            "GET", f"{PREFIX}/domains/{{host}}", "getDomain", "Domains", "Show a domain", get,
            (Answer(200, "The domain.", "Domain", SAMPLE),),
            refusals=(NotFound,),
        ),
        Operation(
            "POST", f"{PREFIX}/domains/{{host}}/verify", "verifyDomain", "Domains",
            "Look for the record that proves a host", verify,
            (Answer(200, "The domain, whatever was found.", "Domain", FOUND),),
            refusals=(NotFound,), slow=True,
        ),
    ),
    {
        "Domain": answered(
            {
                "id": ID,
                "host": TEXT,
                "record": described(TEXT, "The value of the record that proves the host."),
                "record_name": described(TEXT, "Where in the DNS the record belongs."),
                "record_type": described({"enum": ["TXT"]}, "The type of the record."),
                "cname_record_name": described(
                    TEXT, "Where it belongs instead, if the host is a CNAME."
                ),
                "status": {"type": "string", "enum": ["pending", "verified", "failed"]},
                "code": described(TEXT, "The reason in one word."),
                "reason": described(TEXT, "What was found, and what to do about it."),
                "created_at": TIME,
                "checked_at": nullable(TIME),
                "verified_at": nullable(TIME),
                "next_check_at": nullable(TIME),
            }
        ),
        "NewDomain": wanted(
            {
                "host": described(
                    TEXT, "The exact host, without a scheme and a port.",
                    minLength=1, maxLength=253, pattern=NO_NUL,
                )
            },
            "host",
        ),
        "DomainPage": page_of("Domain"),
    },
)  # fmt: skip
