"""The keys that a database knows, against those that a process was given."""

from pathlib import Path

import pytest
from sqlalchemy import delete, event, update

from hookwright_schemas import HookwrightError
from hookwright_sender.encryption.key_file import KeyFile
from hookwright_sender.encryption.key_ring import id_of, new_key
from hookwright_sender.errors import (
    InvalidKeys,
    KeyFileUnusable,
    KeysNotSet,
    MissingKey,
    WrongKey,
)
from hookwright_sender.store.database import Database
from hookwright_sender.store.keys import key_file_of, open_for_rotation, open_key_ring
from hookwright_sender.store.tables import encryption_keys

from .rotation_killed import fill, key_ids
from .starting import together


@pytest.fixture
def file(tmp_path):
    """Where a key file may be made."""
    return tmp_path / "platform.db.key"


def refused(error, *arguments):
    """Return the one line that a start ends with."""
    with pytest.raises(error) as caught:
        open_key_ring(*arguments)
    assert isinstance(caught.value, HookwrightError)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_first_start_makes_the_key_known(database):
    """And later ones find it so."""
    key = new_key()
    assert key_ids(database) == set()
    assert open_key_ring(database, key, None).newest == id_of(key)
    assert key_ids(database) == {id_of(key)}
    open_key_ring(database, key, None)
    assert key_ids(database) == {id_of(key)}


def test_a_new_key_in_front_is_made_known_at_once(database):
    """From then on nobody can start without it; one behind the others only decrypts."""
    old, new = new_key(), new_key()
    open_key_ring(database, old, None)
    open_key_ring(database, f"{old},{new}", None)
    assert key_ids(database) == {id_of(old)}
    assert open_key_ring(database, f"{new},{old}", None).ids == (id_of(new), id_of(old))
    assert key_ids(database) == {id_of(old), id_of(new)}
    message = refused(MissingKey, database, old, None)
    assert f"encrypted with key {id_of(new)}" in message
    assert f"HOOKWRIGHT_KEYS holds {id_of(old)}" in message


def test_another_key_is_refused(database):
    """A wrong key is one line at the start, never a crash later; nothing is shown of either."""
    right, wrong = new_key(), new_key()
    open_key_ring(database, right, None)
    message = refused(MissingKey, database, wrong, None)
    assert id_of(right) in message
    assert id_of(wrong) in message
    assert right not in message
    assert wrong not in message
    assert key_ids(database) == {id_of(right)}


@pytest.mark.parametrize("proof", [b"", b"\x01", b"wrong"], ids=["empty", "cut", "other"])
def test_a_proof_that_does_not_open_is_refused(database, proof):
    """Another key with the same id, or a table that somebody has written to."""
    key = new_key()
    ring = open_key_ring(database, key, None)
    value = ring.encrypt(proof, "elsewhere") if proof == b"wrong" else proof
    with database.writing() as connection:
        connection.execute(update(encryption_keys).values(proof=value))
    assert ring.newest in refused(WrongKey, database, key, None)


def test_a_proof_that_says_something_else_is_refused(database):
    """It opens, and was not made by us."""
    key = new_key()
    ring = open_key_ring(database, key, None)
    value = ring.encrypt(b"other", f"encryption_keys.proof:{ring.newest}")
    with database.writing() as connection:
        connection.execute(update(encryption_keys).values(proof=value))
    refused(WrongKey, database, key, None)


def test_a_table_that_was_lost_is_made_up_for(database):
    """Values without a row for their key: fine with the keys, refused without."""
    old, new = new_key(), new_key()
    fill(database, open_key_ring(database, old, None), 1)
    with database.writing() as connection:
        connection.execute(delete(encryption_keys))
    assert id_of(old) in refused(MissingKey, database, new, None)
    assert key_ids(database) == set()
    open_key_ring(database, f"{new},{old}", None)
    assert key_ids(database) == {id_of(old), id_of(new)}
    open_key_ring(database, f"{new},{old}", None)


def test_keys_that_cannot_be_read_are_refused(database):
    """Before the database is looked at."""
    assert refused(InvalidKeys, database, "", None).startswith("HOOKWRIGHT_KEYS is empty")
    assert key_ids(database) == set()


def test_postgresql_wants_its_keys_set(database):
    """There is no file that every machine has."""
    assert refused(KeysNotSet, database, None, None).startswith("HOOKWRIGHT_KEYS is not set")
    expected = None if not database.is_sqlite else Path(f"{database.file}.key")
    assert key_file_of(database) == expected


def test_a_key_file_is_made_at_the_first_start(database, file):
    """And used at the second."""
    ring = open_key_ring(database, None, file)
    assert key_ids(database) == {ring.newest}
    assert open_key_ring(database, None, file).ids == ring.ids
    assert KeyFile.open(file).ring().ids == ring.ids


