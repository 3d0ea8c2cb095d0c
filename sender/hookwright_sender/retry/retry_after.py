"""The `Retry-After` of an answer (RFC 9110, section 10.2.3)."""

import re
from datetime import UTC, datetime

# Nobody waits for longer, and it keeps every sum with a time within a float's whole seconds.
LONGEST = 366 * 86400.0
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# RFC 850 has two digits for the year; one that seems further ahead than this is of the past.
CENTURY_AHEAD = 50

DELAY_SECONDS = re.compile(r"0*([0-9]{1,300})", re.ASCII)
TIME = r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d):(?P<second>[0-5]\d|60)"
MONTH = f"(?P<month>{'|'.join(MONTHS)})"
SHORT_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
LONG_DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
# Section 5.6.7: the one that is to be sent, and two older ones that must be understood.
DATES = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"{SHORT_DAY}, (?P<day>\d\d) {MONTH} (?P<year>\d{{4}}) {TIME} GMT",
        rf"{LONG_DAY}, (?P<day>\d\d)-{MONTH}-(?P<year>\d\d) {TIME} GMT",
        rf"{SHORT_DAY} {MONTH} (?P<day>\d\d| \d) {TIME} (?P<year>\d{{4}})",
    )
)


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return for how many seconds from `now` (Unix seconds) a receiver wants to be left alone.

    `120` -> 120.0; `Fri, 31 Dec 1999 23:59:59 GMT` -> the seconds until then, 0.0 when it has
    passed. None for anything else: a negative number, a fraction, two values in one. A year and a
    day is the most that is returned.
    """
    text = (value or "").strip(" \t")
    seconds = DELAY_SECONDS.fullmatch(text)
    if seconds is not None:
        return min(float(seconds[1]), LONGEST)
    for pattern in DATES:
        date = pattern.fullmatch(text)
        if date is not None:
            return _until(date, now)
    return None


def _until(date: "re.Match[str]", now: float) -> float | None:
    year = int(date["year"])
    if len(date["year"]) == len("99"):
        this_year = datetime.fromtimestamp(now, UTC).year
        year += this_year - this_year % 100
        year -= 100 if year > this_year + CENTURY_AHEAD else 0
    hour, minute, second = (int(date[part]) for part in ("hour", "minute", "second"))
    try:
        day = datetime(year, MONTHS.index(date["month"]) + 1, int(date["day"]), tzinfo=UTC)
    except ValueError:
        return None
    # A leap second is the first of the next minute, as Unix time has it.
    moment = day.timestamp() + hour * 3600 + minute * 60 + second
    return min(max(moment - now, 0.0), LONGEST)
