"""The contracts that projects are generated from: the built-in one, and two made-up ones."""

from pathlib import Path

import pytest

from hookwright_schemas import Contract, load_contract

CONTRACTS = Path(__file__).parents[2] / "contracts"


@pytest.fixture(scope="session")
def builtin() -> Contract:
    """The contract that stands behind no `--contract`."""
    return load_contract()


@pytest.fixture(scope="session")
def shop() -> Contract:
    """A contract of other events, told apart in another way."""
    return load_contract(CONTRACTS / "shop")


@pytest.fixture(scope="session")
def ledger() -> Contract:
    """A contract with what the other two leave out."""
    return load_contract(Path(__file__).parent / "ledger")
