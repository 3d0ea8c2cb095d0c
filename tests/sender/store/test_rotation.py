"""Everything is encrypted anew with the newest key, whoever works with the database meanwhile."""

import pytest
from sqlalchemy import event, select, text, update

from hookwright_sender.encryption.envelope import place
from hookwright_sender.encryption.key_ring import KeyRing, id_of, new_key
from hookwright_sender.errors import MissingKey, UnknownKey
from hookwright_sender.store.database import Database
from hookwright_sender.store.keys import keys_in_use, open_key_ring
from hookwright_sender.store.rotation import Rotation, outdated, rotate
from hookwright_sender.store.tables import ENCRYPTED, metadata, webhooks

from .rotation_killed import ACCOUNT, change, fill, key_ids, stored

OLD, NEW = new_key(), new_key()
BOTH = f"{NEW},{OLD}"
ONE = ACCOUNT + 1
SETTINGS = place("webhooks", "settings", ONE)


@pytest.fixture
def values(database):
    """Seven values in each column, under the old key."""
    return fill(database, open_key_ring(database, OLD, None), 7)


@pytest.fixture
def both(database, values):
    """The ring of a server that was restarted with a new key."""
    return open_key_ring(database, BOTH, None)


def other(database):
    """Return the same database for another process."""
    return Database(database.url.render_as_string(hide_password=False))


def test_every_encrypted_column_is_listed():
    """Every column of bytes that is not a digest, a proof or a key of its own."""
    plain = {
        "api_keys.digest",
        "encryption_keys.proof",
        "idempotent_answers.key",
        "idempotent_answers.fingerprint",
    }
    binary = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if column.type.python_type is bytes
    }
    assert binary - plain == {f"{table.name}.{column.name}" for table, column in ENCRYPTED}


@pytest.mark.parametrize("batch", [1, 2, 7, 500])
def test_everything_is_under_the_newest_key_afterwards(database, values, both, batch):
    """With batches that fit, and with such that do not; the old key may then be taken away."""
    told = []
    assert outdated(database, both) == len(values) == 35
    rotation = rotate(database, both, told.append, batch)
    assert rotation == Rotation(id_of(NEW), 35, (), ())
    assert sum(told) == 35
    assert max(told) == min(batch, 7)
    assert outdated(database, both) == 0
    assert key_ids(database) == {id_of(NEW)}
    assert stored(database, open_key_ring(database, NEW, None)) == values
    with pytest.raises(UnknownKey):
        stored(database, KeyRing.parse(OLD))
    with pytest.raises(MissingKey):
        open_key_ring(database, OLD, None)


def test_what_is_done_is_not_done_again(database, values, both):
    """Not a byte of it changes."""
    rotate(database, both)

    def everything():
        with database.reading() as connection:
            return [list(connection.scalars(select(column))) for _table, column in ENCRYPTED]

    before = everything()
    told = []
    assert rotate(database, both, told.append) == Rotation(id_of(NEW), 0, (), ())
    assert everything() == before
    assert told == []


def test_an_empty_database_has_nothing_to_do(database):
    """But forgets a key that never encrypted anything."""
    open_key_ring(database, OLD, None)
    both = open_key_ring(database, BOTH, None)
    assert rotate(database, both) == Rotation(id_of(NEW), 0, (), ())
    assert key_ids(database) == {id_of(NEW)}


def test_several_old_keys_go_at_once(database, values, both):
    """Of rotations that nobody finished."""
    change(database, both, ONE, b"under the second")
    third = new_key()
    ring = open_key_ring(database, f"{third},{BOTH}", None)
    with database.reading() as connection:
        assert keys_in_use(connection) == {id_of(OLD), id_of(NEW)}
    assert rotate(database, ring).rewritten == 35
    assert stored(database, KeyRing.parse(third)) == values | {SETTINGS: b"under the second"}
    assert key_ids(database) == {id_of(third)}


def test_it_goes_back_as_well(database, values, both):
    """The first key of the ring is the newest, whenever it was made."""
    rotate(database, both)
    back = open_key_ring(database, f"{OLD},{NEW}", None)
    assert rotate(database, back).rewritten == 35
    assert stored(database, open_key_ring(database, OLD, None)) == values


class Meddling(KeyRing):
    """A ring that does something else between the look at a value and the writing of it."""

    __slots__ = ("meddle",)

    def decrypt(self, sealed, place):
        """Decrypt, after the meddling."""
        self.meddle(place)
        return super().decrypt(sealed, place)


def meddling(meddle):
    """Return such a ring, with both keys."""
    ring = Meddling.parse(BOTH)
    ring.meddle = meddle
    return ring


def test_a_change_in_between_wins(database, values, both):
    """A server sets a webhook's URL after it was read and before it is written."""

    def meddle(where):
        if where == SETTINGS:
            with other(database) as server:
                change(server, both, ONE, b"newer")

    rotation = rotate(database, meddling(meddle))
    assert rotation == Rotation(id_of(NEW), 34, (), ())
    assert stored(database, KeyRing.parse(NEW)) == values | {SETTINGS: b"newer"}


