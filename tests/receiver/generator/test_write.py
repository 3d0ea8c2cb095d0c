"""All or nothing: what stands on the disk after a write, and after one that failed."""

import errno
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookwright_receiver import write
from hookwright_receiver.generator import TargetRefused, WriteFailed

Files = dict[PurePosixPath, bytes]
RECORD = PurePosixPath(".hookwright.json")
HANDLERS = PurePosixPath("pkg/handlers.py")
YOURS = frozenset({HANDLERS})

# Each of these can fail on a full disk, a read-only one, or at a signal.
CALLS = ("mkdir", "open", "write", "fsync", "rename", "replace", "chmod")


def project(**files: str) -> Files:
    """Return a rendered project: `pkg__app_py="x"` is the file `pkg/app.py`."""
    rendered = {
        PurePosixPath(name.replace("__", "/").replace("_", ".")): text.encode()
        for name, text in files.items()
    }
    hashes = {str(path): sha256(content).hexdigest() for path, content in rendered.items()}
    rendered[RECORD] = json.dumps({"kit_version": "1", "files": hashes}).encode()
    return dict(sorted(rendered.items()))


ONE = project(README_md="one", pkg__app_py="one", pkg__handlers_py="one", pkg__old_py="one")
TWO = project(README_md="two", pkg__app_py="two", pkg__handlers_py="two", pkg__new_py="two")


def tree(root: Path) -> Files:
    """Return every file below `root`."""
    return {
        PurePosixPath(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@contextmanager
def failing(
    monkeypatch: pytest.MonkeyPatch, at: int, error: Callable[[], BaseException]
) -> Iterator[list[int]]:
    """Let the `at`-th of the operating system's calls fail, once; count them all."""
    count = [0]

    def wrap(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            count[0] += 1
            if count[0] == at:
                raise error()
            return call(*args, **kwargs)

        return wrapped

    with monkeypatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, wrap(getattr(os, name)))
        yield count


def no_space() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")


def no_permission() -> OSError:
    return PermissionError(errno.EACCES, os.strerror(errno.EACCES), "somewhere")


@pytest.fixture(autouse=True)
def no_durable_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here outlives a power cut: `fsync` is a call that can fail, and costs nothing."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


FAULTS = pytest.mark.parametrize(
    ("error", "raised"),
    [(no_space, WriteFailed), (no_permission, WriteFailed), (KeyboardInterrupt, KeyboardInterrupt)],
    ids=["disk full", "no permission", "Ctrl-C"],
)


def test_a_new_project_is_written_with_the_folders_above_it(tmp_path: Path) -> None:
    """`hookwright new work/receivers/leads` needs no mkdir before it."""
    written = write(ONE, tmp_path / "a" / "b")
    assert tree(tmp_path / "a" / "b") == ONE
    assert set(written.created) == ONE.keys() - {RECORD}
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_permissions_are_those_of_the_umask(tmp_path: Path) -> None:
    """The staging folder is closed to others; the project is as if made by hand."""
    before = os.umask(0o027)
    try:
        write(ONE, tmp_path / "p")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "p").stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "p" / "pkg").stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "p" / "README.md").stat().st_mode) == 0o640


@FAULTS
@pytest.mark.parametrize("existing", [False, True], ids=["no folder", "an empty folder"])
def test_a_new_project_is_there_or_not_whatever_fails(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    existing: bool,
    error: Callable[[], BaseException],
    raised: type[BaseException],
) -> None:
    """Each call in turn fails; afterwards the folder is complete or as it was before."""
    with failing(monkeypatch, 0, error) as count:
        write(ONE, tmp_path / "measure")
    for at in range(1, count[0] + 5):
        target = tmp_path / f"{at}" / "above" / "project"
        if existing:
            target.mkdir(parents=True)
        failed = False
        with failing(monkeypatch, at, error):
            try:
                write(ONE, target)
            except raised:
                failed = True
        if not failed or RECORD in tree(target):
            assert tree(target) == ONE, at
        elif existing:
            assert list(target.iterdir()) == [], at
        else:
            assert not (tmp_path / f"{at}").exists(), at
        assert write(ONE, target, force=True) is not None
        assert tree(target) == ONE


