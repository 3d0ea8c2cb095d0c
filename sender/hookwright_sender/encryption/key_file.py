"""The key file of the embedded default: beside the database, readable by its owner alone."""

import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

from hookwright_sender.encryption.key_ring import KeyRing, id_of, new_key
from hookwright_sender.errors import KeyFileUnusable

LARGEST = 65_536
PREAMBLE = """\
# Keys of hookwright, newest first. Without them its database cannot be read:
# keep a copy of this file, and not beside the copies of the database.
"""
OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK


class KeyFile:
    """An open key file. While it is open, and as long as a ring made of it lives, it is locked.

    The lock is shared, so that any number of processes use the file; whoever adds a key needs it
    alone for a moment, so that nobody goes on encrypting with what was the newest key. It shows
    no key, and keeps none.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def open(cls, path: Path) -> Self | None:
        """Open a key file, None when there is none. Raises `KeyFileUnusable`."""
        while True:
            try:
                found = cls(path, os.open(path, OPEN_FLAGS))
                found._check()
                fcntl.flock(found._descriptor, fcntl.LOCK_SH)
            except FileNotFoundError:
                return None
            except OSError as error:
                raise KeyFileUnusable(path, *_cannot("opened", error)) from None
            # Somebody who added a key has put another file in its place.
            if found._is_current():
                return found

    @classmethod
    def create(cls, path: Path, key: Callable[[], str] = new_key) -> None:
        """Make a key file with a fresh key, whole and on the disk, unless there is one already."""
        draft = _draft(path, (key(),))
        try:
            # Unlike a rename it fails where there is a file, and unlike O_EXCL it shows no half.
            with suppress(FileExistsError):
                os.link(draft, path)
            _sync_folder(path)
        except OSError as error:
            raise KeyFileUnusable(path, *_cannot("made", error)) from None
        finally:
            draft.unlink(missing_ok=True)

    def ring(self) -> KeyRing:
        """Return the keys as a ring, which keeps the file locked. Raises `InvalidKeys`."""
        return KeyRing.parse(",".join(self._keys()), f"the key file {self.path}", self)

    def add(self, key: Callable[[], str] = new_key) -> "KeyFile":
        """Put a fresh key before the others and return the file that then stands there, open.

        Raises `KeyFileUnusable` while another process uses the file: it would encrypt with the
        older key, and what it wrote would be lost when that is dropped.
        """
        if not self._alone():
            reason = "is in use by another process, which would go on with the older key"
            raise KeyFileUnusable(self.path, reason, "stop it, and start it again after")
        try:
            path = self.path.resolve()
            draft = _draft(path, (key(), *self._keys()))
            added = KeyFile(self.path, os.open(draft, OPEN_FLAGS))
            # Before anybody can see it, so that the lock never lapses.
            fcntl.flock(added._descriptor, fcntl.LOCK_SH)
            draft.replace(path)
            _sync_folder(path)
            _remove_drafts(path)
        except OSError as error:
            raise KeyFileUnusable(self.path, *_cannot("written", error)) from None
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return added

    def keep(self, ids: Iterable[str]) -> None:
        """Drop the oldest keys, up to the first that is named by its id; the newest stays."""
        wanted = set(ids)
        text = os.pread(self._descriptor, LARGEST, 0)
        end = length = 0
        for line in text.splitlines(keepends=True):
            length += len(line)
            if _is_key(line) and (end == 0 or id_of(line.decode().strip()) in wanted):
                end = length
        # Cut and not written anew: it stays the file that other processes have locked, and no
        # kill can leave half a key.
        try:
            with self.path.open("rb+", buffering=0) as file:
                if os.path.samestat(os.fstat(file.fileno()), os.fstat(self._descriptor)):
                    file.truncate(end)
        except OSError as error:
            raise KeyFileUnusable(self.path, *_cannot("written", error)) from None

    def _alone(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # What fails to become exclusive may no longer be shared either.
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)
            return False
        return self._is_current()

    def _keys(self) -> list[str]:
        lines = os.pread(self._descriptor, LARGEST, 0).splitlines()
        return [line.decode("ascii", "replace").strip() for line in lines if _is_key(line)]

    def _check(self) -> None:
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyFileUnusable(self.path, "is no file", "remove it, or set HOOKWRIGHT_KEYS")
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyFileUnusable(
                self.path, "can be read by others than its owner", f"run `chmod 600 {self.path}`"
            )

    def _is_current(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        except FileNotFoundError:
            return False

    def __del__(self) -> None:
        """Close the file, and so give up the lock."""
        with suppress(OSError):
            os.close(self._descriptor)


def _draft(path: Path, keys: tuple[str, ...]) -> Path:
    """Write keys to a file of a name of its own, and see to it that the disk has them."""
    draft = path.with_name(f"{_draft_prefix(path)}{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(PREAMBLE + "".join(f"{key}\n" for key in keys))
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise KeyFileUnusable(path, *_cannot("made", error)) from None
    return draft


def _draft_prefix(path: Path) -> str:
    return f".{path.name}.new-"


def _remove_drafts(path: Path) -> None:
    """Remove what a process that was killed has left, old keys among it."""
    for entry in list(path.parent.iterdir()):
        if entry.name.startswith(_draft_prefix(path)):
            entry.unlink(missing_ok=True)


def _is_key(line: bytes) -> bool:
    return not line.startswith(b"#") and bool(line.strip())


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _cannot(done: str, error: OSError) -> tuple[str, str]:
    return f"cannot be {done} ({error.strerror})", "mend that, or set HOOKWRIGHT_KEYS"
