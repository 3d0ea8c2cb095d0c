"""What is in the database when a rotation is killed: no clean-up runs then."""

import os
import random
import signal
from contextlib import suppress

import pytest

from hookwright_sender.encryption.key_ring import KeyRing, new_key
from hookwright_sender.store.keys import open_key_ring

from .rotation_killed import every, fill, key_ids, settle, stored, told
from .starting import heard, process

# Of the steps at which a rotation may be killed, each or a few of them.
EACH = [pytest.mark.soak, pytest.mark.timeout(1800)]
STRIDES = [pytest.param(9, id="some"), pytest.param(1, id="each", marks=EACH)]
# Rows with five values each, how many of those are a batch, and how many kills that makes at least.
LONG = [
    pytest.param(50, 20, 2, id="three kills"),
    pytest.param(400, 20, 15, id="twenty kills", marks=EACH),
]


def reports(url, keys, file, stride):
    """Return what the process says of each kill."""
    found = []
    with process(every, url, keys, file, stride) as (_, pipe), suppress(EOFError):
        while True:
            found.append(heard(pipe))
    assert len(found) > 40 / stride
    assert [each["killed"] for each in found] == [True] * (len(found) - 1) + [False]
    return found


def url_of(database):
    """Return the URL with all it holds."""
    return database.url.render_as_string(hide_password=False)


@pytest.mark.parametrize("stride", STRIDES)
def test_a_kill_at_any_statement_loses_nothing(database, stride):
    """SIGKILL at each: every value is readable with both keys, and the next run does the rest."""
    found = reports(url_of(database), f"{new_key()},{new_key()}", None, stride)
    wrong = [
        each for each in found
        if not (each["readable"] and each["complete"] and each["forgotten"] and each["held"] == 2)
    ]  # fmt: skip
    assert not wrong


@pytest.mark.parametrize("stride", STRIDES)
def test_a_kill_at_any_step_of_a_key_file_loses_nothing(database, tmp_path, stride):
    """Neither a key nor a value; after the next run the file holds the newest key alone."""
    if not database.is_sqlite:
        pytest.skip("only a SQLite database has a key file")
    file = tmp_path / "keys" / "file.key"
    file.parent.mkdir()
    found = reports(url_of(database), None, file, stride)
    wrong = [
        each for each in found
        if not (each["readable"] and each["complete"] and each["forgotten"] and each["held"] == 1)
    ]  # fmt: skip
    assert not wrong
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(("rows", "batch", "least"), LONG)
def test_a_long_rotation_that_is_killed_again_and_again(database, rows, batch, least):
    """Many values: readable after every kill, and at the end under the new key."""
    new, old = new_key(), new_key()
    keys = f"{new},{old}"
    values = fill(database, open_key_ring(database, old, None), rows)
    both = open_key_ring(database, keys, None)
    luck = random.Random(42)
    kills = 0
    finished = False
    while not finished:
        with process(told, url_of(database), keys, batch) as (rotation, pipe):
            try:
                for _ in range(luck.randint(2, 6)):
                    heard(pipe)
            except EOFError:
                finished = True
            # Held in the middle of a batch, so that it gets no further while it is read beside it.
            with suppress(ProcessLookupError):
                os.kill(rotation.pid, signal.SIGSTOP)
            assert stored(database, both) == values
        settle(database)
        assert stored(database, both) == values
        kills += not finished
    assert kills >= least
    assert stored(database, KeyRing.parse(new)) == values
    assert key_ids(database) == {both.newest}
