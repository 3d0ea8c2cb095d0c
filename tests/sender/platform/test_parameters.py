"""What an additional parameter may be, as a table."""

import pytest

from hookwright_sender.platform.errors import (
    InvalidParameter,
    ParametersTooLarge,
    ReservedParameter,
    TooManyParameters,
    UnknownMask,
)
from hookwright_sender.platform.parameters import (
    LARGEST,
    MASK,
    MOST,
    check_parameters,
    is_mask,
    masked,
    unmasked,
)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("token", "s3cret", None),
        ("token", "", None),
        ("n", 5, None),
        ("n", 1e300, None),
        ("on", False, None),
        ("nothing", None, None),
        ("emoji 🪝", "naïve", None),
        # What looks like a mask and is a text is a text.
        ("mask", "••••", None),
        ("mask", '{"masked": true}', None),
        ("mask", MASK, None),
        ("", "x", InvalidParameter),
        ("half \ud800", "x", InvalidParameter),
        ("nul \0", "x", InvalidParameter),
        ("n", float("nan"), InvalidParameter),
        ("n", float("inf"), InvalidParameter),
        ("n", [1], InvalidParameter),
        ("n", {}, InvalidParameter),
        ("n", {"masked": False}, InvalidParameter),
        ("n", {"masked": 1}, InvalidParameter),
        ("n", {"masked": True, "more": 1}, InvalidParameter),
        ("half", "\udc00", InvalidParameter),
        ("nul", "a\0b", InvalidParameter),
        ("data", "x", ReservedParameter),
        ("type", MASK, ReservedParameter),
        ("extended_info", "x", ReservedParameter),
        ("domain_nickname", "x", ReservedParameter),
    ],
)
def test_what_a_parameter_may_be(contract, name, value, error):
    """Scalars under a name of their own, and nothing that no message could carry."""
    if error is None:
        check_parameters({name: value}, contract)
        return
    with pytest.raises(error) as caught:
        check_parameters({name: value}, contract)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_every_documented_field_is_reserved(contract):
    """Not just those of the event that the webhook is for."""
    for event in contract.events:
        for field in event.fields:
            with pytest.raises(ReservedParameter):
                check_parameters({field.name: "x"}, contract)


def test_there_are_fifty_at_most(contract):
    """Fifty are allowed, fifty-one are not."""
    check_parameters({str(n): n for n in range(MOST)}, contract)
    with pytest.raises(TooManyParameters) as caught:
        check_parameters({str(n): n for n in range(MOST + 1)}, contract)
    assert (caught.value.count, caught.value.limit) == (51, 50)


def test_they_take_eight_kibibytes_on_the_wire_at_most(contract):
    r"""Counted as written: braces, names, and `é` as `\u00e9`."""
    fitting = "x" * (LARGEST - len('{"a":""}'))
    assert unmasked({"a": fitting}, {}, contract) == {"a": fitting}
    with pytest.raises(ParametersTooLarge) as caught:
        unmasked({"a": fitting + "x"}, {}, contract)
    assert (caught.value.size, caught.value.limit) == (LARGEST + 1, LARGEST)
    with pytest.raises(ParametersTooLarge):
        unmasked({"a": "é" * (LARGEST // 6)}, {}, contract)


def test_masks_count_with_what_they_stand_for(contract):
    """A mask is short and its value may not be."""
    stored = {"a": "x" * 5000}
    with pytest.raises(ParametersTooLarge):
        unmasked({"a": MASK, "b": "x" * 4000}, stored, contract)


def test_a_mask_keeps_what_is_stored_of_its_name(contract):
    """By name, in the order in which they were sent, and only those that were sent."""
    stored = {"a": "1234", "b": None, "c": False}
    merged = unmasked({"c": MASK, "b": MASK, "d": 5}, stored, contract)
    assert list(merged.items()) == [("c", False), ("b", None), ("d", 5)]


def test_a_mask_without_a_value_is_an_error(contract):
    """Nobody finds out later that the mask itself was sent."""
    with pytest.raises(UnknownMask, match="'b' is masked"):
        unmasked({"a": MASK, "b": MASK}, {"a": 1}, contract)


def test_everything_is_masked():
    """Whatever the type: a number may be a PIN."""
    shown = masked({"a": "s3cret", "b": 1234, "c": True, "d": None, "e": ""})
    assert list(shown) == ["a", "b", "c", "d", "e"]
    assert all(is_mask(value) for value in shown.values())
