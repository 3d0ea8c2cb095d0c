"""The option `--secret`, for every command that has one."""

from collections.abc import Sequence

import click


class SecretText(click.types.StringParamType):
    """A secret or token; several in an environment variable are separated as in a receiver's."""

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Split at commas, which no secret may have; a plain text may have spaces."""
        return [part for part in rv.split(",") if part.strip()]


SECRET = SecretText()
