"""Calls that are repeated with an Idempotency-Key do nothing again."""

import anyio
import pytest

from hookwright_sender.api.app import RESOURCES

from .conftest import HOST

KEY = {"idempotency-key": "order-1"}


def creations(world):
    """Yield every path that makes something, with a body, and the list that it is in then."""
    cta, project = world.cta(), world.project()
    yield "/api/v1/ctas", {"kind": "form", "name": "c"}, "/api/v1/ctas"
    yield "/api/v1/projects", {"name": "p"}, "/api/v1/projects"
    yield "/api/v1/domains", {"host": HOST}, "/api/v1/domains"
    yield f"/api/v1/ctas/{cta['id']}/leads", {"data": "a"}, "/api/v1/events"
    link = {"long_url": "https://example.com/"}
    yield f"/api/v1/projects/{project['id']}/links", link, "/api/v1/events"


def test_a_repeated_call_gets_the_first_answer(world):
    """The same bytes, status and location, marked; and there is one object and not two."""
    for number, (path, value, listed) in enumerate(creations(world)):
        headers = {"idempotency-key": f"key-{number}"}
        before = len(world.ours.get(listed).json["items"])
        first = world.ours.post(path, value, headers=headers)
        again = world.ours.post(path, value, headers=headers)
        assert first.status == 201
        assert (again.status, again.body) == (201, first.body)
        assert again.headers["location"] == first.headers["location"]
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        assert len(world.ours.get(listed).json["items"]) == before + 1


def test_a_secret_is_made_once(world):
    """A client that did not get the answer asks again for the one that it has not seen."""
    world.proven()
    path = f"/api/v1/ctas/{world.cta()['id']}"
    world.webhook(path)
    rotate = f"{path}/webhook/secret/rotate"
    first = world.ours.post(rotate, headers=KEY)
    again = world.ours.post(rotate, headers=KEY)
    assert again.headers["idempotency-replayed"] == "true"
    assert first.json == again.json != world.ours.post(rotate).json
    rotated = [
        entry
        for entry in world.ours.get("/api/v1/audit").json["items"]
        if entry["action"] == "webhook.rotate_secret"
    ]
    assert len(rotated) == 2


def test_a_key_is_never_ignored(small):
    """Whatever changes something takes it, or refuses it before anything is done."""
    operations = [each for resource in RESOURCES for each in resource.operations]
    taken = {each.id for each in operations if each.idempotent}
    refused = set()
    for operation in operations:
        if operation.method == "GET":
            continue
        path = operation.path.replace("{id}", "1").replace("{host}", HOST)
        answer = small.ours.ask(operation.method, path, operation.body_example, headers=KEY)
        if answer.status == 400:
            assert answer.problem == "idempotency-key-not-taken"
            assert "without an idempotency-key" in answer.json["detail"]
            refused.add(operation.id)
    changing = {each.id for each in operations if each.method != "GET"}
    assert (taken | refused, taken & refused) == (changing, set())
    assert small.ours.get("/api/v1/ctas", headers=KEY).status == 200


def test_another_request_with_the_same_key_is_refused(small):
    """Another body, or another path; how the body is written does not matter."""
    small.ours.post("/api/v1/projects", {"name": "p"}, headers=KEY)
    other = small.ours.post("/api/v1/projects", {"name": "q"}, headers=KEY)
    assert (other.status, other.problem) == (422, "idempotency-key-reused")
    other = small.ours.post("/api/v1/ctas", {"name": "p", "kind": "form"}, headers=KEY)
    assert other.problem == "idempotency-key-reused"
    same = small.ours.post(
        "/api/v1/projects",
        headers=KEY | {"content-type": "application/json"},
        body=b' {"name": "\\u0070"} ',
    )
    assert same.headers["idempotency-replayed"] == "true"


def test_a_key_belongs_to_an_account(small):
    """Another account's key of the same name is another key."""
    ours = small.ours.post("/api/v1/projects", {"name": "p"}, headers=KEY).json
    theirs = small.theirs.post("/api/v1/projects", {"name": "p"}, headers=KEY).json
    assert ours["id"] != theirs["id"]


def test_a_refused_call_may_be_mended_under_its_key(small):
    """A refusal is not kept: nothing was done."""
    refused = small.ours.post("/api/v1/projects", {"name": " "}, headers=KEY)
    assert refused.problem == "invalid-value"
    assert small.ours.post("/api/v1/projects", {"name": "p"}, headers=KEY).status == 201


@pytest.mark.parametrize("count", [8])
def test_calls_at_the_same_time_do_it_once(world, count):
    """One of them does the work, and all get its answer."""

    async def scenario():
        async def ask():
            answers.append(
                await world.ours.asked("POST", "/api/v1/projects", {"name": "p"}, headers=KEY)
            )

        answers = []
        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(ask)
        return answers

    answers = world.ours.portal.call(scenario)
    assert {answer.status for answer in answers} == {201}, (answers, world.log.lines)
    assert len({answer.body for answer in answers}) == 1
    assert len(world.ours.get("/api/v1/projects").json["items"]) == 1
