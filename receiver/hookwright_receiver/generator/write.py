"""From the content of every file to a project on the disk, all of it or nothing."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import rmtree

from hookwright_receiver.generator import files
from hookwright_receiver.generator.errors import TargetRefused, WriteFailed
from hookwright_receiver.generator.owners import is_owners, reason_to_keep
from hookwright_receiver.generator.render import RECORD
from hookwright_receiver.generator.survey import (
    Kept,
    known_digests,
    pending_record,
    survey,
)

Rendered = Mapping[PurePosixPath, bytes]


@dataclass(frozen=True, slots=True)
class Written:
    """What happened to each file; paths are relative to the project's folder."""

    created: tuple[PurePosixPath, ...]
    updated: tuple[PurePosixPath, ...] = ()
    unchanged: tuple[PurePosixPath, ...] = ()
    removed: tuple[PurePosixPath, ...] = ()
    kept: tuple[Kept, ...] = ()


def write(
    rendered: Rendered,
    directory: Path,
    *,
    force: bool = False,
    yours: AbstractSet[PurePosixPath] = frozenset(),
) -> Written:
    """Write a project into `directory`: a new folder, an empty one, or, by `force`, one with files.

    A folder with nothing but what `owners.is_owners` knows counts as empty, and all that stays. A
    new project is there completely or not at all, whatever fails. In a folder with files each
    one is replaced at once; what the user changed is kept, and so is each of `yours` that exists.
    A failure leaves every file old or new, and the same call completes it.

    Raises TargetRefused, or WriteFailed where the operating system refuses.
    """
    directory = Path(os.path.abspath(directory))  # noqa: PTH100  `resolve` would rename a linked folder
    try:
        if not os.path.lexists(directory):
            return _create(rendered, directory)
        if not directory.is_dir():
            raise TargetRefused(directory, f"{directory} is not a folder: name another one")
        with _alone_in(directory):
            _sweep(directory)
            if all(is_owners(entry.name) for entry in directory.iterdir()):
                return _fill(rendered, directory)
            if force:
                return _update(rendered, directory, yours)
    except OSError as error:
        raise _failure(error, directory, force=force) from error
    raise TargetRefused(
        directory,
        f"{directory} is not empty: name another folder, or add --force to regenerate "
        "(files that you changed are kept)",
    )


def _create(rendered: Rendered, directory: Path) -> Written:
    made = files.make_folders(directory.parent)
    try:
        with files.staging_folder(directory.parent) as staging:
            # A folder of its own, because the staging folder is closed to everyone else.
            project = staging / "project"
            project.mkdir()
            files.write_tree(project, rendered.items())
            os.rename(project, directory)  # noqa: PTH104
    except BaseException:
        files.remove_empty(made)
        raise
    # The project stands. That its folder's entry cannot be synced is no reason to deny it.
    with suppress(OSError):
        files.sync_folder(directory.parent)
    return Written(created=_all(rendered))


def _fill(rendered: Rendered, directory: Path) -> Written:
    # The folder itself stays: it may be somebody's working directory, or a mount.
    theirs = {entry.name for entry in directory.iterdir()}
    new = {path: content for path, content in rendered.items() if path.parts[0] not in theirs}
    kept = tuple(
        Kept(path, reason_to_keep(directory / path, content))
        for path, content in rendered.items()
        if path not in new
    )
    with files.staging_folder(directory) as staging:
        files.write_tree(staging, new.items())
        entries = sorted(staging.iterdir())
        try:
            for entry in entries:
                os.rename(entry, directory / entry.name)  # noqa: PTH104
            files.sync_folder(directory)
        except BaseException:
            for entry in entries:
                if not os.path.lexists(entry):
                    _remove(directory / entry.name)
            raise
    return Written(created=_all(new), kept=kept)


def _update(rendered: Rendered, directory: Path, yours: AbstractSet[PurePosixPath]) -> Written:
    # A link in its place is replaced, not read: what it leads to may be anything.
    hidden = files.obstacle(directory, RECORD)
    record = None if hidden else files.read_plain(directory / RECORD)
    known = known_digests(record)
    found = survey(rendered, directory, yours, known)
    touched = (*found.create, *found.update)
    if touched or found.remove or record != rendered[RECORD]:
        with files.staging_folder(directory) as staging:
            # All is on the disk before the first file is replaced: a full disk changes nothing.
            staged = _stage(rendered, directory, staging, (*touched, RECORD))
            interim = staging / "pending.json"
            files.write_new(interim, pending_record(rendered[RECORD], rendered, known))
            os.replace(interim, directory / RECORD)  # noqa: PTH105
            for path in touched:
                files.make_folders((directory / path).parent)
                os.replace(staged[path], directory / path)  # noqa: PTH105
            for path in found.remove:
                os.unlink(directory / path)  # noqa: PTH108
            _prune(directory, found.remove)
            os.replace(staged[RECORD], directory / RECORD)  # noqa: PTH105
            for folder in sorted({(directory / path).parent for path in (*touched, RECORD)}):
                files.sync_folder(folder)
    return Written(found.create, found.update, found.unchanged, found.remove, found.kept)


def _stage(
    rendered: Rendered, directory: Path, staging: Path, paths: tuple[PurePosixPath, ...]
) -> dict[PurePosixPath, Path]:
    staged = {}
    for number, path in enumerate(paths):
        staged[path] = staging / str(number)
        files.write_new(staged[path], rendered[path])
        if os.path.lexists(directory / path):
            os.chmod(staged[path], files.file_mode(directory / path))  # noqa: PTH101
    return staged


def _prune(directory: Path, removed: tuple[PurePosixPath, ...]) -> None:
    parents = {parent for path in removed for parent in path.parents if parent != PurePosixPath()}
    files.remove_empty(directory / parent for parent in parents)


def _remove(path: Path) -> None:
    if path.is_dir():
        rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sweep(directory: Path) -> None:
    """Remove what a run that was killed has left behind; nobody else is writing here."""
    for leftover in directory.glob(f"{files.STAGING}*"):
        rmtree(leftover, ignore_errors=True)


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TargetRefused(
                directory,
                f"another hookwright is writing to {directory}: try again when it is done",
            ) from None
        yield
    finally:
        os.close(descriptor)


def _all(rendered: Rendered) -> tuple[PurePosixPath, ...]:
    return tuple(path for path in rendered if path != RECORD)


def _failure(error: OSError, directory: Path, *, force: bool) -> WriteFailed:
    reason = error.strerror or str(error)
    at = f" at {error.filename}" if error.filename and force else ""
    remedy = (
        "every file there is old or new; run the same command again when that is mended"
        if force
        else "nothing was written; run the same command again when that is mended"
    )
    return WriteFailed(directory, f"cannot write {directory}: {reason}{at}; {remedy}")