def test_a_change_by_a_server_that_knows_no_better_is_done_too(database, values, both):
    """It still has the old key as its newest; the next pass finds what it wrote."""
    stale = KeyRing.parse(OLD)
    changed = []

    def meddle(where):
        if where == SETTINGS and not changed:
            changed.append(True)
            with other(database) as server:
                change(server, stale, ONE, b"newer")

    rotation = rotate(database, meddling(meddle))
    assert rotation == Rotation(id_of(NEW), 35, (), ())
    assert stored(database, KeyRing.parse(NEW)) == values | {SETTINGS: b"newer"}


def test_a_key_that_somebody_goes_on_using_is_kept(database, values, both):
    """It is said to be in use, and nobody can start without it."""
    stale = KeyRing.parse(OLD)

    def meddle(where):
        if where == SETTINGS:
            with other(database) as server:
                change(server, stale, ONE, b"newer")

    told = []
    rotation = rotate(database, meddling(meddle), told.append)
    assert rotation == Rotation(id_of(NEW), 34, (id_of(OLD),), ())
    assert sum(told) == 35
    assert key_ids(database) == {id_of(OLD), id_of(NEW)}
    with pytest.raises(MissingKey):
        open_key_ring(database, NEW, None)
    assert rotate(database, both) == Rotation(id_of(NEW), 1, (), ())


def test_a_row_that_is_removed_in_between_is_gone(database, values, both):
    """Retention may purge what was read a moment before."""
    row = place("idempotent_answers", "answer", ACCOUNT, (1).to_bytes(32, "big"))

    def meddle(where):
        if where == row:
            with other(database) as server, server.writing() as connection:
                connection.execute(text("DELETE FROM idempotent_answers"))

    rotation = rotate(database, meddling(meddle))
    assert rotation == Rotation(id_of(NEW), 28, (), ())
    left = {where: value for where, value in values.items() if "idempotent" not in where}
    assert stored(database, KeyRing.parse(NEW)) == left


def test_a_row_that_is_locked_is_left_for_later(database, values, both):
    """No batch waits for it; it is done when whoever has it is through."""
    if database.is_sqlite:
        pytest.skip("SQLite has one writer, and no locks on rows")
    lock = select(webhooks.c.id).where(webhooks.c.id == ONE).with_for_update()
    batches = []
    with other(database) as server:
        holding = server.writing()
        holding.__enter__().execute(lock)

        def advance(size):
            batches.append(size)
            if sum(batches) == 35:
                # Everything was looked at once, and nothing has waited.
                assert outdated(database, both) == 2
                holding.__exit__(None, None, None)

        rotation = rotate(database, both, advance, 3)
    assert rotation == Rotation(id_of(NEW), 35, (), ())
    assert stored(database, KeyRing.parse(NEW)) == values


def test_references_to_a_row_do_not_wait(database, values, both):
    """An event that is stored meanwhile locks its webhook's row, but only against removal."""
    if database.is_sqlite:
        pytest.skip("SQLite has one writer, and no locks on rows")
    lock = select(webhooks.c.id).with_for_update(read=True, key_share=True)
    with other(database) as server, server.writing() as connection:
        connection.execute(lock)
        assert rotate(database, both).rewritten == 35


def test_what_cannot_be_read_is_left_and_named(database, values, both):
    """One damaged value does not keep the others from being rotated, and its key stays known."""
    secrets = place("webhooks", "secrets", ONE)
    with database.writing() as connection:
        damaged = KeyRing.parse(OLD).encrypt(b"moved", "elsewhere")
        foreign = KeyRing.parse(new_key()).encrypt(b"foreign", secrets)
        one = update(webhooks).where(webhooks.c.id == ONE)
        connection.execute(one.values(settings=damaged, secrets=foreign))
    rotation = rotate(database, both, batch=2)
    assert rotation.rewritten == 33
    assert rotation.unreadable == (SETTINGS, secrets)
    assert set(rotation.used) == {id_of(OLD), foreign[1:5].hex()}
    assert key_ids(database) == {id_of(OLD), id_of(NEW)}
    with database.reading() as connection:
        found = select(webhooks.c.settings).where(webhooks.c.id == ONE)
        assert connection.scalar(found) == damaged
    change(database, both, ONE, b"entered again")
    with database.writing() as connection:
        connection.execute(one.values(secrets=both.encrypt(b"again", secrets)))
    assert rotate(database, both) == Rotation(id_of(NEW), 0, (), ())
    open_key_ring(database, NEW, None)


def test_an_empty_value_is_unreadable_and_no_more(database, values, both):
    """Not even an envelope."""
    with database.writing() as connection:
        connection.execute(update(webhooks).where(webhooks.c.id == ONE).values(settings=b""))
    assert rotate(database, both).unreadable == (SETTINGS,)


def test_a_batch_is_a_transaction(database, values, both):
    """Nobody has to wait for longer than one takes."""
    begun = []
    event.listen(database._writer, "begin", lambda _connection: begun.append(True))
    rotate(database, both, batch=3)
    # Three batches for each of five columns, and one transaction that forgets the old key.
    assert len(begun) == 3 * 5 + 1