@FAULTS
def test_a_regeneration_leaves_each_file_old_or_new_and_can_be_repeated(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[], BaseException],
    raised: type[BaseException],
) -> None:
    """Each call in turn fails; no file is torn, and the same call completes the work."""
    write(ONE, tmp_path / "measure")
    with failing(monkeypatch, 0, error) as count:
        write(TWO, tmp_path / "measure", force=True, yours=YOURS)
    for at in range(1, count[0] + 1):
        target = tmp_path / str(at)
        write(ONE, target)
        with failing(monkeypatch, at, error), suppress(raised):
            write(TWO, target, force=True, yours=YOURS)
        for path, content in tree(target).items():
            assert path == RECORD or content in {ONE.get(path), TWO.get(path)}, at
        write(TWO, target, force=True, yours=YOURS)
        assert tree(target) == {**TWO, HANDLERS: ONE[HANDLERS]}, at


def test_a_full_disk_is_met_before_the_first_file_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything new is on the disk first, so running out of space changes nothing."""
    write(ONE, tmp_path / "p")

    def full(_descriptor: int, _data: bytes) -> int:
        raise no_space()

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(WriteFailed, match=r"No space left on device.*old or new"):
            write(TWO, tmp_path / "p", force=True)
    assert tree(tmp_path / "p") == ONE


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    """A folder that holds anything is somebody's, were it a version control's files as well."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "README").write_text("mine")
    with pytest.raises(TargetRefused, match=r"not empty.*--force"):
        write(ONE, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", "README"]


OWNERS = [
    # name, whether a folder, reason
    (".git", True, "a clone of a new repository"),
    (".git", False, "a worktree or a submodule"),
    (".gitignore", False, "made by the hosting service; ours would take its place"),
    (".gitattributes", False, "line ends, decided before anything else"),
    (".hg", True, "Mercurial"),
    (".jj", True, "Jujutsu"),
    (".svn", True, "Subversion"),
    (".vscode", True, "the editor in whose terminal the command is typed"),
    (".idea", True, "the same"),
    ("x.code-workspace", False, "the same"),
    (".editorconfig", False, "the owner's style"),
    (".DS_Store", False, "the Finder has looked"),
    ("LICENSE", False, "made by the hosting service"),
]


@pytest.mark.parametrize(
    ("name", "folder", "reason"), OWNERS, ids=[f"{row[0]}-{row[2]}" for row in OWNERS]
)
def test_a_version_controls_or_an_editors_files_are_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, folder: bool, reason: str
) -> None:
    """A folder with nothing else counts as empty; they stay, also when the writing fails."""
    if folder:
        (tmp_path / name).mkdir()
    theirs = tmp_path / name / "x" if folder else tmp_path / name
    theirs.write_text("mine\n/.env\n")
    files = {**ONE, PurePosixPath(".gitignore"): b"# ours\n/.env\n/*.db\n"}
    before = tree(tmp_path)

    def denied(*_paths: object) -> None:
        raise no_permission()

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", denied)
        with pytest.raises(WriteFailed):
            write(files, tmp_path)
    assert tree(tmp_path) == before, reason
    written = write(files, tmp_path)
    assert tree(tmp_path) == {**files, **before}, reason
    kept = [(str(each.path), each.reason) for each in written.kept]
    lacking = "it was there before; it lacks /*.db"
    assert kept == ([(".gitignore", lacking)] if name == ".gitignore" else [])
    again = write(files, tmp_path, force=True)
    assert (again.created, again.updated, again.removed) == ((), (), ())
    assert tree(tmp_path) == {**files, **before}


@pytest.mark.parametrize("kind", ["file", "dangling link", "below a file"])
def test_what_is_no_folder_is_refused(tmp_path: Path, kind: str) -> None:
    """Nothing is replaced that is not ours, and a link is not turned into a folder."""
    target = tmp_path / "x"
    if kind == "dangling link":
        target.symlink_to(tmp_path / "nowhere")
    else:
        target.write_text("mine")
    if kind == "below a file":
        target /= "project"
    for force in (False, True):
        with pytest.raises((TargetRefused, WriteFailed)):
            write(ONE, target, force=force)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_link_to_a_folder_may_be_the_target(tmp_path: Path) -> None:
    """The user named it, so it is followed."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write(ONE, tmp_path / "link")
    assert tree(tmp_path / "real") == ONE
    assert (tmp_path / "link").is_symlink()


def test_an_empty_folder_stays_the_same_folder(tmp_path: Path) -> None:
    """It may be a mount, or the working directory of the shell that asks."""
    target = tmp_path / "p"
    target.mkdir()
    before = target.stat().st_ino
    write(ONE, target)
    assert target.stat().st_ino == before


def test_what_a_killed_run_left_behind_is_swept_up(tmp_path: Path) -> None:
    """A staging folder alone does not make a folder somebody's."""
    (tmp_path / "p" / ".hookwright-new-x1").mkdir(parents=True)
    (tmp_path / "p" / ".hookwright-new-x1" / "README.md").write_text("half")
    write(ONE, tmp_path / "p")
    assert tree(tmp_path / "p") == ONE


