"""What is in the database when a rotation is killed: no clean-up runs then."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hookwright_sender.encryption.key_ring import KeyRing, new_key
from hookwright_sender.store.keys import open_key_ring

from .rotation_killed import fill, key_ids, settle, stored

SCRIPT = Path(__file__).parent / "rotation_killed.py"


def reports(*arguments):
    """Return what the script says of each kill."""
    run = subprocess.run(
        [sys.executable, SCRIPT, "every", *arguments],
        check=False, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def url_of(database):
    """Return the URL with all it holds."""
    return database.url.render_as_string(hide_password=False)


def test_a_kill_at_any_statement_loses_nothing(database):
    """SIGKILL at each: every value is readable with both keys, and the next run does the rest."""
    # A server takes its time for each connection.
    stride = 1 if database.is_sqlite else 4
    found = reports(url_of(database), f"{new_key()},{new_key()}", str(stride))
    assert len(found) > 40 / stride
    assert [each["killed"] for each in found] == [True] * (len(found) - 1) + [False]
    wrong = [
        each for each in found
        if not (each["readable"] and each["complete"] and each["forgotten"] and each["held"] == 2)
    ]  # fmt: skip
    assert not wrong


def test_a_kill_at_any_step_of_a_key_file_loses_nothing(database, tmp_path):
    """Neither a key nor a value; after the next run the file holds the newest key alone."""
    if not database.is_sqlite:
        pytest.skip("only a SQLite database has a key file")
    file = tmp_path / "keys" / "file.key"
    file.parent.mkdir()
    found = reports(url_of(database), file, "1")
    assert len(found) > 40
    assert [each["killed"] for each in found] == [True] * (len(found) - 1) + [False]
    wrong = [
        each for each in found
        if not (each["readable"] and each["complete"] and each["forgotten"] and each["held"] == 1)
    ]  # fmt: skip
    assert not wrong
    assert list(file.parent.iterdir()) == [file]


def test_a_long_rotation_that_is_killed_again_and_again(database):
    """Two thousand values: readable after every kill, and at the end under the new key."""
    new, old = new_key(), new_key()
    keys = f"{new},{old}"
    values = fill(database, open_key_ring(database, old, None), 400)
    both = open_key_ring(database, keys, None)
    luck = random.Random(42)
    kills = 0
    while True:
        process = subprocess.Popen(
            [sys.executable, SCRIPT, "rotate", url_of(database), keys], stdout=subprocess.PIPE
        )
        with process:
            batches = [process.stdout.readline() for _ in range(luck.randint(2, 6))]
            # Held in the middle of a batch, so that it gets no further while it is read beside it.
            process.send_signal(signal.SIGSTOP)
            assert stored(database, both) == values
            process.kill()
        settle(database)
        assert stored(database, both) == values
        if b"" in batches:
            break
        kills += 1
    assert kills >= 3
    assert stored(database, KeyRing.parse(new)) == values
    assert key_ids(database) == {both.newest}
