# ruff: noqa: N818  the names say what happened
"""What can keep a command of the platform from doing its work.

HookwrightError
├── CannotListen       nothing can listen on that address and port
├── NoDatabase         there is no database yet where one is looked for
├── UnusableDatabase   what is there is no database, or gives no leave to use it
├── Failed             a part of a process ended with an error that nobody expected
├── NotConfirmed       somebody has to say yes, and nobody can be asked, or said no
├── NoAccount          no account was named, and there is not exactly one
├── NotDelivered       a test or a replay did not end in a delivery
└── NotProven          a host was looked at, and is not proven
    └── Undecided      the name servers gave no answer
"""

from hookwright_schemas import HookwrightError


class CannotListen(HookwrightError):
    """Nothing can listen on that address and port."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        self.host = host
        self.port = port
        self.reason = reason
        super().__init__(
            f"cannot listen on {host}, port {port}: {reason.lower()}. End what listens there, or "
            "choose another with --port (0: any that is free)"
        )


class NoDatabase(HookwrightError):
    """There is no database where one is looked for, and this command makes none."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        super().__init__(
            f"there is no database {shown} yet: `hookwright serve` and `hookwright db upgrade` "
            "make it; HOOKWRIGHT_DATABASE_URL names another"
        )


class UnusableDatabase(HookwrightError):
    """What is found is no database, or one in which this may not be done."""

    exit_code = 3

    def __init__(self, shown: str, reason: str) -> None:
        self.shown = shown
        self.reason = reason
        super().__init__(
            f"the database {shown} cannot be used: {reason}. Mend that, or name another with "
            "HOOKWRIGHT_DATABASE_URL"
        )


class Failed(HookwrightError):
    """A part of a process ended with an error that nobody expected; it is in the log."""

    exit_code = 1

    def __init__(self, part: str, error: BaseException) -> None:
        self.part = part
        super().__init__(
            f"the {part} failed ({type(error).__name__}), the line before says where: please "
            "report that, and start it again; what was accepted is kept"
        )


class NotConfirmed(HookwrightError):
    """Somebody has to say yes first."""

    def __init__(self, question: str, *, asked: bool) -> None:
        self.question = question
        self.asked = asked
        super().__init__(
            "nothing was done"
            if asked
            else f"{question} There is no terminal to answer at: add --yes"
        )


class NoAccount(HookwrightError):
    """No account was named, and it cannot be told which is meant."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(
            "there is no account yet: `hookwright account create NAME` makes one"
            if count == 0
            else f"there are {count} accounts: add --account ID, one of `hookwright account list`"
        )


class NotDelivered(HookwrightError):
    """A test did not end in a delivery."""

    exit_code = 1


class NotProven(HookwrightError):
    """A host was looked at, and its ownership is not proven."""

    exit_code = 1


class Undecided(HookwrightError):
    """The name servers gave no answer, so nothing is known."""

    exit_code = 3
