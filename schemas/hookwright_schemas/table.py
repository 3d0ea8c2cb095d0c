"""Reads the tables of a `contract.toml`, and names the file and the key of what is wrong."""

from collections.abc import Mapping
from typing import Any

from .errors import ContractError


class Table:
    """A table whose values are taken out one by one, so that what is left over is unknown."""

    def __init__(self, values: Any, file: str, prefix: str = "") -> None:
        self.file = file
        self.prefix = prefix
        if not isinstance(values, Mapping):
            raise ContractError(file, prefix.rstrip("."), "must be a table")
        self._left = dict(values)
        self._known: list[str] = []

    def error(self, key: str, problem: str) -> ContractError:
        """Return the error of one key of this table."""
        return ContractError(self.file, f"{self.prefix}{key}", problem)

    def value(self, key: str) -> Any:
        """Take a value of any type; None where there is none."""
        self._known.append(key)
        return self._left.pop(key, None)

    def text(self, key: str) -> str:
        """Take a text that must be there, and on one line."""
        found = self.optional_text(key)
        if found is None:
            raise self.error(key, "is missing: give it a text")
        return found

    def optional_text(self, key: str) -> str | None:
        """Take a text, on one line and not empty; None where there is none."""
        found = self.value(key)
        if found is None:
            return None
        if not isinstance(found, str) or not found.strip() or not found.isprintable():
            raise self.error(key, "must be a text on one line")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """Take an array of different texts; an empty one where there is none."""
        found = self.value(key)
        if found is None:
            return ()
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise self.error(key, "must be an array of texts")
        if len(set(found)) != len(found):
            raise self.error(key, "has the same text twice")
        return tuple(found)

    def table(self, key: str) -> "Table | None":
        """Take a table inside this one; None where there is none."""
        found = self.value(key)
        return None if found is None else Table(found, self.file, f"{self.prefix}{key}.")

    def tables(self, key: str) -> list["Table"]:
        """Take an array of tables, at least one."""
        found = self.value(key)
        if not isinstance(found, list) or not found:
            raise self.error(key, f"is missing: describe each one in a table [[{key}]]")
        return [
            Table(each, self.file, f"{self.prefix}{key}[{number}].")
            for number, each in enumerate(found)
        ]

    def finish(self) -> None:
        """Refuse what nobody has taken."""
        for key in self._left:
            raise self.error(key, f"is not known here: use {', '.join(self._known)}")