def test_what_the_user_changed_is_kept_and_named(tmp_path: Path) -> None:
    """The user's work is worth more than ours."""
    write(ONE, tmp_path)
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "pkg" / "old.py").write_text("mine")
    written = write(TWO, tmp_path, force=True, yours=YOURS)
    assert {str(kept.path): kept.reason for kept in written.kept} == {
        "README.md": "you changed it",
        "pkg/handlers.py": "it is yours",
        "pkg/old.py": "you changed it, though it is no longer generated",
    }
    assert written.updated == (PurePosixPath("pkg/app.py"),)
    assert written.created == (PurePosixPath("pkg/new.py"),)
    assert written.removed == ()
    assert (tmp_path / "README.md").read_text() == "mine"
    assert (tmp_path / "pkg" / "handlers.py").read_text() == "one"
    again = write(TWO, tmp_path, force=True, yours=YOURS)
    assert (again.created, again.updated, again.removed) == ((), (), ())
    assert (tmp_path / "README.md").read_text() == "mine"


def test_what_is_no_longer_generated_goes_unless_it_is_yours(tmp_path: Path) -> None:
    """Another package name moves every file but the handlers, which nobody can write again."""
    write(ONE, tmp_path)
    moved = project(README_md="one", other__handlers_py="one")
    yours = frozenset({PurePosixPath("other/handlers.py")})
    written = write(moved, tmp_path, force=True, yours=yours)
    assert set(written.removed) == {PurePosixPath("pkg/app.py"), PurePosixPath("pkg/old.py")}
    assert [str(kept.path) for kept in written.kept] == ["pkg/handlers.py"]
    assert tree(tmp_path) == {**moved, HANDLERS: b"one"}
    write(project(README_md="one"), tmp_path, force=True)
    assert not (tmp_path / "other").exists()


def test_a_folder_that_is_not_ours_keeps_every_file_it_has(tmp_path: Path) -> None:
    """Without a record of what we wrote, each existing file is the user's."""
    (tmp_path / "README.md").write_text("mine")
    written = write(ONE, tmp_path, force=True, yours=YOURS)
    assert [str(kept.path) for kept in written.kept] == ["README.md"]
    assert (tmp_path / "README.md").read_text() == "mine"


@pytest.mark.parametrize(
    "record",
    [b"", b"{", b"[]", b"null", b'{"files": 1}', b'{"files": {"README.md": 1}}', b"\xff",
     b'{"files": {}, "pending": {"README.md": 1}}'],
)  # fmt: skip
def test_a_record_that_cannot_be_read_remembers_nothing(tmp_path: Path, record: bytes) -> None:
    """Every file then counts as changed: nothing is lost, and nothing fails."""
    write(ONE, tmp_path)
    (tmp_path / RECORD).write_bytes(record)
    written = write(TWO, tmp_path, force=True)
    assert written.updated == ()
    assert (tmp_path / "README.md").read_text() == "one"
    assert (tmp_path / RECORD).read_bytes() == TWO[RECORD]


def test_a_record_cannot_make_us_remove_files_elsewhere(tmp_path: Path) -> None:
    """It is a file that anybody could have edited: its paths stay inside the project."""
    victim = tmp_path / "victim"
    victim.write_text("x")
    digest = sha256(b"x").hexdigest()
    target = tmp_path / "p"
    write(ONE, target)
    document = json.loads((target / RECORD).read_bytes())
    document["files"] |= {"../victim": digest, str(victim): digest, "pkg/../../victim": digest}
    (target / RECORD).write_text(json.dumps(document))
    written = write(TWO, target, force=True)
    assert victim.read_text() == "x"
    assert written.removed == (PurePosixPath("pkg/old.py"),)


