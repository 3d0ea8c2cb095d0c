"""The examples in the docstrings."""

import doctest

import pytest

from hookwright_sender.encryption import envelope, masking


@pytest.mark.parametrize("module", [envelope, masking])
def test_the_examples_are_true(module):
    """Each gives what it says."""
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed
