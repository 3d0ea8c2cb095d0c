"""The additional parameters of a custom webhook: what they may be, and how they are shown."""

from collections.abc import Mapping
from typing import Any, Final

from hookwright_schemas import Contract
from hookwright_sender.event import Scalar, is_scalar
from hookwright_sender.platform.errors import (
    InvalidParameter,
    ParametersTooLarge,
    ReservedParameter,
    TooManyParameters,
    UnknownMask,
)
from hookwright_sender.platform.text import unkeepable

MOST = 50
# Bytes on the wire, braces included.
LARGEST = 8 * 1024
# A value is a scalar and this is an object, so that no value can be taken for a mask.
MASK: Final[Mapping[str, bool]] = {"masked": True}


def is_mask(value: object) -> bool:
    """Tell whether a value stands for the one that is stored."""
    return isinstance(value, Mapping) and len(value) == 1 and value.get("masked") is True


def masked(parameters: Mapping[str, Scalar]) -> dict[str, Mapping[str, bool]]:
    """Return parameters as they are shown: every name, and no value of any type.

    >>> masked({"token": "s3cret", "retries": 3})
    {'token': {'masked': True}, 'retries': {'masked': True}}
    """
    return dict.fromkeys(parameters, MASK)


def check_parameters(parameters: Mapping[str, Any], contract: Contract) -> None:
    """Refuse what no message could carry, as far as that shows before masks are replaced."""
    if len(parameters) > MOST:
        raise TooManyParameters(len(parameters), MOST)
    for name, value in parameters.items():
        _check_name(name, contract)
        if not is_mask(value):
            _check_value(name, value)


def unmasked(
    parameters: Mapping[str, Any], stored: Mapping[str, Scalar], contract: Contract
) -> dict[str, Scalar]:
    """Return parameters with the stored values in place of masks. Raises `UnknownMask`."""
    merged: dict[str, Scalar] = {}
    for name, value in parameters.items():
        if not is_mask(value):
            merged[name] = value
        elif name in stored:
            merged[name] = stored[name]
        else:
            raise UnknownMask(name)
    size = len(contract.encode(merged))
    if size > LARGEST:
        raise ParametersTooLarge(size, LARGEST)
    return merged


def _check_name(name: str, contract: Contract) -> None:
    if not name:
        raise InvalidParameter(name, "has no name: give it one")
    fault = unkeepable(name)
    if fault is not None:
        raise InvalidParameter(name, f"{fault} in its name: rename it")
    if name in contract.reserved:
        raise ReservedParameter(name)


def _check_value(name: str, value: object) -> None:
    if not is_scalar(value):
        raise InvalidParameter(name, "must be a string, a number, a boolean or null")
    fault = unkeepable(value) if isinstance(value, str) else None
    if fault is not None:
        raise InvalidParameter(name, f"{fault}: remove it")
