"""How the commands write what the platform knows: times, ids, and text of strangers."""

import re
from datetime import UTC, datetime, timedelta

import click

LARGEST_ID = 2**63 - 1
# 2095-01-01: ids have no room for times that are much later.
LATEST = 3_944_678_400.0
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
AGE = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)


def moment(seconds: float | None) -> str | None:
    """Return Unix seconds as the API writes them.

    >>> moment(1795629600.25)
    '2026-11-25T18:00:00.250Z'
    """
    if seconds is None:
        return None
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def shown_moment(seconds: float | None) -> str:
    """Return Unix seconds for a table: `2026-11-25 18:00:00`, UTC; a dash for none."""
    if seconds is None:
        return "-"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def printable(text: object) -> str:
    """Return text without anything that a terminal would obey: it may be a stranger's."""
    return "".join(
        character if character.isprintable() else " " if character in "\t\r\n" else "�"
        for character in str(text)
    )


def read_id(text: str) -> int:
    """Read an id of the platform: a decimal of at most 63 bits. Raises `click.BadParameter`."""
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:20]) <= LARGEST_ID:
        raise click.BadParameter(f"{text[:40]!r} is no id, such as 121212121212121212.")
    return int(text[:20])


def read_age(text: str) -> float:
    """Read a span of time, `90s`, `30m`, `12h`, `30d` or `4w`, as seconds."""
    found = AGE.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text[:40]!r} is no time, such as 90s, 30m, 12h or 30d.")
    return float(int(found[1]) * SECONDS[found[2]])


def read_moment(text: str) -> float:
    """Read a point in time, `2026-11-25`, `2026-11-25T18:00:00Z`, or how long ago, `12h`.

    Returns Unix seconds; a time without a zone is UTC.
    """
    found = AGE.fullmatch(text)
    try:
        if found is not None:
            ago = timedelta(seconds=int(found[1]) * SECONDS[found[2]])
            return (datetime.now(UTC) - ago).timestamp()
        parsed = datetime.fromisoformat(text)
        seconds = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
        if seconds > LATEST:
            raise ValueError(text)  # noqa: TRY301  told below, like every other one
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{text[:40]!r} is no time, such as 2026-11-25, 2026-11-25T18:00:00Z or 12h (ago)."
        ) from None
    return seconds
