"""`hookwright keys`: one new key, or everything under the newest."""

import subprocess
import sys

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from hookwright.commands.keys import command
from hookwright.platform.errors import NoDatabase
from hookwright_sender.encryption.key_file import KeyFile
from hookwright_sender.encryption.key_ring import KeyRing, id_of, new_key
from hookwright_sender.errors import (
    KeyFileUnusable,
    KeysNotSet,
    MissingKey,
    UnreadableValues,
)
from hookwright_sender.store.database import Database
from hookwright_sender.store.keys import key_file_of, open_key_ring
from hookwright_sender.store.schema import upgrade
from hookwright_sender.store.tables import webhooks
from tests.sender.store.rotation_killed import fill, stored

OLD, NEW = new_key(), new_key()


@pytest.fixture
def database(tmp_path, monkeypatch, prepared):
    """A database with the tables of the platform, which the environment names."""
    url = prepared.back("SQLite", "tables", tmp_path).url
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", url)
    monkeypatch.delenv("HOOKWRIGHT_KEYS", raising=False)
    with Database(url) as opened:
        yield opened


def run(*arguments):
    """Run `hookwright keys ...` and return its result; an error of ours is raised."""
    result = CliRunner().invoke(command, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def test_generate_prints_a_key_and_nothing_else():
    """So that `export HOOKWRIGHT_KEYS=$(hookwright keys generate)` works."""
    first, second = run("generate"), run("generate")
    assert first.stderr == ""
    assert first.stdout.endswith("\n")
    assert len(KeyRing.parse(first.stdout).ids) == 1
    assert first.stdout != second.stdout


def test_rotate_says_what_may_be_removed(database, monkeypatch):
    """With how far it is on standard error."""
    values = fill(database, open_key_ring(database, OLD, None), 8)
    monkeypatch.setenv("HOOKWRIGHT_KEYS", f"{NEW},{OLD}")
    result = run("rotate")
    assert result.stdout == (
        f"40 values re-encrypted; the newest key is {id_of(NEW)}.\n"
        f"May be taken out of HOOKWRIGHT_KEYS: {id_of(OLD)} (keep them for as long as there are "
        "backups from before).\n"
    )
    assert result.stderr.splitlines()[-1] == "re-encrypted: 40 of 40"
    monkeypatch.setenv("HOOKWRIGHT_KEYS", NEW)
    assert stored(database, open_key_ring(database, NEW, None)) == values
    again = run("rotate")
    assert again.stdout == (
        f"0 values re-encrypted; the newest key is {id_of(NEW)}.\n"
        "HOOKWRIGHT_KEYS has no older key: to change the key, put what `hookwright keys generate` "
        "prints before it, restart, and rotate again.\n"
    )
    assert again.stderr == ""


def test_rotate_with_a_key_file_needs_nothing_else(database):
    """It makes the new key, and takes the old one out of the file."""
    file = key_file_of(database)
    ring = open_key_ring(database, None, file)
    values = fill(database, ring, 2)
    before = ring.newest
    del ring
    result = run("rotate")
    ring = open_key_ring(database, None, file)
    assert len(ring.ids) == 1
    assert ring.newest != before
    assert stored(database, ring) == values
    assert result.stdout == (
        f"10 values re-encrypted; the newest key is {ring.newest}.\n"
        f"{file} has what is needed; copy it to where your copies are.\n"
    )


def test_rotate_with_a_key_file_in_use_is_refused(database):
    """With what to do about it; nothing has changed."""
    file = key_file_of(database)
    ring = open_key_ring(database, None, file)
    before = file.read_bytes()
    with pytest.raises(KeyFileUnusable, match="stop it, and start it again after"):
        run("rotate")
    assert file.read_bytes() == before
    assert ring


def test_rotate_finishes_what_was_cut_short(database):
    """Beside a server that was started after the new key was in the file."""
    file = key_file_of(database)
    ring = open_key_ring(database, None, file)
    fill(database, ring, 2)
    del ring
    KeyFile.open(file).add()
    server = open_key_ring(database, None, file)
    assert run("rotate").stdout.startswith(
        f"10 values re-encrypted; the newest key is {server.newest}.\n"
    )
    assert KeyFile.open(file).ring().ids == (server.newest,)


def test_what_cannot_be_read_is_exit_1(database, monkeypatch):
    """After everything else was done; the key of what is left is named and kept."""
    fill(database, open_key_ring(database, OLD, None), 2)
    with database.writing() as connection:
        value = KeyRing.parse(OLD).encrypt(b"moved", "elsewhere")
        connection.execute(update(webhooks).values(settings=value))
    monkeypatch.setenv("HOOKWRIGHT_KEYS", f"{NEW},{OLD}")
    result = CliRunner().invoke(command, "rotate")
    assert isinstance(result.exception, UnreadableValues)
    assert result.exception.exit_code == 1
    assert str(result.exception).startswith("2 values cannot be decrypted and stay as they are")
    assert result.stdout == (
        f"8 values re-encrypted; the newest key is {id_of(NEW)}.\nStill needed: {id_of(OLD)}.\n"
    )


def test_a_wrong_key_is_refused(database, monkeypatch):
    """Before anything is touched."""
    fill(database, open_key_ring(database, OLD, None), 1)
    monkeypatch.setenv("HOOKWRIGHT_KEYS", NEW)
    with pytest.raises(MissingKey):
        run("rotate")


def test_a_database_that_is_not_there_is_refused(tmp_path, monkeypatch):
    """And neither it nor a key is made."""
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", f"sqlite:///{tmp_path}/missing.db")
    with pytest.raises(NoDatabase):
        run("rotate")
    assert not list(tmp_path.iterdir())


def test_a_server_database_wants_its_keys_set(database_url, monkeypatch):
    """There is no file that every machine has."""
    with Database(database_url) as opened:
        upgrade(opened)
    monkeypatch.setenv("HOOKWRIGHT_DATABASE_URL", database_url)
    monkeypatch.delenv("HOOKWRIGHT_KEYS", raising=False)
    with pytest.raises(KeysNotSet):
        run("rotate")


def test_help_is_fast():
    """What the commands need is imported when they run."""
    script = (
        "import sys; import hookwright.commands.keys;"
        "print(sorted({'sqlalchemy', 'cryptography', 'pydantic', 'rich'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"