def test_a_key_file_that_is_lost_is_not_made_again(database, file):
    """A new key would hide that nothing can be read any more."""
    ring = open_key_ring(database, None, file)
    fill(database, ring, 1)
    away = file.rename(file.with_name("away"))
    message = refused(KeyFileUnusable, database, None, file)
    assert f"the key file {file} is missing, and the database holds" in message
    assert not file.exists()
    with database.writing() as connection:
        connection.execute(delete(encryption_keys))
    refused(KeyFileUnusable, database, None, file)
    assert not file.exists()
    away.rename(file)
    assert open_key_ring(database, None, file).ids == ring.ids


def test_the_key_file_of_another_database_is_refused(database, file):
    """It is named, since that is what has to be put right."""
    open_key_ring(database, new_key(), None)
    KeyFile.create(file)
    message = refused(MissingKey, database, None, file)
    assert f"the key file {file} holds {KeyFile.open(file).ring().newest}" in message


def test_a_key_file_that_others_can_read_is_refused(database, file):
    """At the start, before anything is encrypted with what it holds."""
    open_key_ring(database, None, file)
    file.chmod(0o644)
    assert "chmod 600" in refused(KeyFileUnusable, database, None, file)


def test_a_key_file_may_move_into_the_environment(database, file):
    """What the file held is then HOOKWRIGHT_KEYS, and the file may go."""
    ring = open_key_ring(database, None, file)
    keys = ",".join(line for line in file.read_text().splitlines() if not line.startswith("#"))
    file.unlink()
    assert open_key_ring(database, keys, None).ids == ring.ids


def test_a_key_file_that_vanishes_while_it_is_made(database, file, monkeypatch):
    """Somebody cleans up: no key is used that nobody has."""
    monkeypatch.setattr(KeyFile, "create", lambda _path: None)
    assert "has vanished" in refused(KeyFileUnusable, database, None, file)
    assert key_ids(database) == set()


def started_together(database, *given):
    """Start processes with `(keys, file)` each at the same moment, and return what they say."""
    return together(database.url.render_as_string(hide_password=False), given)


def test_processes_that_start_together_agree_on_one_file(database, file):
    """On an empty database: one makes the key, the others take it."""
    answers = started_together(database, *[(None, file)] * 3)
    assert set(answers) == {KeyFile.open(file).ring().newest} == key_ids(database)


def test_processes_that_start_together_with_one_key(database):
    """Each may be the one that makes it known."""
    key = new_key()
    answers = started_together(database, *[(key, None)] * 3)
    assert set(answers) == {id_of(key)} == key_ids(database)


def test_processes_that_start_together_with_different_keys(database):
    """One wins, and the others are told; whichever it is, there is one key."""
    answers = started_together(database, *[(new_key(), None) for _ in range(3)])
    (known,) = key_ids(database)
    assert answers.count(known) == 1
    assert sum(answer.startswith("MissingKey: ") for answer in answers) == 2


def test_who_was_overtaken_looks_again(database):
    """Between the look at the known keys and the own entry somebody else has made one."""
    first, second = new_key(), new_key()
    overtaken = []

    def overtake(_connection, _cursor, statement, *_others):
        if statement.startswith("SELECT encryption_keys") and not overtaken:
            overtaken.append(True)
            with Database(database.url.render_as_string(hide_password=False)) as other:
                open_key_ring(other, first, None)

    event.listen(database._engine, "after_cursor_execute", overtake)
    refused(MissingKey, database, second, None)
    assert key_ids(database) == {id_of(first)}


def test_who_was_overtaken_takes_the_file_that_is_there_now(database, file):
    """Between the look for the file and the transaction somebody else has made it."""
    overtaken = []

    def overtake(_connection):
        if not overtaken:
            overtaken.append(True)
            KeyFile.create(file)

    event.listen(database._engine, "begin", overtake)
    ring = open_key_ring(database, None, file)
    assert key_ids(database) == {ring.newest}
    assert KeyFile.open(file).ring().ids == ring.ids


def test_a_rotation_of_given_keys_takes_them_as_they_are(database):
    """The new one was put there by whoever set them."""
    old, new = new_key(), new_key()
    open_key_ring(database, old, None)
    ring, nothing = open_for_rotation(database, f"{new},{old}", None)
    assert (ring.newest, nothing) == (id_of(new), None)
    with pytest.raises(KeysNotSet):
        open_for_rotation(database, None, None)


def test_a_rotation_of_a_key_file_adds_a_key_first(database, file):
    """One that was cut short is finished, with the key that it had added."""
    first = open_key_ring(database, None, file).newest
    ring, held = open_for_rotation(database, None, file)
    assert ring.ids == (ring.newest, first)
    assert key_ids(database) == set(ring.ids)
    del held
    again, held = open_for_rotation(database, None, file)
    assert again.ids == ring.ids
    assert held.path == file


def test_a_rotation_of_a_key_file_waits_for_nobody(database, file):
    """A process that goes on with the older key must be stopped first."""
    ring = open_key_ring(database, None, file)
    with pytest.raises(KeyFileUnusable, match="in use by another process"):
        open_for_rotation(database, None, file)
    assert key_ids(database) == {ring.newest}
    del ring
    assert open_for_rotation(database, None, file)
