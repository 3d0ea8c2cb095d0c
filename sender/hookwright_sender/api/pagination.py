"""Pages of a list: `?limit=&cursor=` in, `{"items", "next"}` out, newest first."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from hookwright_sender.api.table import Parameter

LIMIT = 20
MAX_LIMIT = 100
# 63 bits in 64, in 11 characters of 6: the first of all and the last two are zero.
CURSOR = "^[A-Za-f][A-Za-z0-9_-]{9}[AEIMQUYcgkosw048]$"
T_co = TypeVar("T_co", covariant=True)


class Page(Protocol[T_co]):
    """What the services answer with: `next` is the last id, if there is more."""

    @property
    def items(self) -> Sequence[T_co]:
        """The objects of this page."""

    @property
    def next(self) -> int | None:
        """The id after which the next page begins."""


def written(last: int | None) -> str | None:
    """Write the cursor of the page after an id."""
    if last is None:
        return None
    return urlsafe_b64encode(last.to_bytes(8, "big")).rstrip(b"=").decode()


def read(cursor: str) -> int:
    """Read a cursor; raises `ValueError` for a text that is none.

    It holds a place among the caller's own objects and nothing else: whoever makes one up comes to
    another place among them.
    """
    try:
        last = int.from_bytes(urlsafe_b64decode(cursor.encode("ascii") + b"="), "big")
    except (UnicodeEncodeError, binascii.Error):
        last = -1
    if last < 0 or written_or_none(last) != cursor:
        raise ValueError("is no cursor: give the `next` of a page, or leave it out")
    return last


def written_or_none(last: int) -> str | None:
    """Write a cursor, or None for a number that is no id."""
    return written(last) if last < 1 << 63 else None


def read_limit(text: str) -> int:
    """Read how many objects a page may have; raises `ValueError`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):  # noqa: PLR2004  digits of MAX_LIMIT
        raise ValueError(f"must be a number from 1 to {MAX_LIMIT}")
    return int(text)


PARAMETERS = (
    Parameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": LIMIT},
        "How many objects a page has at most.",
        read_limit,
        example=LIMIT,
    ),
    Parameter(
        "cursor",
        {"type": "string", "pattern": CURSOR},
        "The `next` of the page before; without it the first page, with the newest, is answered.",
        read,
    ),
)


def shown(page: Page[T_co], show: Callable[[T_co], dict[str, Any]]) -> dict[str, Any]:
    """Return the body of a page."""
    return {"items": [show(item) for item in page.items], "next": written(page.next)}
