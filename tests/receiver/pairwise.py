"""Of a product of answers, as few rows as show each value of one beside each value of another."""

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any


def pairwise(*values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return rows of the product in which any two values of two columns meet.

    ("a", "b"), (1, 2), ("x", "y") -> four rows instead of eight
    """
    rows = list(product(*values))
    pairs = {row: set(combinations(enumerate(row), 2)) for row in rows}
    left = set().union(*pairs.values())
    chosen = []
    while left:
        best = max(rows, key=lambda row: len(pairs[row] & left))
        chosen.append(best)
        left -= pairs[best]
    return chosen
