"""The document says what the code does, because it is made of the same table."""

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from hookwright_schemas import load_contract
from hookwright_sender.api import openapi
from hookwright_sender.api.app import RESOURCES

OPERATIONS = [each for resource in RESOURCES for each in resource.operations]
METHODS = {"get", "put", "post", "delete"}


@pytest.fixture(scope="module")
def document():
    """The document as it is made."""
    return openapi.document(RESOURCES, load_contract())


def operations(document):
    """Yield every operation of a document with its method and path."""
    for path, found in document["paths"].items():
        for method, operation in found.items():
            yield method, path, operation


def test_it_is_valid_openapi(document):
    """By the validator of the specification."""
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_it_is_served_to_everybody(small):
    """The same bytes each time, without a key."""
    served = small.nobody.get("/api/v1/openapi.json")
    assert served.json["openapi"] == "3.1.0"
    assert {each.id for each in OPERATIONS} < {
        operation["operationId"] for _, _, operation in operations(served.json)
    }


def test_every_operation_of_the_table_is_in_it(document):
    """Once, under its own id."""
    found = [operation["operationId"] for _, _, operation in operations(document)]
    assert sorted(found) == sorted(each.id for each in OPERATIONS)
    assert len(set(found)) == len(found)


def test_every_operation_names_its_refusals(document):
    """401 and 429 wherever a key is needed, 404 wherever something is named."""
    for _, path, operation in operations(document):
        statuses = set(operation["responses"])
        assert {"422", "500"} <= statuses
        # What needs nothing but the process is never too busy.
        assert ("503" in statuses) != (path in {"/healthz", "/metrics", "/api/v1/openapi.json"})
        if operation.get("security") != []:
            assert {"401", "429"} <= statuses, operation["operationId"]
        if "{" in path:
            assert "404" in statuses, operation["operationId"]
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= statuses, operation["operationId"]


def test_every_component_is_used_and_every_reference_leads_somewhere(document):
    """No schema that is left over, no name that is misspelt."""
    used = set()

    def walk(node):
        if isinstance(node, list):
            for each in node:
                walk(each)
        if isinstance(node, dict):
            if "$ref" in node:
                used.add(node["$ref"])
            for each in node.values():
                walk(each)

    walk(document)
    known = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "headers")
        for name in document["components"][kind]
    }
    assert used == known


def test_the_examples_are_examples_of_their_schemas(document):
    """A reader tries them first."""
    components = {"components": {"schemas": document["components"]["schemas"]}}
    count = 0
    for _, _, operation in operations(document):
        contents = [response.get("content", {}) for response in operation["responses"].values()]
        contents.append(operation.get("requestBody", {}).get("content", {}))
        for content in contents:
            for media in content.values():
                examples = [each["value"] for each in media.get("examples", {}).values()]
                examples += [media["example"]] if "example" in media else []
                validator = Draft202012Validator({**media["schema"], **components})
                for example in examples:
                    validator.validate(example)
                    count += 1
    assert count > 100


def test_links_lead_to_operations_by_members_that_are_answered(document):
    """What is made can be shown, by the id that is answered."""
    by_id = {operation["operationId"]: operation for _, _, operation in operations(document)}
    count = 0
    for operation in by_id.values():
        for response in operation["responses"].values():
            for link in response.get("links", {}).values():
                target = by_id[link["operationId"]]
                ((name, expression),) = link["parameters"].items()
                assert name in {each["name"] for each in target["parameters"]}
                schema = response["content"]["application/json"]["schema"]["$ref"]
                component = document["components"]["schemas"][schema.rpartition("/")[2]]
                assert expression.removeprefix("$response.body#/") in component["required"]
                count += 1
    assert count > 8


def test_the_events_of_the_contract_are_its_webhooks(document):
    """With the schemas of the contract themselves, its samples, and the headers of a message."""
    contract = load_contract()
    assert list(document["webhooks"]) == [event.id for event in contract.events]
    for event in contract.events:
        message = document["webhooks"][event.id]["post"]
        media = message["requestBody"]["content"]["application/json"]
        assert media["schema"] == {"$ref": f"#/components/schemas/{event.id}"}
        assert document["components"]["schemas"][event.id] == event.schema
        assert len(media["examples"]) == len(event.samples)
        names = [each["name"] for each in message["parameters"]]
        assert names == [
            "webhook-id", "webhook-timestamp", "webhook-signature", "hookwright-contract",
            "user-agent",
        ]  # fmt: skip
