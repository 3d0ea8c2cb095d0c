"""What a supervisor asks: whether it lives, whether it can work, and the numbers about it."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from hookwright_sender.api.call import Call
from hookwright_sender.api.components import answered
from hookwright_sender.api.table import Answer, Operation, Reply, Resource
from hookwright_sender.store import schema
from hookwright_sender.store.errors import SchemaOutdated, SchemaTooNew, StoreUnavailable

OK = {"status": "ok"}


async def health(_call: Call) -> Reply:
    """Answer, which is all that is asked."""
    return Reply(OK)


async def ready(call: Call) -> Reply:
    """Tell whether the database answers and has the tables that are wanted."""
    await call.run(schema.check_current, call.services.database)
    return Reply(OK)


async def metrics(call: Call) -> Reply:
    """Show the metrics: numbers in this process."""
    return Reply(generate_latest(call.services.registry), media_type=CONTENT_TYPE_LATEST)


RESOURCE = Resource(
    "Health",
    "For supervisors and monitoring; no API key is needed.",
    (
        Operation(
            "GET", "/healthz", "getHealth", "Health", "Tell whether the process answers", health,
            (Answer(200, "It does.", "Health", OK),), secured=False, blocking=False,
        ),
        Operation(
            "GET", "/readyz", "getReadiness", "Health", "Tell whether it can do its work", ready,
            (Answer(200, "It can.", "Health", OK),), secured=False,
            refusals=(StoreUnavailable, SchemaOutdated, SchemaTooNew),
        ),
        Operation(
            "GET", "/metrics", "getMetrics", "Health", "Show the metrics, for Prometheus", metrics,
            (Answer(200, "Prometheus' text format.", "Metrics", media_type="text/plain"),),
            secured=False, blocking=False,
        ),
    ),
    {"Health": answered({"status": {"enum": ["ok"]}}), "Metrics": {"type": "string"}},
)  # fmt: skip
