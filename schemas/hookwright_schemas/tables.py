"""A table of a TOML file that is read key by key, so that every complaint names the file and the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookwright_schemas.errors import ContractError

if TYPE_CHECKING:
    import re


class Table:
    """One table; `finish` refuses the keys that nobody asked for."""

    def __init__(self, file: str, data: dict[str, Any], prefix: str = "") -> None:
        self._file = file
        self._data = data
        self._prefix = prefix
        self._read: set[str] = set()

    def error(self, key: str, reason: str) -> ContractError:
        """Make the error for a key of this table."""
        return ContractError(self._file, self._prefix + key, reason)

    def finish(self) -> None:
        """Refuse what was not read: most likely it is misspelt."""
        for key in self._data:
            if key not in self._read:
                known = ", ".join(sorted(self._read))
                raise self.error(key, f"unknown key; here stand {known}")

    def optional(
        self, key: str, pattern: re.Pattern[str] | None = None, what: str = ""
    ) -> str | None:
        """Read a text, or None where the key is missing."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value or not value.isprintable():
            raise self.error(key, "it must be a text of one line that is not empty")
        if pattern is not None and not pattern.fullmatch(value):
            raise self.error(key, f"it must be {what}")
        return value

    def text(self, key: str, pattern: re.Pattern[str] | None = None, what: str = "") -> str:
        """Read a text that must be there."""
        value = self.optional(key, pattern, what)
        if value is None:
            raise self.error(key, "it is missing")
        return value

    def choice(self, key: str, known: tuple[str, ...]) -> str:
        """Read a text that is one of a few."""
        value = self.text(key)
        if value not in known:
            raise self.error(key, f"it must be one of {', '.join(known)}")
        return value

    def texts(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        """Read a list of texts; one at least where it is required."""
        value = self._take(key)
        if value is None and not required:
            return ()
        good = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
        if not good or (required and not value):
            raise self.error(key, "it must be a list of texts that are not empty")
        return tuple(value)  # type: ignore[arg-type]

    def table(self, key: str, *, required: bool = True) -> Table:
        """Read a table."""
        value = self._take(key)
        if value is None and not required:
            value = {}
        if not isinstance(value, dict):
            raise self.error(key, f"it must be a table, [{key}]")
        return Table(self._file, value, f"{self._prefix}{key}.")

    def tables(self, key: str) -> tuple[Table, ...]:
        """Read a list of tables, one at least."""
        value = self._take(key)
        if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
            raise self.error(key, f"it must be a list of tables, [[{key}]]")
        return tuple(
            Table(self._file, one, f"{self._prefix}{key}[{index}].")
            for index, one in enumerate(value)
        )

    def _take(self, key: str) -> Any:
        self._read.add(key)
        return self._data.get(key)
