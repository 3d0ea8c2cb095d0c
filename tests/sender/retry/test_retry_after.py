"""`Retry-After`: seconds or a date, from strangers."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright_sender.retry.retry_after import LONGEST, parse_retry_after

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("value", "expected", "why"),
    [
        ("120", 120.0, "RFC 9110's own example"),
        ("0", 0.0, "at once"),
        ("007", 7.0, "leading zeros are digits"),
        ("0" * 5000 + "7", 7.0, "however many"),
        (" 5\t", 5.0, "white space around a value is none of it"),
        ("99999999999", LONGEST, "too long for anybody"),
        ("9" * 300, LONGEST, "no number of this world"),
        ("9" * 301, None, "no number at all"),
        ("9" * 100_000, None, "something else altogether"),
        ("-5", None, "negative"),
        ("+5", None, "a sign"),
        ("1.5", None, "a fraction"),
        ("1e3", None, "an exponent"),
        ("\N{ARABIC-INDIC DIGIT THREE}", None, "a digit of another script"),
        ("1_000", None, "as Python would take it"),
        ("5, 10", None, "two headers in one"),
        ("5 s", None, "with a unit"),
        ("0x10", None, "hexadecimal"),
        ("nan", None, "what float() takes"),
        ("", None, "empty"),
        (None, None, "no such header"),
        ("soon", None, "words"),
        ("Wed, 25 Nov 2026 12:02:00 GMT", 120.0, "IMF-fixdate"),
        ("Wednesday, 25-Nov-26 12:02:00 GMT", 120.0, "RFC 850"),
        ("Wed Nov 25 12:02:00 2026", 120.0, "asctime"),
        ("Wed Nov  4 12:02:00 2026", 0.0, "asctime, a day of one digit; it has passed"),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0.0, "RFC 9110's other example, long ago"),
        ("Friday, 31-Dec-99 23:59:59 GMT", 0.0, "1999: it is more than 50 years to 2099"),
        ("Sunday, 01-Jan-76 00:00:00 GMT", LONGEST, "2076 is not more than 50 years away"),
        ("Thu, 26 Nov 2026 00:00:60 GMT", 43260.0, "a leap second"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST, "never"),
        ("Mon, 25 Nov 2026 12:02:00 GMT", 120.0, "the wrong day of the week says nothing"),
        ("Sun, 29 Feb 2026 12:00:00 GMT", None, "no such day"),
        ("Sun, 29 Feb 0000 12:00:00 GMT", None, "no such year"),
        ("Wed, 25 Nov 2026 24:00:00 GMT", None, "no such hour"),
        ("Wed, 25 Nov 2026 12:60:00 GMT", None, "no such minute"),
        ("Wed, 25 Nov 2026 12:02:00 UTC", None, "another zone's name"),
        ("Wed, 25 Nov 2026 12:02:00 +0000", None, "an e-mail's date"),
        ("2026-11-25T12:02:00Z", None, "RFC 3339"),
        ("Wed, 25 Nov 2026 12:02:00 GMT\nx", None, "more behind it"),
        ("wed, 25 nov 2026 12:02:00 gmt", None, "HTTP dates are case-sensitive"),
        (
            "Wed, 2\N{ARABIC-INDIC DIGIT FIVE} Nov 2026 12:02:00 GMT",
            None,
            "a digit of another script in a date",
        ),
    ],
)
def test_what_is_understood(value, expected, why):
    """Seconds from now, or nothing: the ladder is followed then."""
    assert parse_retry_after(value, NOW) == expected, why


@given(st.text())
def test_anything_may_come(value):
    """Whatever it is, it is a time that can be waited for, or nothing."""
    found = parse_retry_after(value, NOW)
    assert found is None or 0 <= found <= LONGEST


@given(st.integers(0, 86400 * 365), st.sampled_from(["imf", "rfc850", "asctime"]))
def test_every_date_means_the_same(seconds, form):
    """In the three forms, as others write them."""
    date = datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=seconds)
    text = {
        "imf": format_datetime(date, usegmt=True),
        "rfc850": date.strftime("%A, %d-%b-%y %H:%M:%S GMT"),
        "asctime": date.ctime(),
    }[form]
    assert parse_retry_after(text, NOW) == seconds
