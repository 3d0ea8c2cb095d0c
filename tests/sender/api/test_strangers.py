"""Nobody sees or touches what is another account's: every route of the table is tried."""

import pytest

from hookwright_sender.api.app import RESOURCES

from .conftest import HOST

OPERATIONS = {each.id: each for resource in RESOURCES for each in resource.operations}
SECURED = {name: each for name, each in OPERATIONS.items() if each.secured}
# What an account has from its beginning.
CREATED = {"account.create", "key.issue"}


@pytest.fixture
def objects(world):
    """Objects of ours of every kind, by what their ids stand behind in a path."""
    world.proven()
    cta, project = world.cta(), world.project()
    webhook = world.webhook(f"/api/v1/ctas/{cta['id']}")
    world.webhook(f"/api/v1/projects/{project['id']}")
    lead = world.ours.post(f"/api/v1/ctas/{cta['id']}/leads", {"data": "a"}).json
    return {
        "ctas": cta["id"],
        "projects": project["id"],
        "webhooks": webhook["id"],
        "events": lead["id"],
        "deliveries": lead["delivery_id"],
    }


def path_of(operation, objects):
    """Fill in a path with what is ours."""
    path = operation.path.replace("{host}", HOST)
    return path.replace("{id}", objects.get(path.split("/")[3], ""))


def state(world, objects):
    """Return all that a stranger might have changed, as its owner sees it."""
    paths = [
        "ctas", "projects", "webhooks", "domains", "events", "deliveries", "notices", "audit",
        f"ctas/{objects['ctas']}/webhook", f"projects/{objects['projects']}/webhook",
        f"deliveries/{objects['deliveries']}",
    ]  # fmt: skip
    return [world.ours.get(f"/api/v1/{path}").json for path in paths]


def test_a_stranger_finds_nothing_on_any_route(world, objects):
    """With ids of ours in the path another key gets a 404, or an empty list; nothing changes."""
    before = state(world, objects)
    for operation in SECURED.values():
        path = path_of(operation, objects)
        value = operation.body_example
        if "{" in operation.path:
            answer = world.theirs.ask(operation.method, path, value)
            assert (operation.id, answer.status) == (operation.id, 404)
            own = world.theirs.ask(operation.method, path.replace(HOST, "h.example.com"), value)
            unknown = operation.path.replace("{id}", "1").replace("{host}", "h.example.com")
            none = world.theirs.ask(operation.method, unknown, value)
            hidden = {"request_id": ""}
            assert answer.json | hidden == none.json | hidden == own.json | hidden
        elif operation.method == "GET":
            items = world.theirs.ask("GET", path).json["items"]
            assert [each for each in items if each.get("action") not in CREATED] == []
    assert state(world, objects) == before


def test_an_owner_finds_everything_on_the_same_routes(world, objects):
    """The walk above would prove nothing if its paths were wrong."""
    last = [name for name in SECURED if name.startswith("remove")]
    for name in [*(name for name in SECURED if name not in last), *last]:
        operation = SECURED[name]
        value = operation.body_example
        answer = world.ours.ask(operation.method, path_of(operation, objects), value)
        expected = {each.status for each in operation.answers}
        assert answer.status in expected, (name, answer)


def test_without_a_key_nothing_is_answered(world, objects):
    """401 on every route but the few that are for everybody."""
    for operation in SECURED.values():
        answer = world.nobody.ask(
            operation.method, path_of(operation, objects), operation.body_example
        )
        assert (operation.id, answer.status) == (operation.id, 401)
        assert answer.problem == "unauthenticated"
        assert answer.headers["www-authenticate"].startswith("Bearer")
    public = {each.path for each in OPERATIONS.values()} - {each.path for each in SECURED.values()}
    assert public == {"/healthz", "/readyz", "/metrics"}


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic aHdfOg==", "Bearer hw_unknown", "Bearer ä", "hw_unknown",
     "Bearer " + "a" * 5000],
)  # fmt: skip
def test_a_key_that_is_none_is_refused(small, header):
    """However it is wrong."""
    answer = small.nobody.get("/api/v1/ctas", headers={"authorization": header})
    assert (answer.status, answer.problem) == (401, "unauthenticated")


def test_a_revoked_key_is_refused_from_the_next_request_on(small):
    """There is nothing that remembers it."""
    account = small.services.accounts.create("third")
    client = small.ours.of(account.key)
    assert client.get("/api/v1/ctas").status == 200
    key = small.services.accounts.keys(account.id)[0]
    small.services.accounts.revoke_key(account.id, key.id)
    assert client.get("/api/v1/ctas").status == 401


def test_the_scheme_is_read_in_any_case(small):
    """RFC 9110, section 11.1."""
    header = {"authorization": f"bEARER {small.ours.key}"}
    assert small.nobody.get("/api/v1/ctas", headers=header).status == 200
