"""Everything that the API refuses, each with a problem of its own."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import pytest

from hookwright_schemas import HookwrightError
from hookwright_sender.api import refusals
from hookwright_sender.api.app import RESOURCES
from hookwright_sender.api.problems import INTERNAL_ERROR
from hookwright_sender.api.table import PREFIX
from hookwright_sender.platform import errors

from .conftest import HOST

CTA = {"kind": "form", "name": "c"}
JSON = {"content-type": "application/json"}
API = "/api/v1"


@dataclass
class Refused:
    """A request, and the status and the problem that it gets."""

    request: str
    problem: str
    value: Any = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


ROWS = {
    "an unknown path": Refused("GET /nothing", "404 not-found"),
    "a slash too many": Refused("GET /ctas/", "404 not-found"),
    "a malformed id": Refused("GET /ctas/abc", "404 not-found"),
    "an id of 64 bits": Refused("GET /ctas/9223372036854775808", "404 not-found"),
    "an unknown id": Refused("GET /ctas/1", "404 not-found"),
    "an unknown host": Refused("GET /domains/other.example.com", "404 not-found"),
    "no host at all": Refused("POST /domains/%00/verify", "404 not-found"),
    "a method": Refused("PATCH /ctas", "405 method-not-allowed"),
    "a cursor": Refused("GET /ctas?cursor=x", "422 invalid-query"),
    "a limit": Refused("GET /ctas?limit=0", "422 invalid-query"),
    "a parameter": Refused("GET /ctas?offset=1", "422 invalid-query"),
    "a moment": Refused("GET /deliveries?since=today", "422 invalid-query"),
    "an event": Refused("GET /events?event=%C3%A4", "422 invalid-query"),
    "an HTTP status": Refused("GET /deliveries?last_status=99", "422 invalid-query"),
    "no media type": Refused("POST /ctas", "415 unsupported-media-type", body=b"{}"),
    "no body": Refused("POST /ctas", "400 malformed-json", headers=JSON),
    "no JSON": Refused("POST /ctas", "400 malformed-json", headers=JSON, body=b"{'a':1}"),
    "twice": Refused("POST /ctas", "400 malformed-json", headers=JSON, body=b'{"a":1,"a":2}'),
    "no object": Refused("POST /ctas", "422 invalid-body ", []),
    "no members": Refused("POST /ctas", "422 invalid-body /kind /name", {}),
    "one too many": Refused("POST /ctas", "422 invalid-body /nmae", {**CTA, "nmae": "c"}),
    "a kind": Refused("POST /ctas", "422 invalid-body /kind", {**CTA, "kind": "banner"}),
    "an empty name": Refused("POST /ctas", "422 invalid-body /name", {**CTA, "name": ""}),
    "a blank name": Refused("POST /ctas", "422 invalid-value /name", {**CTA, "name": " "}),
    "a NUL in a name": Refused("POST /ctas", "422 invalid-body /name", {**CTA, "name": "\0"}),
    "a long name": Refused("POST /ctas", "422 invalid-body /name", {**CTA, "name": "a" * 201}),
    "an IP address": Refused("POST /domains", "422 invalid-host", {"host": "127.0.0.1"}),
    "a public suffix": Refused("POST /domains", "422 invalid-host", {"host": "co.uk"}),
    "a key with a space": Refused(
        "POST /ctas", "400 invalid-idempotency-key", CTA, headers={"idempotency-key": "a b"}
    ),
    "a long key": Refused(
        "POST /ctas", "400 invalid-idempotency-key", CTA, headers={"idempotency-key": "a" * 256}
    ),
    "an entity tag": Refused(
        "PUT /ctas/1/webhook", "400 malformed-header", {"url": "https://h.example.com"},
        headers={"if-none-match": '"a"'},
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_request_is_refused(small, row):
    """With its status, its own type, and pointers where a body is at fault."""
    method, path = row.request.split()
    refused = small.ours.ask(
        method, API + path, row.value, body=row.body, headers=row.headers, checked=path != "/ctas/"
    )
    told = refused.json
    status, problem, *pointers = row.problem.split(" ")
    assert (refused.status, refused.problem, told["status"]) == (int(status), problem, int(status))
    assert told["request_id"] == refused.headers["x-request-id"]
    assert told["detail"]
    assert told["title"]
    if pointers:
        assert [each["pointer"] for each in told["errors"]] == pointers


MANY = {f"p{n}": 1 for n in range(51)}
WEBHOOKS = {
    "a target": ({"target": "zapier"}, "unknown-target", "/target"),
    "no URL": ({"url": "nonsense"}, "invalid-url", "/url"),
    "plain http": ({"url": f"http://{HOST}/"}, "forbidden-url", "/url"),
    "another port": ({"url": f"https://{HOST}:8443/"}, "forbidden-url", "/url"),
    "a user": ({"url": f"https://me@{HOST}/"}, "invalid-url", "/url"),
    "an address": ({"url": "https://93.184.216.34/"}, "forbidden-url", "/url"),
    "a long URL": ({"url": f"https://{HOST}/{'a' * 2048}"}, "invalid-body", "/url"),
    "a field's name": ({"parameters": {"data": "x"}}, "reserved-parameter", "/parameters/data"),
    "an empty name": ({"parameters": {"": "x"}}, "invalid-parameter", "/parameters/"),
    "no scalar": ({"parameters": {"a": []}}, "invalid-body", "/parameters/a"),
    "a mask": ({"parameters": {"a/b": {"masked": True}}}, "unknown-mask", "/parameters/a~1b"),
    "too many": ({"parameters": MANY}, "too-many-parameters", "/parameters"),
    "too large": ({"parameters": {"a": "x" * 8200}}, "parameters-too-large", "/parameters"),
    "another host": ({"url": "https://other.example.com/"}, "host-not-proven", "/url"),
}  # fmt: skip


@pytest.mark.parametrize("row", WEBHOOKS.values(), ids=WEBHOOKS)
def test_a_webhook_is_refused(small, row):
    """Each reason is a problem of its own, with the pointer of the member."""
    changes, problem, pointer = row
    small.proven()
    path = f"/api/v1/ctas/{small.cta()['id']}/webhook"
    refused = small.ours.put(path, {"url": f"https://{HOST}/"} | changes)
    assert refused.problem == problem
    assert [each["pointer"] for each in refused.json["errors"]] == [pointer]
    assert small.ours.get(path).status == 404


def test_a_host_with_a_forbidden_address_is_refused(small):
    """A proof does not help against the egress policy."""
    small.proven()
    small.names.hosts[HOST] = (ip_address("10.0.0.1"),)
    path = f"/api/v1/ctas/{small.cta()['id']}/webhook"
    refused = small.ours.put(path, {"url": f"https://{HOST}/"})
    assert (refused.status, refused.problem) == (422, "forbidden-address")


LEADS = {
    "a form has no more": ("form", {"data": "a", "extended_info": {}}, "/extended_info"),
    "a NUL": ("form", {"data": "a\0"}, "/data"),
    "no e-mail address": ("social_optin", {"data": "a"}, "/data"),
}


@pytest.mark.parametrize("row", LEADS.values(), ids=LEADS)
def test_a_lead_that_breaks_the_contract_is_refused(small, row):
    """The contract says what is wrong, at the pointer that the body has it at."""
    kind, value, pointer = row
    path = f"/api/v1/ctas/{small.cta(kind=kind)['id']}/leads"
    refused = small.ours.post(path, value)
    assert (refused.status, refused.problem) == (422, "invalid-event")
    assert [each["pointer"] for each in refused.json["errors"]] == [pointer]
    assert small.ours.get("/api/v1/events").json["items"] == []


LINKS = {
    "no URL": ({"long_url": "x"}, "invalid-value", "/long_url"),
    "an alias": ({"alias": "a b"}, "invalid-body", "/alias"),
    "a dot": ({"alias": "."}, "invalid-value", "/alias"),
    "a host": ({"domain_host": "127.0.0.1"}, "invalid-value", "/domain_host"),
}


@pytest.mark.parametrize("row", LINKS.values(), ids=LINKS)
def test_a_link_that_cannot_be_is_refused(small, row):
    """With the pointer of the member that is wrong."""
    changes, problem, pointer = row
    path = f"/api/v1/projects/{small.project()['id']}/links"
    refused = small.ours.post(path, {"long_url": "https://example.com/"} | changes)
    assert refused.problem == problem
    assert [each["pointer"] for each in refused.json["errors"]] == [pointer]


def test_the_method_that_is_meant_is_told(small):
    """405 has an `allow` that lists what there is, HEAD with GET."""
    for path, allowed in [
        ("/api/v1/ctas", "GET, HEAD, POST"),
        ("/api/v1/ctas/1/webhook", "DELETE, GET, HEAD, PUT"),
        ("/healthz", "GET, HEAD"),
    ]:
        for method in ("OPTIONS", "PATCH", "TRACE"):
            refused = small.nobody.ask(method, path)
            assert (refused.status, refused.headers["allow"]) == (405, allowed)


def test_a_body_beyond_the_limit_is_refused_as_soon_as_it_is_known(small_with):
    """By its length before anything is read, or while it comes in pieces."""
    small = small_with(body_limit=100)
    announced = small.ours.post("/api/v1/ctas", headers=JSON | {"content-length": "101"})
    assert (announced.status, announced.problem) == (413, "body-too-large")
    pieces = small.ours.post("/api/v1/ctas", headers=JSON, body=[b" " * 60] * 1000)
    assert (pieces.status, pieces.headers["connection"]) == (413, "close")
    fits = small.ours.post("/api/v1/ctas", headers=JSON, body=[b'{"kind":"form",', b'"name":"c"}'])
    assert fits.status == 201


def test_every_answer_has_the_headers_of_all(small):
    """Nothing is guessed at or kept, and the request id that is well-formed comes back."""
    for path, status in [("/api/v1/ctas", 200), ("/api/v1/ctas/1", 404), ("/nothing", 404)]:
        answer = small.ours.get(path, headers={"x-request-id": "my-request.1"})
        assert answer.status == status
        assert answer.headers["x-request-id"] == "my-request.1"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("given", ["", "a b", "a" * 129, "ä", "a;b"])
def test_a_request_id_that_is_not_well_formed_is_replaced(small, given):
    """It would go into logs."""
    answer = small.ours.get("/api/v1/ctas", headers={"x-request-id": given})
    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 32


def test_a_head_is_a_get_without_its_body(small):
    """Of the same length, says RFC 9110."""
    got = small.ours.get("/api/v1/ctas")
    head = small.ours.ask("HEAD", "/api/v1/ctas", checked=False)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


def test_every_error_of_the_platform_is_a_problem_of_its_own():
    """No refusal of a service ends as a fault of ours, and no two have the same type."""
    classes = [
        each
        for each in vars(errors).values()
        if getattr(each, "__module__", None) == errors.__name__
        and issubclass(each, HookwrightError)
    ]
    assert len(classes) > 10
    for each in classes:
        assert refusals.kind_of(each) is not INTERNAL_ERROR, each
    names = [kind.name for kind in refusals.KINDS.values()]
    assert len(names) == len(set(names))


def test_the_table_has_each_path_once_below_its_prefix():
    """Two operations on one method and path would hide one another."""
    seen = [(each.method, each.path) for resource in RESOURCES for each in resource.operations]
    assert len(seen) == len(set(seen))
    outside = {path for _, path in seen if not path.startswith(f"{PREFIX}/")}
    assert outside == {"/healthz", "/readyz", "/metrics"}
