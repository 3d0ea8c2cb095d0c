"""Lists that a command shows whole."""

from collections.abc import Callable
from typing import TypeVar

from hookwright_sender.platform.page import Page

T = TypeVar("T")


def everything(read: Callable[[int | None], Page[T]]) -> list[T]:
    """Return the items of all pages; `read` is given the last id of the page before."""
    page = read(None)
    items = list(page.items)
    while page.next is not None:
        page = read(page.next)
        items += page.items
    return items
