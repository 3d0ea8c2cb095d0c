"""What regeneration would do to each file of a project that is there already."""

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath

from hookwright_receiver.generator.files import is_same, obstacle, read_plain, unix_lines
from hookwright_receiver.generator.render import RECORD, digest

Known = dict[PurePosixPath, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was left as it is, and why."""

    path: PurePosixPath
    reason: str


@dataclass(frozen=True, slots=True)
class Survey:
    """Every file that is generated, or was, by what has to happen to it."""

    create: tuple[PurePosixPath, ...]
    update: tuple[PurePosixPath, ...]
    unchanged: tuple[PurePosixPath, ...]
    remove: tuple[PurePosixPath, ...]
    kept: tuple[Kept, ...]


class Fate(Enum):
    """What has to happen to a file."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    REMOVE = "remove"
    GONE = "gone"


def survey(
    rendered: Mapping[PurePosixPath, bytes],
    directory: Path,
    yours: AbstractSet[PurePosixPath],
    known: Known,
) -> Survey:
    """Compare what was rendered with what stands in `directory`.

    `known` are the digests that we wrote to a path: a file with another one is the user's work.
    """
    fates: dict[PurePosixPath, Fate | Kept] = {}
    for path, content in rendered.items():
        if path != RECORD:
            fates[path] = _fate(path, content, directory, path in yours, known)
    names = {path.name for path in yours}
    folded = {str(path).casefold(): path for path in rendered}
    for path in sorted(known.keys() - rendered.keys()):
        # Where case does not count, a file of the new name is the former one: it must not go.
        twin = folded.get(str(path).casefold())
        if twin is not None and is_same(directory / path, directory / twin):
            fates[path] = Fate.GONE
        else:
            fates[path] = _fate_of_former(path, directory, path.name in names, known)

    def of(fate: Fate) -> tuple[PurePosixPath, ...]:
        return tuple(path for path, its in fates.items() if its is fate)

    return Survey(
        create=of(Fate.CREATE),
        update=of(Fate.UPDATE),
        unchanged=of(Fate.UNCHANGED),
        remove=of(Fate.REMOVE),
        kept=tuple(fate for fate in fates.values() if isinstance(fate, Kept)),
    )


def _fate(
    path: PurePosixPath, content: bytes, directory: Path, yours: bool, known: Known
) -> Fate | Kept:
    hindrance = obstacle(directory, path)
    if hindrance is not None:
        return Kept(path, hindrance)
    found = read_plain(directory / path)
    if found is None:
        return Fate.CREATE
    if content in {found, unix_lines(found)}:
        return Fate.UNCHANGED
    if yours:
        return Kept(path, "it is yours")
    if _is_ours(found, known.get(path, frozenset())):
        return Fate.UPDATE
    return Kept(path, "you changed it")


def _is_ours(found: bytes, known: AbstractSet[str]) -> bool:
    """Tell whether a file is as we wrote it, but for line ends that git has changed on its way."""
    return digest(found) in known or digest(unix_lines(found)) in known


def _fate_of_former(path: PurePosixPath, directory: Path, yours: bool, known: Known) -> Fate | Kept:
    """Decide about a file that was generated once and is no longer."""
    if obstacle(directory, path) is not None:
        return Fate.GONE
    found = read_plain(directory / path)
    if found is None:
        return Fate.GONE
    if yours:
        return Kept(path, "it is yours, though no longer generated")
    if _is_ours(found, known[path]):
        return Fate.REMOVE
    return Kept(path, "you changed it, though it is no longer generated")


def known_digests(record: bytes | None) -> Known:
    """Return the digests that a `.hookwright.json` remembers for each path.

    They are those of the last complete generation, and those of one that was interrupted. A record
    that cannot be read remembers nothing, so that every file counts as the user's.
    """
    try:
        document = json.loads(record or b"{}")
        entries = [(path, [known]) for path, known in document.get("files", {}).items()]
        entries += document.get("pending", {}).items()
        digests: dict[PurePosixPath, frozenset[str]] = {}
        for text, known in entries:
            path = PurePosixPath(text)
            if not path.is_absolute() and ".." not in path.parts:
                digests[path] = digests.get(path, frozenset()) | frozenset(map(str, known))
    except (ValueError, AttributeError, TypeError):
        return {}
    return digests


def pending_record(record: bytes, rendered: Mapping[PurePosixPath, bytes], known: Known) -> bytes:
    """Return the record to keep while files are replaced one by one.

    It knows the old content of every file and the new one, so that a run that is interrupted can
    be repeated, with the same answers or others.
    """
    document = json.loads(record)
    document["files"] = {}
    both = {path: set(digests) for path, digests in known.items()}
    for path, content in rendered.items():
        if path != RECORD:
            both.setdefault(path, set()).add(digest(content))
    document["pending"] = {str(path): sorted(digests) for path, digests in sorted(both.items())}
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
