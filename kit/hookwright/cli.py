"""The `hookwright` command: loads a sub-command when it is asked for, and maps errors to codes."""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from hookwright.signals import settle
from hookwright_schemas.errors import HookwrightError
from hookwright_schemas.visible import visible

# A command's module is imported only when it runs: `--help` stays fast, and a command
# whose extra is not installed does not disturb the others.
COMMANDS = {
    "new": "Generate a receiver project.",
    "send": "Send one event, or many, to a URL.",
    "check": "Fire every case at a receiver and grade it.",
    "demo": "Run both ends on this machine, end to end.",
    "contract": "List, show and validate against contracts.",
    "serve": "Run the sending platform: its API and a delivery worker.",
    "worker": "Deliver what is due, beside `serve --no-worker`.",
    "db": "Set up the platform's database, or bring it up to date.",
    "keys": "Make keys for the platform's database, or change them.",
    "account": "Accounts of the platform and their API keys.",
    "webhook": "Set, show, test and remove webhooks.",
    "domain": "Prove that a host is yours.",
    "deliveries": "What was delivered and what was not; replay it.",
}

PLATFORM = ("serve", "worker", "db", "keys", "account", "webhook", "domain", "deliveries")
EXTRAS = {"demo": "demo"} | dict.fromkeys(PLATFORM, "platform")
# Modules that another extra brings than their command's.
DRIVERS = {"psycopg": "postgres"}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only to run it."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the commands in the order of the README."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Import `hookwright.commands.<name>` and return its `command`."""
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"hookwright.commands.{name}").command
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def missing_extra(error: ImportError, arguments: list[str]) -> str | None:
    """Say which extra brings the module that is missing, if the command has an extra."""
    extra = EXTRAS.get(arguments[0]) if arguments else None
    # psycopg that is there without libpq names no module, only itself in its text.
    name = error.name or next((driver for driver in DRIVERS if driver in error.msg), None)
    if extra is None or name is None or name.startswith("hookwright"):
        return None
    extra = DRIVERS.get(name, extra)
    return (
        f"`hookwright {arguments[0]}` needs {name}, which is not installed: "
        f"pip install 'hookwright[{extra}]'"
    )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hookwright", prog_name="hookwright")
def hookwright() -> None:
    """Build both ends of a webhook, and test each against the other."""


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; every failure is one line on standard error and an exit code."""
    settle()
    given = sys.argv[1:] if arguments is None else arguments
    if sys.stdin is None:
        # It was closed (`<&-`): whoever reads it then finds nothing, not a missing object.
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115  open until the end
    try:
        code = hookwright.main(given, prog_name="hookwright", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        click.echo(help_wanted.format_message(), err=True)
        sys.exit(2)
    except click.Abort:
        fail("stopped.", 130)
    except click.ClickException as usage:
        where = getattr(usage, "ctx", None)
        hint = f" (`{where.command_path} --help` lists what it takes)" if where else ""
        fail(f"{usage.format_message()}{hint}", usage.exit_code)
    except HookwrightError as error:
        fail(str(error), error.exit_code)
    except ImportError as error:
        message = missing_extra(error, given)
        if message is None:
            raise
        fail(message, 2)
    except BrokenPipeError:
        # The reader (`| head`) has gone. Python would complain again when it flushes at exit.
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        fail(f"{error.strerror or error}: mend that, and run the same command again", 1)
    sys.exit(code if isinstance(code, int) else 0)


def fail(message: str, exit_code: int) -> None:
    """End the process with one line on standard error."""
    # A message may quote what the other side said.
    click.echo(f"hookwright: {visible(' '.join(message.split()))}", err=True)
    sys.exit(exit_code)
