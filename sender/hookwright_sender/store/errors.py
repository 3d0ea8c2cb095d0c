# ruff: noqa: N818  the names say what happened, like those of hookwright_schemas
"""What can be wrong with a database.

SenderError
├── InvalidDatabaseURL   no database can be named by that
├── StoreUnavailable     it does not answer, is locked, or is full: try again
├── SchemaOutdated       its tables are older than this version wants
└── SchemaTooNew         its tables were upgraded by a later version
"""

from hookwright_sender.errors import SenderError


class InvalidDatabaseURL(SenderError):
    """A database's URL that names none; the URL may hold a password and is not shown."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"HOOKWRIGHT_DATABASE_URL cannot be used: {reason}. Give sqlite:///path/to/file.db or "
            "postgresql://user@host/name"
        )


class StoreUnavailable(SenderError):
    """The database does not do what it is asked; nothing was changed, and a later try may do."""

    exit_code = 3

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(
            f"the database {url} cannot be used: {reason}. Mend that; what was accepted is kept"
        )


class SchemaOutdated(SenderError):
    """The tables are missing, or older than this version."""

    def __init__(self) -> None:
        super().__init__("the database has to be upgraded first: run `hookwright db upgrade`")


class SchemaTooNew(SenderError):
    """The tables were upgraded by a later version of hookwright."""

    def __init__(self) -> None:
        super().__init__(
            "the database was upgraded by a later version of hookwright: install that version"
        )
