"""What the engine tells of itself."""

from prometheus_client import CollectorRegistry, generate_latest

from hookwright_sender.metrics import Meter, Metrics, Silent


def tell(meter: Meter):
    """Tell one of everything."""
    meter.attempted("success", 0.01)
    meter.delivered(0.02)
    meter.turned(0.005, 3, 2, 1)
    meter.failed()
    meter.stumbled()
    meter.changed("disabled")
    meter.holding(4, 5)


def test_everything_is_counted():
    """Under names that say what they are."""
    registry = CollectorRegistry()
    tell(Metrics(registry))
    text = generate_latest(registry).decode()
    for line in (
        'hookwright_attempts_total{outcome="success"} 1.0',
        "hookwright_attempt_seconds_count 1.0",
        "hookwright_delivery_lag_seconds_count 1.0",
        "hookwright_claims_total 3.0",
        "hookwright_outcomes_recorded_total 2.0",
        "hookwright_outcomes_outdated_total 1.0",
        "hookwright_store_failures_total 1.0",
        "hookwright_unusable_deliveries_total 1.0",
        'hookwright_webhook_changes_total{change="disabled"} 1.0',
        "hookwright_attempts_running 4.0",
        "hookwright_claims_waiting 5.0",
    ):
        assert line in text


def test_it_can_be_told_to_nobody():
    """By default."""
    tell(Silent())
