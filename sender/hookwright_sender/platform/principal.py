"""Who asks, and for which account."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """An account, and who acts for it: `key:<id of an API key>` or `command`.

    Every service takes one first, and sees and touches nothing that is another account's.
    """

    account_id: int
    actor: str

    @classmethod
    def command(cls, account_id: int) -> "Principal":
        """Return the person at the command line, who may act for every account."""
        return cls(account_id, "command")
