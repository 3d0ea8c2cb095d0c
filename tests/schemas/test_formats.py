"""The named formats: one function each, for every validator."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookwright_schemas.formats import FORMATS, is_date, is_json_object
from hookwright_schemas.validation import SchemaValidator

DATES = [
    ("2020-03-26", True, "the sample"),
    ("2020-02-29", True, "a leap day"),
    ("2000-02-29", True, "400 years"),
    ("0001-01-01", True, "the first day"),
    ("9999-12-31", True, "the last day"),
    ("1900-02-29", False, "100 years"),
    ("2021-02-29", False, "no leap year"),
    ("2020-02-31", False, "no such day"),
    ("2020-13-01", False, "no such month"),
    ("0000-01-01", False, "no year 0"),
    ("2020-03-26\n", False, "a line end behind it"),
    (" 2020-03-26", False, "a space before it"),
    ("20200326", False, "the basic form, which fromisoformat takes"),
    ("2020-W13-4", False, "a week, which fromisoformat takes"),
    ("2020-086", False, "an ordinal date"),
    ("2020-03-26T00:00:00Z", False, "a date-time"),
    ("\u0662\u0660\u0662\u0660-\u0660\u0663-\u0662\u0666", False, "digits of another script"),
    ("", False, "nothing"),
]


@pytest.mark.parametrize(("text", "holds", "reason"), DATES, ids=[row[-1] for row in DATES])
def test_dates(text: str, holds: bool, reason: str):
    """Exactly YYYY-MM-DD, and a day that exists."""
    assert is_date(text) is holds, reason


@given(st.dates())
def test_every_day_is_a_date(day: date):
    """The calendar of the standard library, written in the one form."""
    assert is_date(day.isoformat())


@given(st.text("0123456789-", min_size=8, max_size=11))
def test_what_is_a_date_is_written_back_the_same(text: str):
    """There is one text for one day."""
    if is_date(text):
        assert date.fromisoformat(text).isoformat() == text


OBJECTS = [
    ("{}", True, "the sample"),
    (' \n{"a":[1]} ', True, "white space"),
    ("[]", False, "an array"),
    ('"{}"', False, "encoded twice"),
    ("", False, "nothing"),
    ('{"a":NaN}', False, "the rules of a body hold inside too"),
    ('{"a":1,"a":1}', False, "no name twice"),
    ("{" * 100_000, False, "too deep"),
]


@pytest.mark.parametrize(("text", "holds", "reason"), OBJECTS, ids=[row[-1] for row in OBJECTS])
def test_json_objects(text: str, holds: bool, reason: str):
    """A strict JSON object in a text."""
    assert is_json_object(text) is holds, reason


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("value", [1, None, [], {}, True])
def test_a_format_is_about_text_alone(name: str, value: object):
    """Another type is the business of `type`, for both validators."""
    validator = SchemaValidator({"format": name})
    assert validator.is_valid(value)
    assert validator._reference.is_valid(value)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_asserted_by_both_validators(name: str):
    """By default a format is an annotation: a validator that is set up wrongly would take this."""
    validator = SchemaValidator({"format": name})
    assert not validator.is_valid("no")
    assert not validator._reference.is_valid("no")


def test_standard_formats_are_not_asserted_by_accident():
    """Only ours exist, so that nothing depends on what a library thinks an e-mail address is."""
    validator = SchemaValidator({"format": "ipv4"})
    assert validator._reference.is_valid("no")
