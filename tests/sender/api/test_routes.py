"""What an owner does with the API, on either kind of database."""

import pytest

from .conftest import HOST


def test_ctas_are_made_shown_and_listed(world):
    """A CTA is answered with its id, as it will be shown, and where."""
    made = world.ours.post("/api/v1/ctas", {"kind": "social_optin", "name": "Späti"})
    assert (made.status, made.json["kind"], made.json["name"]) == (201, "social_optin", "Späti")
    assert made.headers["location"] == f"/api/v1/ctas/{made.json['id']}"
    assert world.ours.get(made.headers["location"]).json == made.json
    assert world.ours.get("/api/v1/ctas").json == {"items": [made.json], "next": None}


def test_projects_are_made_shown_and_listed(world):
    """A project is answered with its id, as it will be shown, and where."""
    made = world.ours.post("/api/v1/projects", {"name": "project #1"})
    assert made.status == 201
    assert world.ours.get(made.headers["location"]).json == made.json
    assert world.ours.get("/api/v1/projects").json == {"items": [made.json], "next": None}


def test_lists_are_read_page_by_page_newest_first(world):
    """The cursor of a page leads to the next one, and the last page has none."""
    made = [world.project()["id"] for _ in range(5)]
    found, path = [], "/api/v1/projects?limit=2"
    while path:
        page = world.ours.get(path).json
        found.append([item["id"] for item in page["items"]])
        path = page["next"] and f"/api/v1/projects?limit=2&cursor={page['next']}"
    newest = made[::-1]
    assert found == [newest[:2], newest[2:4], newest[4:]]


def test_a_host_is_proven_by_the_record_that_is_answered(world):
    """Adding a host answers the record; verifying is 200 whatever the finding."""
    made = world.ours.post("/api/v1/domains", {"host": HOST})
    assert (made.status, made.json["status"], made.json["record_name"]) == (201, "pending", HOST)
    assert made.json["record"].startswith("joturl-domain-verification=")
    missing = world.ours.post(f"/api/v1/domains/{HOST}/verify")
    assert (missing.status, missing.json["status"]) == (200, "failed")
    assert made.json["record"] in missing.json["reason"]
    world.names.prove(made.json)
    found = world.ours.post(f"/api/v1/domains/{HOST}/verify")
    assert (found.status, found.json["status"]) == (200, "verified")
    assert world.ours.get(f"/api/v1/domains/{HOST.upper()}.").json == found.json
    assert world.ours.get("/api/v1/domains").json["items"] == [found.json]
    again = world.ours.post("/api/v1/domains", {"host": HOST.upper()})
    assert (again.status, again.json) == (200, found.json)


@pytest.mark.parametrize("kind", ["cta", "project"])
def test_a_webhook_is_set_replaced_shown_and_removed(world, kind):
    """PUT creates, with the secret this once, and then replaces; a mask keeps what is stored."""
    world.proven()
    owner = world.cta() if kind == "cta" else world.project()
    path = f"/api/v1/{kind}s/{owner['id']}/webhook"
    wanted = {"url": f"https://{HOST}/joturl", "parameters": {"token": "s3cret"}}
    assert world.ours.get(path).status == 404

    made = world.ours.put(path, wanted, headers={"if-none-match": "*"})
    assert (made.status, made.headers["location"]) == (201, path)
    assert made.json[f"{kind}_id"] == owner["id"]
    assert made.json["secret"].startswith("whsec_")
    assert made.json["parameters"] == {"token": {"masked": True}}
    assert b"s3cret" not in made.body

    refused = world.ours.put(path, wanted, headers={"if-none-match": "*"})
    assert (refused.status, refused.problem) == (412, "webhook-exists")

    replaced = world.ours.put(
        path,
        {"target": "custom", "url": f"https://{HOST}/2", "parameters": made.json["parameters"]},
    )
    assert (replaced.status, replaced.json["url"]) == (200, f"https://{HOST}/2")
    assert "secret" not in replaced.json
    assert replaced.json["id"] == made.json["id"]
    assert world.ours.get(path).json == replaced.json
    assert world.ours.get(f"/api/v1/webhooks/{made.json['id']}").json == replaced.json
    assert world.ours.get("/api/v1/webhooks").json["items"] == [replaced.json]

    rotated = world.ours.post(f"{path}/secret/rotate")
    assert rotated.json["secret"] not in {made.json["secret"], None}
    enabled = world.ours.post(f"/api/v1/webhooks/{made.json['id']}/enable")
    assert enabled.json["replayed"] == 0

    removed = world.ours.delete(path)
    assert (removed.status, removed.body) == (204, b"")
    assert world.ours.get(path).status == 404
    assert world.ours.get("/api/v1/webhooks").json["items"] == []


