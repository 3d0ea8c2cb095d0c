# ruff: noqa: N818  the names say what happened, like those of hookwright_schemas
"""What can stop a run before there is anything to report.

HookwrightError
├── BadOption          exit 2: the way it was called
├── NoEnvironment      exit 2: a project's dependencies cannot be had
└── Unreachable        exit 3: nobody answers, or the project does not start
"""

from hookwright_schemas import HookwrightError


class BadOption(HookwrightError):
    """An option of the run that cannot be meant; the message names the remedy."""


class NoEnvironment(HookwrightError):
    """A project's dependencies could not be found or installed."""


class Unreachable(HookwrightError):
    """The receiver cannot be reached, or the project does not start."""

    exit_code = 3
