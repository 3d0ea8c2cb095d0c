"""Schemathesis asks the application all that its document allows, and much that it does not."""

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from hookwright_sender.api import times
from hookwright_sender.api.answers import problems_of
from hookwright_sender.api.app import RESOURCES

from .conftest import HOST

OPERATIONS = [each for resource in RESOURCES for each in resource.operations]
# What only a service can judge: whether a host is proven, a webhook is there, an alias is free. A
# request that fits its schema is refused for these reasons, where the document says so.
JUDGED = {"409", "412"}


@pytest.fixture
def ids(small):
    """Objects of every kind, by what their ids stand behind in a path."""
    small.proven()
    cta, project = small.cta(), small.project()
    webhook = small.webhook(f"/api/v1/ctas/{cta['id']}")
    # For those operations that would leave the others with nothing to find.
    lost = {"removeCtaWebhook": small.cta()["id"], "removeProjectWebhook": small.project()["id"]}
    small.webhook(f"/api/v1/ctas/{lost['removeCtaWebhook']}")
    small.webhook(f"/api/v1/projects/{lost['removeProjectWebhook']}")
    lead = small.ours.post(f"/api/v1/ctas/{cta['id']}/leads", {"data": "a@example.com"}).json
    return {
        "ctas": cta["id"], "projects": project["id"], "webhooks": webhook["id"],
        "events": lead["id"], "deliveries": lead["delivery_id"], **lost,
    }  # fmt: skip


def configuration(key, ids, examples):
    """Return what is asked: the same at every run, and about objects that are there."""
    operations = []
    for each in OPERATIONS:
        refused = {str(kind.status) for kind in problems_of(each)}
        # The schema of a body does not say all that makes a value one that can be used, nor that of
        # a key that it came with another request, nor that of a moment that June has 30 days.
        dated = any(parameter.schema.get("pattern") == times.PATTERN for parameter in each.query)
        unusable = {"422"} if each.body or each.idempotent or dated else set()
        expected = {"2xx", "404"} | refused & (JUDGED | unusable)
        known = {"path.host": HOST} if "{host}" in each.path else {}
        if "{id}" in each.path:
            known = {"path.id": ids.get(each.id, ids.get(each.path.split("/")[3]))}
        operations.append(
            {
                "include-operation-id": each.id,
                "parameters": known,
                "checks": {
                    "positive_data_acceptance": {"expected-statuses": sorted(expected)},
                    # A CTA that was just made has no webhook.
                    "ensure_resource_availability": {"enabled": "{id}/webhook" not in each.path},
                },
            }
        )
    return SchemathesisConfig.from_dict(
        {
            "seed": 20261125,
            "headers": {"Authorization": f"Bearer {key}"},
            "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
            "operations": operations,
        }
    )


@pytest.mark.parametrize(
    "examples",
    [
        # Of the random ones; the boundaries are the same thousand requests for both.
        pytest.param(1, id="one of each"),
        pytest.param(20, id="many", marks=[pytest.mark.soak, pytest.mark.timeout(1800)]),
    ],
)
def test_schemathesis_finds_no_fault(small, ids, examples):
    """Examples, boundaries, random requests and chains of them, by all checks that there are."""
    configured = configuration(small.ours.key, ids, examples)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", small.app, config=configured)
    failures, phases, seen = [], {}, {}
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            failures.append(str(event))
        if isinstance(event, events.PhaseFinished):
            phases[event.phase.name.value] = event.status.value
        if isinstance(event, events.ScenarioFinished):
            failures += told(event)
            for node in event.recorder.cases.values():
                name = node.value.operation.definition.raw["operationId"]
                seen.setdefault(name, []).append(node.value.id)
    assert not failures, "\n\n".join(failures)
    assert {phases[name] for name in ("examples", "coverage", "fuzzing", "stateful")} == {"success"}
    assert set(seen) >= {each.id for each in OPERATIONS}
    assert sum(map(len, seen.values())) > 1000


def told(event):
    """Say what failed, with the request that shows it."""
    return [
        f"{event.phase.value}: {check.failure_info.failure}\n{check.failure_info.code_sample}"
        for checks in event.recorder.checks.values()
        for check in checks
        if check.failure_info is not None
    ]
