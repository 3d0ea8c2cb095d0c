"""Text that a person entered, checked before anything is done with it."""

from hookwright_sender.platform.errors import InvalidValue

MAX_NAME = 200


def check_name(name: object, field: str = "name") -> str:
    """Return the name of an object: 1 to 200 characters that every database can keep."""
    text = check_text(name, field, MAX_NAME)
    if not text.strip():
        raise InvalidValue(field, "is empty: give it a name")
    return text


def check_text(value: object, field: str, longest: int) -> str:
    """Return a text that every database and every encoding can carry. Raises `InvalidValue`."""
    if not isinstance(value, str):
        raise InvalidValue(field, "is no text: give a string")
    if len(value) > longest:
        raise InvalidValue(field, f"is too long: give {longest} characters at most")
    fault = unkeepable(value)
    if fault is not None:
        raise InvalidValue(field, f"{fault}: remove it")
    return value


def unkeepable(text: str) -> str | None:
    """Say what no database or no encoding could carry of a text, None when all is well."""
    # PostgreSQL has no NUL in its texts, and no text of UTF-8 has half of a pair.
    if "\0" in text:
        return "holds a NUL character"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "holds half of a surrogate pair"
    return None
