"""The key file of the embedded default: made whole and once, private, and never torn."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hookwright_sender.encryption import key_file
from hookwright_sender.encryption.key_file import KeyFile
from hookwright_sender.encryption.key_ring import KeyRing, id_of, new_key
from hookwright_sender.errors import InvalidKeys, KeyFileUnusable


@pytest.fixture
def path(tmp_path):
    """Where a key file may be made."""
    return tmp_path / "platform.db.key"


@pytest.fixture
def made(path):
    """A key file that was made there."""
    KeyFile.create(path)
    return path


def keys(path):
    """Return the keys in a file, in its order."""
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


def in_use(path):
    """Return another process that has the file open; `communicate` lets it end."""
    script = (
        "import sys; from pathlib import Path; from hookwright_sender.encryption.key_file import *;"
        "ring = KeyFile.open(Path(sys.argv[1])).ring(); print('open', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"open\n"
    return process


def test_it_is_made_once(path):
    """What is there stays, with one key, private even where the mask of the process is not."""
    before = os.umask(0)
    try:
        KeyFile.create(path)
    finally:
        os.umask(before)
    content = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [id_of(key) for key in keys(path)] == [KeyFile.open(path).ring().newest]
    KeyFile.create(path)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_those_who_start_together_get_one_key(path):
    """Whoever comes second takes the first one's, and never half of it."""
    found = []

    def start():
        KeyFile.create(path)
        found.append(KeyFile.open(path).ring().ids)

    threads = [threading.Thread(target=start) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1


def test_it_is_on_the_disk_before_anything_is_encrypted(path, monkeypatch):
    """The file first, then its name in the folder."""
    done = []
    fsync, link = os.fsync, os.link

    def noted(descriptor):
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        done.append(kind)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(os, "link", lambda *names: (done.append("link"), link(*names)))
    KeyFile.create(path)
    assert done == ["file", "link", "folder"]


def test_without_a_file_there_is_none(path):
    """Whether one may be made is for the database to say."""
    assert KeyFile.open(path) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o666])
def test_a_file_of_everybody_is_refused(made, mode):
    """Whoever may read it has the data, whoever may write it can lose them for us."""
    made.chmod(mode)
    with pytest.raises(KeyFileUnusable) as caught:
        KeyFile.open(made)
    assert str(caught.value).endswith(f"run `chmod 600 {made}`")
    assert caught.value.exit_code == 2


def test_what_is_no_file_is_refused(path):
    """A folder, and a pipe, which nobody waits for."""
    path.mkdir(mode=0o700)
    with pytest.raises(KeyFileUnusable, match="is no file"):
        KeyFile.open(path)
    path.rmdir()
    os.mkfifo(path, 0o600)
    with pytest.raises(KeyFileUnusable, match="is no file"):
        KeyFile.open(path)


def test_a_file_that_cannot_be_reached_is_refused(made):
    """With the system's reason."""
    with pytest.raises(KeyFileUnusable, match=r"cannot be opened \(Not a directory\)"):
        KeyFile.open(made / "below")


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    """And what else can be done."""
    with pytest.raises(KeyFileUnusable, match=r"No such file.* or set HOOKWRIGHT_KEYS"):
        KeyFile.create(tmp_path / "missing" / "platform.db.key")


def test_a_file_system_without_links_is_named(path, monkeypatch):
    """There is no other way to make a file whole and only once; nothing is left lying about."""

    def refuse(*_names):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(KeyFileUnusable, match="set HOOKWRIGHT_KEYS"):
        KeyFile.create(path)
    assert not list(path.parent.iterdir())


@pytest.mark.parametrize(
    ("content", "why"),
    [("", "empty"), ("# a comment\n", "no key"), ("secret", "no base64"), ("\0\xff", "binary")],
)
def test_a_file_without_keys_is_refused(path, content, why):
    """The error names the file and shows nothing of it."""
    path.touch(0o600)
    path.write_text(content, encoding="latin-1")
    with pytest.raises(InvalidKeys, match=f"the key file {path}") as caught:
        KeyFile.open(path).ring()
    assert "secret" not in str(caught.value), why


def test_a_key_is_added_in_front(made):
    """The new file is whole before it is there, and as private."""
    before = keys(made)
    old = KeyFile.open(made).ring()
    value = old.encrypt(b"plain", "here")
    del old
    added = KeyFile.open(made).add()
    assert keys(made)[1:] == before
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    ring = added.ring()
    assert len(ring.ids) == 2
    assert ring.decrypt(value, "here") == b"plain"


def test_what_was_left_by_a_killed_process_is_removed(made):
    """It may hold an old key."""
    left = made.with_name(f"{key_file._draft_prefix(made)}0123")
    left.write_text(new_key())
    other = made.with_name("platform.db")
    other.touch()
    KeyFile.open(made).add()
    assert sorted(made.parent.iterdir()) == [other, made]


