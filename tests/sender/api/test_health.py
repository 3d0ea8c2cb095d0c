"""What a supervisor and a monitoring system are told."""

import dataclasses

from hookwright_sender.api.app import create_app
from hookwright_sender.settings import Settings
from hookwright_sender.store.database import Database


def test_it_lives_and_is_ready(world):
    """With a database that answers and has its tables."""
    assert world.nobody.get("/healthz").json == {"status": "ok"}
    assert world.nobody.get("/readyz").json == {"status": "ok"}


def on(small, database):
    """Let the clients talk to an application on another database."""
    services = dataclasses.replace(
        small.services, database=database, registry=type(small.services.registry)()
    )
    small.nobody.app = create_app(services, Settings.read(), log=small.log)


def test_it_is_not_ready_without_tables(small, tmp_path):
    """It lives all the same: to start it again would not help."""
    with Database(f"sqlite:///{tmp_path}/empty.db") as empty:
        on(small, empty)
        refused = small.nobody.get("/readyz")
        assert (refused.status, refused.problem) == (503, "schema-outdated")
        assert "retry-after" in refused.headers
        assert small.nobody.get("/healthz").status == 200


def test_it_is_not_ready_without_a_database(small, tmp_path):
    """One that does not answer is asked again later."""
    with Database(f"sqlite:///{tmp_path}/nowhere/platform.db") as nowhere:
        on(small, nowhere)
        refused = small.nobody.get("/readyz")
        assert (refused.status, refused.problem) == (503, "store-unavailable")


def test_metrics_count_requests_by_operation(small):
    """Paths are not labels: there would be no end to them."""
    small.ours.get("/api/v1/ctas")
    small.ours.get("/api/v1/ctas/1")
    small.ours.get("/api/v1/nothing")
    text = small.nobody.get("/metrics").body.decode()
    for line in (
        'hookwright_api_requests_total{operation="listCtas",status="200"} 1.0',
        'hookwright_api_requests_total{operation="getCta",status="404"} 1.0',
        'hookwright_api_requests_total{operation="none",status="404"} 1.0',
        'hookwright_api_request_seconds_count{operation="listCtas"} 1.0',
        'hookwright_api_requests_inside{gate="door"} 0.0',
    ):
        assert line in text.splitlines(), line