def test_a_webhook_is_tested(world):
    """What came of sample data is answered, with the first bytes of the answer as text."""
    world.proven()
    path = f"/api/v1/ctas/{world.cta()['id']}"
    assert world.ours.post(f"{path}/webhook/test").status == 404
    world.webhook(path)
    tested = world.ours.post(f"{path}/webhook/test").json
    assert (tested["succeeded"], tested["status"], tested["latency"]) == (True, 200, 0.5)
    assert tested["body"].startswith("ok\ufffd")
    assert b"s3cret" in world.receiver.messages[0]
    assert "s3cret" not in tested["body"]
    delivery = world.ours.get(f"/api/v1/deliveries/{tested['delivery_id']}").json
    assert (delivery["test"], delivery["status"]) == (True, "delivered")
    assert [each["response_body"] for each in delivery["attempts"]] == [tested["body"]]
    world.names.records.clear()
    world.ours.post(f"/api/v1/domains/{HOST}/verify")
    assert world.ours.post(f"{path}/webhook/test").problem == "host-not-proven"


def test_an_unproven_host_is_refused_with_the_record_to_add(world):
    """The refusal of a webhook says which record is wanted, of which type, at which name."""
    owner = world.cta()
    refused = world.ours.put(
        f"/api/v1/ctas/{owner['id']}/webhook", {"url": "https://hooks.example.com/joturl"}
    )
    domain = world.ours.get(f"/api/v1/domains/{HOST}").json
    assert (refused.status, refused.problem) == (409, "host-not-proven")
    told = refused.json
    assert (told["host"], told["record"]) == (HOST, domain["record"])
    assert (told["record_name"], told["record_type"]) == (HOST, "TXT")
    assert domain["record"] in told["detail"]


def test_a_lead_is_an_event_and_a_delivery(world):
    """A lead on a CTA with a webhook is stored with its delivery; parameters stay secret."""
    world.proven()
    cta = world.cta()
    webhook = world.webhook(f"/api/v1/ctas/{cta['id']}")
    made = world.ours.post(f"/api/v1/ctas/{cta['id']}/leads", {"data": "a@example.com"})
    assert made.status == 201
    assert (made.json["event"], made.json["payload"]["type"]) == ("form_lead", "email")
    assert made.json["parameters"] == {"token": {"masked": True}}
    assert b"s3cret" not in made.body
    event = world.ours.get(made.headers["location"]).json
    assert event | {"delivery_id": made.json["delivery_id"]} == made.json
    assert world.ours.get(f"/api/v1/events?event=form_lead&cta={cta['id']}").json["items"] == [
        event
    ]
    assert world.ours.get("/api/v1/events?event=link_created").json["items"] == []

    delivery = world.ours.get(f"/api/v1/deliveries/{made.json['delivery_id']}").json
    assert (delivery["status"], delivery["webhook_id"]) == ("pending", webhook["id"])
    assert (delivery["event_id"], delivery["attempts"]) == (event["id"], [])


def test_a_social_lead_has_extended_info(world):
    """An object comes in, and is the documented text in the message."""
    cta = world.cta(kind="social_optin_xl")
    made = world.ours.post(
        f"/api/v1/ctas/{cta['id']}/leads",
        {"data": "a@example.com", "name": "A", "extended_info": {"verified": True}},
    )
    assert made.json["payload"]["extended_info"] == '{"verified":true}'
    assert made.json["delivery_id"] is None