@pytest.mark.parametrize(
    ("used", "left", "why"),
    [
        ((), 1, "nothing uses an older one"),
        ((1,), 2, "one does"),
        ((2,), 3, "the oldest does: those before it stay too"),
        ((0, 1), 2, "the newest stays anyway"),
    ],
)
def test_old_keys_are_dropped(made, used, left, why):
    """From the end, down to one that is still used."""
    for _ in range(2):
        KeyFile.open(made).add()
    before = keys(made)
    file = KeyFile.open(made)
    ids = file.ring().ids
    inode = made.stat().st_ino
    file.keep(ids[number] for number in used)
    assert keys(made) == before[:left], why
    assert made.stat().st_ino == inode, "or nobody would notice the others that have it open"
    assert made.read_text().startswith("# ")


def test_a_file_that_was_replaced_is_not_cut(made):
    """Its keys are not those that were looked at."""
    file = KeyFile.open(made)
    other = made.with_name("other")
    other.write_text(f"{new_key()}\n{new_key()}\n")
    other.replace(made)
    file.keep(())
    assert len(keys(made)) == 2


def test_no_key_is_added_while_another_process_has_the_file(made):
    """It would go on with a key that is to be dropped; its lock lasts as long as its ring."""
    other = in_use(made)
    file = KeyFile.open(made)
    before = made.read_bytes()
    with pytest.raises(KeyFileUnusable, match="in use by another process"):
        file.add()
    assert made.read_bytes() == before
    again = in_use(made)
    again.communicate()
    other.communicate()
    assert len(file.add().ring().ids) == 2


def test_it_is_locked_all_the_time(made):
    """Also after a key was added, or tried to be, and after old ones were dropped."""
    file = KeyFile.open(made)
    other = in_use(made)
    with pytest.raises(KeyFileUnusable):
        file.add()
    other.communicate()
    with pytest.raises(KeyFileUnusable):
        KeyFile.open(made).add()
    ring = file.add().ring()
    with pytest.raises(KeyFileUnusable):
        KeyFile.open(made).add()
    KeyFile.open(made).keep(())
    with pytest.raises(KeyFileUnusable):
        KeyFile.open(made).add()
    del ring
    assert KeyFile.open(made).add()


def test_of_two_who_add_one_does(made):
    """The file that the other has open is no longer the one that stands there."""
    first, second = KeyFile.open(made), KeyFile.open(made)
    with pytest.raises(KeyFileUnusable):
        first.add()
    del second
    kept = KeyFile(made, os.open(made, os.O_RDONLY))
    first.add()
    del first
    with pytest.raises(KeyFileUnusable):
        kept.add()
    assert len(keys(made)) == 2


def test_who_comes_while_a_key_is_added_gets_the_new_file(made, monkeypatch):
    """A file that is opened just before it is replaced is not used."""
    flock = key_file.fcntl.flock
    replaced = []

    def slow(descriptor, kind):
        if not replaced:
            replaced.append(True)
            KeyFile.open(made).add()
        flock(descriptor, kind)

    monkeypatch.setattr(key_file.fcntl, "flock", slow)
    assert len(KeyFile.open(made).ring().ids) == 2


def test_who_comes_while_it_is_removed_finds_none(made, monkeypatch):
    """It is as if it had never been there."""
    monkeypatch.setattr(key_file.fcntl, "flock", lambda *_: made.unlink(missing_ok=True))
    assert KeyFile.open(made) is None


def test_a_failure_to_add_leaves_the_file_alone(made, monkeypatch):
    """With the system's reason."""

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    before = made.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileUnusable, match="No space left"):
        KeyFile.open(made).add()
    assert made.read_bytes() == before
    assert list(made.parent.iterdir()) == [made]


def test_a_failure_after_a_key_was_added_is_named(made, monkeypatch):
    """The new key is there, and the next rotation goes on with it."""

    def broken(_path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(key_file, "_sync_folder", broken)
    with pytest.raises(KeyFileUnusable, match="Input/output error"):
        KeyFile.open(made).add()
    assert len(keys(made)) == 2


def test_a_failure_to_drop_is_named(made, monkeypatch):
    """The file keeps all it has."""

    def refuse(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    file = KeyFile.open(made)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(KeyFileUnusable, match=r"cannot be written \(Permission denied\)"):
        file.keep(())


def test_a_symbolic_link_stays_one(made, tmp_path):
    """Whoever manages secrets may have put it there."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    real = made.rename(folder / "key")
    made.symlink_to(real)
    KeyFile.open(made).add().keep(())
    assert made.is_symlink()
    assert len(keys(real)) == 1


def test_nothing_shows_a_key(made):
    """Neither the file nor its ring."""
    file = KeyFile.open(made)
    for thing in (file, file.ring(), vars(file)):
        assert keys(made)[0] not in repr(thing)
    assert isinstance(file.ring(), KeyRing)