@pytest.mark.parametrize("part", ["README.md", "pkg/app.py", "pkg", ".hookwright.json"])
@pytest.mark.parametrize("inside", [False, True], ids=["leads out", "leads nowhere else"])
def test_links_inside_the_project_are_not_followed(tmp_path: Path, part: str, inside: bool) -> None:
    """What a link leads to is not ours to write, and the link is the user's."""
    target = tmp_path / "p"
    write(ONE, target)
    place = target / part
    away = (target if inside else tmp_path) / "away"
    place.rename(away)
    place.symlink_to(away)
    before = tree(away) if away.is_dir() else away.read_bytes()
    written = write(TWO, target, force=True, yours=YOURS)
    assert (tree(away) if away.is_dir() else away.read_bytes()) == before
    if part == ".hookwright.json":
        # A record of our own takes the link's place: what it leads to stays as it is.
        assert not place.is_symlink()
    else:
        assert place.is_symlink()
        assert any("symbolic link" in kept.reason for kept in written.kept)


def test_a_folder_in_the_place_of_a_file_is_kept(tmp_path: Path) -> None:
    """And a file in the place of a folder."""
    write(ONE, tmp_path)
    (tmp_path / "README.md").unlink()
    (tmp_path / "README.md").mkdir()
    written = write({**TWO, PurePosixPath("README.md/x"): b""}, tmp_path, force=True)
    assert PurePosixPath("README.md") in {kept.path for kept in written.kept}
    (tmp_path / "f").write_text("mine")
    written = write({**TWO, PurePosixPath("f/x"): b""}, tmp_path, force=True)
    assert {str(kept.path): kept.reason for kept in written.kept}["f/x"] == "f is not a folder"


def test_permissions_that_the_user_gave_a_file_are_kept(tmp_path: Path) -> None:
    """A replaced file is the same file to its owner."""
    write(ONE, tmp_path)
    (tmp_path / "README.md").chmod(0o640)
    write(TWO, tmp_path, force=True)
    assert stat.S_IMODE((tmp_path / "README.md").stat().st_mode) == 0o640


def test_two_at_once_do_not_mix(tmp_path: Path) -> None:
    """The second one is told, and changes nothing."""
    import fcntl  # noqa: PLC0415  the one test that needs it

    write(ONE, tmp_path)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(TargetRefused, match="another hookwright"):
            write(TWO, tmp_path, force=True)
    finally:
        os.close(descriptor)
    assert tree(tmp_path) == ONE


NAMES = [PurePosixPath(name) for name in ("a", "b", "d/a", "d/e/b", "h")]
VERSION = st.dictionaries(st.sampled_from(NAMES), st.sampled_from([b"1", b"2", b"3"]))


def version(files: Files) -> Files:
    """Return files with their record."""
    hashes = {str(path): sha256(content).hexdigest() for path, content in files.items()}
    return {**files, RECORD: json.dumps({"files": hashes}).encode()}


@settings(max_examples=5 * settings.default.max_examples)
@given(
    versions=st.lists(VERSION, min_size=2, max_size=4),
    faults=st.lists(st.integers(0, 25), min_size=3, max_size=3),
    edits=st.dictionaries(st.sampled_from(NAMES), st.none() | st.just(b"mine")),
)
def test_any_history_of_regenerations_and_failures_keeps_the_users_work(
    versions: list[Files], faults: list[int], edits: dict[PurePosixPath, bytes | None]
) -> None:
    """Versions follow each other, some fail half-way; the last one puts all in order."""
    patches = pytest.MonkeyPatch()
    with TemporaryDirectory() as folder:
        target = Path(folder) / "p"
        write(version(versions[0]), target)
        for path, content in edits.items():
            if content is None:
                (target / path).unlink(missing_ok=True)
            else:
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                (target / path).write_bytes(content)
        mine = {path: content for path, content in edits.items() if content is not None}
        for files, at in zip(versions[1:], faults, strict=False):
            with failing(patches, at, no_space), suppress(WriteFailed):
                write(version(files), target, force=True)
        written = write(version(versions[-1]), target, force=True)
        assert tree(target) == {**version(versions[-1]), **mine}
        assert {kept.path for kept in written.kept} <= mine.keys()
        again = write(version(versions[-1]), target, force=True)
        assert (again.created, again.updated, again.removed) == ((), (), ())
