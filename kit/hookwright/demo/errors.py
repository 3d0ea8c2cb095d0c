# ruff: noqa: N818  the names say what happened, like those of hookwright_schemas
"""What can keep the demo from holding.

HookwrightError
├── FolderRefused   the folder of --keep holds something already, or cannot be made
├── NoPlace         the operating system refuses a file or a process
├── NotStarted      a receiver or the platform does not start, or does not get ready
├── NotReached      a receiver that had started could not be reached
├── PlatformRefused the platform does not do what its owner asks for
├── DidNotHold      it ran to its end, and something was not as it should be
└── Stopped         a signal ended it
    ├── Interrupted
    ├── Terminated
    └── HungUp
"""

import signal
from typing import ClassVar

from hookwright_schemas import HookwrightError


class FolderRefused(HookwrightError):
    """The folder of --keep holds something already, or cannot be made."""


class NoPlace(HookwrightError):
    """The operating system refuses a file or a process."""

    def __init__(self, error: OSError) -> None:
        where = f" ({error.filename})" if error.filename else ""
        super().__init__(
            f"the demo has no place to work: {error.strerror or error}{where}; "
            "name another folder with TMPDIR or --keep"
        )


class NotStarted(HookwrightError):
    """A receiver or the platform does not start, or does not get ready."""

    exit_code = 3


class NotReached(HookwrightError):
    """A receiver that had started could not be reached."""

    exit_code = 3


class PlatformRefused(HookwrightError):
    """The platform does not do what its owner asks for."""

    exit_code = 1


class DidNotHold(HookwrightError):
    """It ran to its end, and something was not as it should be."""

    exit_code = 1


class Stopped(HookwrightError):
    """A signal ended it; the exit code is the one that a shell gives to such an end."""

    number: ClassVar[signal.Signals]

    def __init__(self) -> None:
        super().__init__(f"stopped by {self.number.name}; no receiver is left running")


class Interrupted(Stopped):
    """SIGINT: Ctrl-C."""

    number = signal.SIGINT
    exit_code = 128 + signal.SIGINT


class Terminated(Stopped):
    """SIGTERM."""

    number = signal.SIGTERM
    exit_code = 128 + signal.SIGTERM


class HungUp(Stopped):
    """SIGHUP: the terminal is gone."""

    number = signal.SIGHUP
    exit_code = 128 + signal.SIGHUP
