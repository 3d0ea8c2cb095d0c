"""The two contracts of the suite: the built-in one, and one that shares nothing with it."""

from pathlib import Path

import pytest

from hookwright_schemas import Contract, load_contract

SHOP = Path(__file__).parents[1] / "contracts" / "shop"


@pytest.fixture(scope="session")
def joturl() -> Contract:
    """The built-in contract."""
    return load_contract()


@pytest.fixture(scope="session")
def shop() -> Contract:
    """The made-up contract, whose events a header tells apart."""
    return load_contract(SHOP)


@pytest.fixture(scope="session", params=[None, SHOP], ids=["joturl", "shop"])
def contract(request: pytest.FixtureRequest) -> Contract:
    """Each of the two in turn."""
    return load_contract(request.param)