def test_a_link_is_made_in_a_project(world):
    """A link is answered as its event tells of it; the alias is made up if there is none."""
    project = world.project()
    path = f"/api/v1/projects/{project['id']}/links"
    wanted = {"long_url": "https://example.com/", "alias": "spring", "domain_host": "jo.example"}
    refused = world.ours.post(path, wanted)
    assert (refused.status, refused.problem) == (409, "link-host-not-proven")
    assert [each["pointer"] for each in refused.json["errors"]] == ["/domain_host"]
    world.proven(host="jo.example")
    made = world.ours.post(path, wanted | {"notes": "n", "tags": "a,b"})
    assert made.status == 201
    assert made.json["short_url"] == "https://jo.example/spring"
    event = world.ours.get(made.headers["location"]).json
    assert (event["event"], event["payload"]["id"]) == ("link_created", made.json["id"])
    assert world.ours.post(path, wanted).problem == "alias-taken"
    assert world.ours.post(path, {"long_url": "https://example.com/"}).json["alias"]


def test_deliveries_are_listed_by_filters_and_replayed(world):
    """The log is filtered by webhook, event, status and time; one or many are sent again."""
    world.proven()
    cta = world.cta()
    webhook = world.webhook(f"/api/v1/ctas/{cta['id']}")
    path = f"/api/v1/ctas/{cta['id']}/leads"
    made = [world.ours.post(path, {"data": f"{n}@example.com"}).json for n in range(3)]
    ids = [each["delivery_id"] for each in made][::-1]

    def listed(query):
        found = world.ours.get(f"/api/v1/deliveries?{query}")
        return [item["id"] for item in found.json["items"]]

    rows = [
        ("", ids),
        (f"webhook={webhook['id']}&event=form_lead&status=pending", ids),
        ("webhook=1", []),
        ("event=social_lead", []),
        ("status=dead", []),
        ("outcome=timeout", []),
        ("outcome=lost", []),
        ("last_status=500", []),
        ("since=2026-01-01T00:00:00Z", ids),
        ("until=2026-01-01T00:00:00%2B01:00", []),
        ("limit=1", ids[:1]),
    ]
    for query, expected in rows:
        assert listed(query) == expected, query

    replayed = world.ours.post(f"/api/v1/deliveries/{ids[0]}/replay")
    assert (replayed.status, replayed.json["id"]) == (200, ids[0])
    many = f"/api/v1/webhooks/{webhook['id']}/replay"
    assert world.ours.post(many).json == {"replayed": 0}
    assert world.ours.post(many, {"status": "cancelled", "event": "form_lead"}).json == {
        "replayed": 0
    }
    assert world.ours.post(many, {"since": "2026-02-31T00:00:00Z"}).problem == "invalid-body"

    world.ours.delete(f"/api/v1/ctas/{cta['id']}/webhook")
    assert listed("status=cancelled") == ids
    gone = world.ours.post(f"/api/v1/deliveries/{ids[0]}/replay")
    assert (gone.status, gone.problem) == (409, "webhook-removed")


def test_changes_are_in_the_audit_log(world):
    """Who changed what is told, by the key that was used."""
    world.cta()
    entries = world.ours.get("/api/v1/audit").json["items"]
    assert entries[0]["action"] == "cta.create"
    assert entries[0]["actor"].startswith("key:")


def test_notices_are_listed(world):
    """A proof that is lost is told to its owner."""
    domain = world.proven()
    cta = world.cta()
    world.webhook(f"/api/v1/ctas/{cta['id']}")
    assert world.ours.get("/api/v1/notices").json == {"items": [], "next": None}
    world.names.records.clear()
    world.ours.post(f"/api/v1/domains/{HOST}/verify")
    notices = world.ours.get("/api/v1/notices").json["items"]
    assert [(each["kind"], each["domain_id"]) for each in notices] == [("proof_lost", domain["id"])]
