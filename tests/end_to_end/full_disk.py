"""A disk that fills up, in two ways: a small file system, and a limit on the size of files."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from tests.programs import needs

# Room for a platform to be set up in, and for a load to fill.
SIZE = 24 * 2**20
# A file system keeps a little for itself.
CRUMB = 4096


class Disk(Protocol):
    """Where a process keeps its files; `fill` leaves no room for more of them, `clear` does."""

    def fill(self, pid: int) -> None:
        """Leave no room."""
        ...

    def clear(self, pid: int) -> None:
        """Make room again."""
        ...


class SmallDisk:
    """A file system of its own, filled with ballast."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self, _pid: int) -> None:
        """Write until nothing fits any more."""
        with self._ballast.open("ab", buffering=0) as ballast:
            size = 2**20
            while size >= CRUMB:
                try:
                    ballast.write(bytes(size))
                except OSError:
                    size //= 2

    def clear(self, _pid: int) -> None:
        """Remove the ballast."""
        self._ballast.unlink()


class NoLargerFiles:
    """A limit on the files of one process: none may become larger than the largest is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fill(self, pid: int) -> None:
        """Let no file grow beyond its largest; what is written over again still may be."""
        sizes = [file.stat().st_size for file in self._folder.glob("hookwright.db*")]
        self._limit(pid, max(sizes))

    def clear(self, pid: int) -> None:
        """Lift the limit."""
        self._limit(pid, resource.RLIM_INFINITY)

    @staticmethod
    def _limit(pid: int, size: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mount a small file system on a folder; skips, saying why, where that is not allowed."""
    mount, unmount = needs("mount", "mount"), needs("umount", "mount")
    options = f"size={SIZE},mode=0700"
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", options, "tmpfs", folder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        reason = done.stderr.partition("\n")[0]
        pytest.skip(f"mounting a tmpfs takes root (CAP_SYS_ADMIN): {reason}")
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: whoever still has a file open there is about to end.
        subprocess.run([unmount, "--lazy", folder], check=True)


@contextmanager
def no_larger_files(folder: Path) -> Iterator[NoLargerFiles]:
    """Return the way that works everywhere on Linux."""
    yield NoLargerFiles(folder)
