"""`hookwright keys`: the keys that everything stored is encrypted with."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hookwright_sender.encryption.key_file import KeyFile
    from hookwright_sender.encryption.key_ring import KeyRing
    from hookwright_sender.store.rotation import Rotation


@click.group("keys", short_help="Make and rotate encryption keys.")
def command() -> None:
    """Make a key for HOOKWRIGHT_KEYS, or encrypt everything with the newest one."""


@command.command("generate")
def generate() -> None:
    """Print a new key, and nothing else."""
    from hookwright_sender.encryption.key_ring import new_key  # noqa: PLC0415  `--help` stays fast

    click.echo(new_key())


@command.command("rotate")
def rotate_keys() -> None:
    """Encrypt everything that is stored with the newest key.

    Put a new key before the others in HOOKWRIGHT_KEYS and restart whatever uses the database;
    then run this beside it. It says which keys may go. Where there is a key file instead, it puts
    the new key there by itself, and nothing else may be running at that moment. It may be stopped
    and run again at any time. Exits with 1 when there are values that cannot be decrypted.
    """
    from hookwright.console import progress  # noqa: PLC0415
    from hookwright.platform.opening import existing  # noqa: PLC0415
    from hookwright_sender.errors import UnreadableValues  # noqa: PLC0415
    from hookwright_sender.settings import Settings  # noqa: PLC0415
    from hookwright_sender.store.keys import key_file_of, open_for_rotation  # noqa: PLC0415
    from hookwright_sender.store.rotation import outdated, rotate  # noqa: PLC0415

    settings = Settings.read()
    with existing(settings) as database:
        ring, file = open_for_rotation(database, settings.keys, key_file_of(database))
        with progress("re-encrypted", outdated(database, ring)) as advance:
            rotation = rotate(database, ring, advance)
    if file is not None:
        file.keep(rotation.used)
    report(ring, rotation, file)
    if rotation.unreadable:
        raise UnreadableValues(rotation.unreadable)


def report(ring: "KeyRing", rotation: "Rotation", file: "KeyFile | None") -> None:
    """Say what is encrypted with what, and what may go."""
    click.echo(f"{rotation.rewritten} values re-encrypted; the newest key is {rotation.newest}.")
    if rotation.used:
        click.echo(f"Still needed: {', '.join(rotation.used)}.")
    removable = [each for each in ring.ids[1:] if each not in rotation.used]
    if file is not None:
        click.echo(f"{file.path} has what is needed; copy it to where your copies are.")
    elif removable:
        click.echo(
            f"May be taken out of HOOKWRIGHT_KEYS: {', '.join(removable)} (keep them for as long "
            "as there are backups from before)."
        )
    elif not rotation.used:
        click.echo(
            "HOOKWRIGHT_KEYS has no older key: to change the key, put what `hookwright keys "
            "generate` prints before it, restart, and rotate again."
        )
