"""The few operations on files that a project is written with, durable and cleaned up after."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

STAGING = ".hookwright-new-"


def write_new(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Create a file and wait until the disk has it; the umask applies to `mode`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folders(folder: Path) -> list[Path]:
    """Create a folder and the missing ones above it; return the created ones, outermost first."""
    missing = []
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = folder.parent
    made = []
    try:
        for path in reversed(missing):
            path.mkdir()
            made.append(path)
    except BaseException:
        remove_empty(made)
        raise
    return made


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove those of the folders that are empty, the innermost first."""
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        with suppress(OSError):
            folder.rmdir()


def write_tree(root: Path, files: Iterable[tuple[PurePosixPath, bytes]]) -> None:
    """Create every file below `root`, which exists, and wait until the disk has all of it."""
    folders = {root}
    for path, content in files:
        target = root / path
        folders.update(make_folders(target.parent))
        write_new(target, content)
    for folder in folders:
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the entries of a folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def staging_folder(parent: Path) -> Iterator[Path]:
    """Make a folder of our own below `parent`, on the same file system; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def obstacle(root: Path, path: PurePosixPath) -> str | None:
    """Say what keeps `path` below `root` from being a plain file there, or None.

    A symbolic link is never followed: it may lead out of the project.
    """
    place = root
    for part in path.parts[:-1]:
        place = place / part
        mode = _mode(place)
        if mode is None:
            return None
        if stat.S_ISLNK(mode):
            return f"{place.relative_to(root)} is a symbolic link"
        if not stat.S_ISDIR(mode):
            return f"{place.relative_to(root)} is not a folder"
    mode = _mode(root / path)
    if mode is None or stat.S_ISREG(mode):
        return None
    return "it is a symbolic link" if stat.S_ISLNK(mode) else "it is not a plain file"


def read_plain(path: Path) -> bytes | None:
    """Return a file's content, or None where nothing is; a symbolic link at the end is an error."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def unix_lines(content: bytes) -> bytes:
    """Return a text with the line ends that we write, whatever `core.autocrlf` has made of them."""
    return content.replace(b"\r\n", b"\n")


def is_same(one: Path, other: Path) -> bool:
    """Tell whether two paths lead to one file, as two spellings do where case does not count."""
    try:
        return os.path.samestat(os.lstat(one), os.lstat(other))
    except OSError:
        return False


def file_mode(path: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(os.lstat(path).st_mode)


def _mode(path: Path) -> int | None:
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
