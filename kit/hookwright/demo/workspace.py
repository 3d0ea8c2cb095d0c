"""The folder that a demo works in: a temporary one, or the one to keep."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hookwright.demo.errors import FolderRefused, NoPlace
from hookwright_receiver.processes import Processes


@contextmanager
def workspace(keep: Path | None) -> Iterator[tuple[Path, Processes]]:
    """Yield a folder and what starts processes in it; afterwards none of these is left.

    The folder is removed too, unless it is `keep`: an empty folder, or one to be made. Raises
    FolderRefused, and NoPlace where the operating system refuses a file or a process.
    """
    root = keep.absolute() if keep is not None else _temporary()
    if keep is not None:
        _make(root)
    try:
        with Processes(temporary=root if keep is None else None) as processes:
            yield root, processes
    except BrokenPipeError:
        # Whoever read what is going on here has gone: the command line knows what to do.
        raise
    except OSError as error:
        raise NoPlace(error) from error


def _temporary() -> Path:
    return Path(tempfile.gettempdir()) / f"hookwright-demo-{secrets.token_hex(8)}"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    except (FileExistsError, NotADirectoryError):
        raise FolderRefused(f"{folder} is no folder: name another one with --keep") from None
    except OSError as error:
        raise FolderRefused(
            f"{folder} cannot be made: {error.strerror}; name another one with --keep"
        ) from None
    if taken:
        raise FolderRefused(f"{folder} is not empty: name another one with --keep")
