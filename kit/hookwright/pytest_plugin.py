"""Fixtures for a user's own tests: one end of a webhook, to test the other against.

Only fixtures stand here, and everything is imported inside of them: pytest loads this module in
every project where hookwright is installed.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer

    from hookwright.testing.receiver import WebhookReceiver
    from hookwright.testing.sender import WebhookSender
    from hookwright_schemas import Contract


@pytest.fixture
def hookwright_contract() -> "Contract":
    """Return the contract that both fixtures speak: the built-in one, unless overridden."""
    from hookwright_schemas import load_contract  # noqa: PLC0415

    return load_contract()


@pytest.fixture
def webhook_sender(hookwright_contract: "Contract") -> "Iterator[WebhookSender]":
    """Send any event of the contract to a URL, valid or deliberately broken."""
    from hookwright.testing.sender import WebhookSender  # noqa: PLC0415

    with WebhookSender(hookwright_contract) as sender:
        yield sender


@pytest.fixture(scope="session")
def _hookwright_server() -> "Iterator[HTTPServer]":
    # One for the whole run: to stop a server takes half a second.
    try:
        from pytest_httpserver import HTTPServer  # noqa: PLC0415
    except ImportError:
        pytest.fail(
            "webhook_receiver needs pytest-httpserver: pip install 'hookwright[testing]'",
            pytrace=False,
        )
    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
        yield server


@pytest.fixture
def webhook_receiver(
    hookwright_contract: "Contract", _hookwright_server: "HTTPServer"
) -> "Iterator[WebhookReceiver]":
    """Receive, validate and record what the code under test sends."""
    from hookwright.testing.receiver import WebhookReceiver  # noqa: PLC0415

    receiver = WebhookReceiver(hookwright_contract, _hookwright_server)
    yield receiver
    receiver.close()
    _hookwright_server.clear()
