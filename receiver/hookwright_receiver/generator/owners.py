"""What lies in a folder before there is a project: the files of a version control or an editor."""

from fnmatch import fnmatchcase
from pathlib import Path

from hookwright_receiver.generator.files import unix_lines

# A folder that has nothing else is as good as empty. Names alone count: `.git` is a file in a
# worktree. A README is not among them: a project without ours would lack how to run it.
OWNERS = (
    # git, Mercurial, Subversion, Jujutsu
    ".git", ".gitignore", ".gitattributes", ".gitmodules", ".gitkeep", ".mailmap",
    ".git-blame-ignore-revs", ".hg", ".hgignore", ".svn", ".jj",
    # editors
    ".editorconfig", ".vscode", ".idea", ".zed", ".fleet", ".devcontainer", "*.code-workspace",
    "*.iml", "*.sublime-project", "*.sublime-workspace",
    # file managers
    ".DS_Store", "Thumbs.db", "desktop.ini", ".directory",
    # what a hosting service puts into a repository that it makes
    "LICENSE", "LICENSE.md", "LICENSE.txt", "COPYING",
)  # fmt: skip


def is_owners(name: str) -> bool:
    """Tell whether an entry of a folder is there for a version control or an editor."""
    return any(fnmatchcase(name, pattern) for pattern in OWNERS)


def reason_to_keep(path: Path, ours: bytes) -> str:
    """Say why a file of the owner's stays in the place of ours, and which of our lines it lacks."""
    reason = "it was there before"
    try:
        theirs = set(unix_lines(path.read_bytes()).splitlines())
    except OSError:
        return reason
    lines = [line for line in ours.splitlines() if line and not line.startswith(b"#")]
    lacking = [line.decode() for line in lines if line not in theirs]
    return f"{reason}; it lacks {' '.join(lacking)}" if lacking else reason
