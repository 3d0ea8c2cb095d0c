"""A PostgreSQL server that waits for its disk, as one in earnest does."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.result import Skipped
from tests.postgresql import Fragile, fragile


@contextmanager
def postgresql() -> Iterator[Fragile]:
    """Run a server until the end of the block."""
    try:
        with fragile() as server:
            yield server
    except pytest.skip.Exception as missing:
        raise Skipped(str(missing)) from None
