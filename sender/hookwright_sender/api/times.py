"""Moments in the API: RFC 3339 in UTC, to the millisecond."""

import re
from datetime import UTC, datetime, timedelta

# Years that Unix time and every client can do something with.
PATTERN = (
    "^(19[7-9][0-9]|20[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]"
    "([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)([.][0-9]{1,9})?"
    "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
_MOMENT = re.compile(PATTERN)
_LEAP = "60"


def written(moment: float | None) -> str | None:
    """Write Unix seconds: 0.5 -> `1970-01-01T00:00:00.500Z`; None stays None."""
    if moment is None:
        return None
    # Rounded down, so that what is later is never written as earlier.
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def read(text: str) -> float:
    """Read a moment with its offset as Unix seconds; raises `ValueError`."""
    found = _MOMENT.match(text)
    if found is None or len(text) != found.end():
        raise ValueError("must be a moment with its offset, such as 2026-11-25T18:00:00Z")
    upper = text.upper()
    # RFC 3339 allows for leap seconds, Unix time does not: the next minute begins.
    leap = upper[17:19] == _LEAP
    if leap:
        upper = upper[:17] + "59" + upper[19:]
    try:
        moment = datetime.fromisoformat(upper)
    except ValueError:
        raise ValueError("must be a day of the calendar, such as 2026-11-25T18:00:00Z") from None
    return (moment + timedelta(seconds=leap)).timestamp()
