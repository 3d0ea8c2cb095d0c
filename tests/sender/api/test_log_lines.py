"""One line for each request, in which nothing stands that was sent."""

import io
import json
import logging

import pytest
import structlog

from hookwright_sender import logs

from .conftest import HOST

SECRETS = ("s3cret-token", "s3cret-path", "lead@example.com", "s3cret-query", "hw_")


def everything(world):
    """Send requests with secrets at every place that they can be at."""
    world.proven()
    cta = world.cta()
    path = f"/api/v1/ctas/{cta['id']}"
    settings = {"url": f"https://{HOST}/s3cret-path", "parameters": {"token": "s3cret-token"}}
    world.ours.put(f"{path}/webhook", settings)
    world.ours.put(f"{path}/webhook", settings | {"parameters": {"data": "s3cret-token"}})
    world.ours.post(f"{path}/leads", {"data": "lead@example.com"})
    world.ours.post(f"{path}/leads", {"data": "lead@example.com", "extended_info": {}})
    world.ours.get("/api/v1/events?cursor=s3cret-query")
    world.ours.get("/api/v1/s3cret-path?a=s3cret-query")
    world.ours.of("hw_s3cret").get("/api/v1/events")


def test_a_line_says_who_asked_for_what_and_what_came_of_it(small):
    """With the operation and not the path, the account and its key's id, and the problem."""
    answer = small.ours.post("/api/v1/ctas", {"kind": "form"}, headers={"x-request-id": "r1"})
    assert answer.status == 422
    (line,) = small.log.lines
    account = line.pop("account")
    assert line.pop("actor").startswith("key:")
    assert isinstance(account, int)
    assert line.pop("seconds") >= 0
    assert line == {
        "event": "request", "request_id": "r1", "method": "POST", "operation": "createCta",
        "status": 422, "problem": "invalid-body",
    }  # fmt: skip


def test_there_is_one_line_for_each_request(small):
    """Whatever comes of it, also where there is nothing."""
    small.nobody.get("/nothing")
    small.nobody.get("/api/v1/ctas")
    small.ours.get("/api/v1/ctas")
    small.ours.ask("PATCH", "/api/v1/ctas")
    told = [(line["operation"], line["status"], line["problem"]) for line in small.log.lines]
    assert told == [
        (None, 404, "not-found"),
        ("listCtas", 401, "unauthenticated"),
        ("listCtas", 200, None),
        (None, 405, "method-not-allowed"),
    ]


def test_no_line_quotes_what_was_sent(small):
    """No body, no query, no key, no host, no path."""
    everything(small)
    text = json.dumps(small.log.lines)
    assert len(small.log.lines) > 8
    for secret in (*SECRETS, HOST):
        assert secret not in text


@pytest.fixture
def stream():
    """What the platform's own logs are written to."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    found = io.StringIO()
    logs.configure("json", found)
    yield found
    structlog.reset_defaults()
    root.handlers[:], _ = before
    root.setLevel(before[1])


def test_the_lines_go_through_the_platforms_logs(stream, small_with):
    """Without a logger of its own the application uses what the process has set up."""
    small = small_with(log=None)
    small.ours.get("/api/v1/ctas", headers={"x-request-id": "r1"})
    line = json.loads(stream.getvalue().splitlines()[-1])
    assert (line["message"], line["request_id"], line["status"]) == ("request", "r1", 200)
    assert line["level"] == "info"
